#ifndef KENNEL_INVALIDATION_HPP
#define KENNEL_INVALIDATION_HPP

#include "kennel/cached_value.hpp"

#include <atomic>
#include <cstdint>
#include <limits>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

/// What an invalidation does to the entries that are older than it.
enum class Invalidation {
    none, ///< nothing
    soft, ///< they are stale: one caller creates anew, the others are served the old value meanwhile
    hard, ///< they are gone: every caller waits for the new value
};

/// Decides which entries of a region an invalidation has hit.
///
/// All members may be called from many threads at once; `judge` runs on every read that finds an entry, so it must be fast.
class RegionInvalidationStrategy {
public:
    virtual ~RegionInvalidationStrategy() = default;

    /// Invalidates everything created before `now`; `kind` is hard or soft.
    virtual void invalidate(Invalidation kind, WallTime now) = 0;

    /// What has hit the entry of `key` (as the caller wrote it, before mangling) with this metadata.
    [[nodiscard]] virtual Invalidation judge(std::string_view key, const Metadata& metadata) const = 0;

    /// Whether there may be entries that a soft invalidation has hit, for which a region needs an expiration time.
    [[nodiscard]] virtual bool was_soft_invalidated() const = 0;

    /// The creation time for a value that was created at `now`: never one that an earlier invalidation would hit.
    [[nodiscard]] virtual WallTime stamp(WallTime now) const { return now; }
};

/// Remembers the moment of the last hard and of the last soft invalidation, in this process only.
class DefaultInvalidationStrategy final : public RegionInvalidationStrategy {
public:
    void invalidate(Invalidation kind, WallTime now) override {
        std::atomic<std::int64_t>& moment = kind == Invalidation::soft ? soft_ : hard_;
        // One tick later, so that what was stored at this very moment is hit too, also right after another invalidation;
        // `stamp` keeps what comes after it clear.
        const std::int64_t wanted = stamp(now).time_since_epoch().count() + tick;
        std::int64_t before = moment.load(std::memory_order_relaxed);
        while (before < wanted && !moment.compare_exchange_weak(before, wanted)) {
        }
    }

    [[nodiscard]] Invalidation judge(std::string_view /*key*/, const Metadata& metadata) const override {
        const std::int64_t created = metadata.created.time_since_epoch().count();
        if (created < hard_.load(std::memory_order_acquire)) return Invalidation::hard;
        if (created < soft_.load(std::memory_order_acquire)) return Invalidation::soft;
        return Invalidation::none;
    }

    [[nodiscard]] bool was_soft_invalidated() const override {
        return soft_.load(std::memory_order_acquire) > hard_.load(std::memory_order_acquire);
    }

    [[nodiscard]] WallTime stamp(WallTime now) const override {
        const std::int64_t hard = hard_.load(std::memory_order_acquire);
        const std::int64_t soft = soft_.load(std::memory_order_acquire);
        const std::int64_t earliest = (hard > soft ? hard : soft) + tick;
        return now.time_since_epoch().count() > earliest ? now : WallTime(TimeSpan::Nanoseconds(earliest));
    }

private:
    static constexpr std::int64_t tick = 1000; // stored creation times are exact to less than a microsecond
    static constexpr std::int64_t never = (std::numeric_limits<std::int64_t>::min)();

    std::atomic<std::int64_t> hard_{never};
    std::atomic<std::int64_t> soft_{never};
};

KENNEL_NAMESPACE_END

#endif
