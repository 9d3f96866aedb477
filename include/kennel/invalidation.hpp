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
/// All members may be called from many threads at once; `judge` runs on every read that finds an entry, so it must be
/// fast.
class RegionInvalidationStrategy {
public:
    virtual ~RegionInvalidationStrategy() = default;

    /// Invalidates everything created before `now`; `kind` is hard or soft.
    virtual void invalidate(Invalidation kind, WallTime now) = 0;

    /// What has hit the entry of `key` (as the caller wrote it, before mangling) with this metadata.
    [[nodiscard]] virtual Invalidation judge(std::string_view key, const Metadata& metadata) const = 0;

    /// Whether there may be entries that a soft invalidation has hit, for which a region needs an expiration time.
    [[nodiscard]] virtual bool was_soft_invalidated() const = 0;

    /// The creation time for a value that was created at `now`: never one that an earlier invalidation would hit, so it
    /// is ahead of a clock that has been set back behind one. The age of entries is then measured by it, too.
    [[nodiscard]] virtual WallTime stamp(WallTime now) const { return now; }
};

/// Remembers the moment of the last hard and of the last soft invalidation, in this process only.
///
/// An invalidation hits all that was stamped before it, also when the clock has been set back since. While the clock is
/// behind the last invalidation, stamps go on from there at half its speed: what is stored expires, and the clock
/// catches up.
class DefaultInvalidationStrategy final : public RegionInvalidationStrategy {
public:
    void invalidate(Invalidation kind, WallTime now) override {
        // One tick later, so that what was stored at this very moment is hit too, also right after another
        // invalidation; `stamp` keeps what comes after it clear.
        const std::int64_t present = now.time_since_epoch().count();
        const std::int64_t stamped = stamp(now).time_since_epoch().count();
        slow_since_.store(present, std::memory_order_relaxed);
        raise(kind == Invalidation::soft ? soft_ : hard_, raise(latest_, stamped) + tick);
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
        std::int64_t stamped = now.time_since_epoch().count();
        if (stamped <= earliest) stamped = earliest + (stamped - lower(slow_since_, stamped)) / 2;
        static_cast<void>(raise(latest_, stamped));
        return WallTime(TimeSpan::Nanoseconds(stamped));
    }

private:
    using Moment = std::atomic<std::int64_t>; ///< in nanoseconds since 1970

    static constexpr std::int64_t tick = 1000; // stored creation times are exact to less than a microsecond
    static constexpr std::int64_t never = (std::numeric_limits<std::int64_t>::min)();

    /// Makes `moment` at least `wanted`, and gives what it is then.
    static std::int64_t raise(Moment& moment, std::int64_t wanted) noexcept {
        std::int64_t before = moment.load(std::memory_order_relaxed);
        while (before < wanted && !moment.compare_exchange_weak(before, wanted)) {
        }
        return before < wanted ? wanted : before;
    }

    /// Makes `moment` at most `wanted`, and gives what it is then.
    static std::int64_t lower(Moment& moment, std::int64_t wanted) noexcept {
        std::int64_t before = moment.load(std::memory_order_relaxed);
        while (before > wanted && !moment.compare_exchange_weak(before, wanted)) {
        }
        return before > wanted ? wanted : before;
    }

    Moment hard_{never};
    Moment soft_{never};
    mutable Moment latest_{never}; ///< the latest stamp
    mutable Moment slow_since_{0}; ///< the earliest time that the clock has shown since the last invalidation
};

KENNEL_NAMESPACE_END

#endif
