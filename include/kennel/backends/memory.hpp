#ifndef KENNEL_BACKENDS_MEMORY_HPP
#define KENNEL_BACKENDS_MEMORY_HPP

#include "kennel/backend_context.hpp"
#include "kennel/backends/memory/fixed_array.hpp"
#include "kennel/backends/memory/memory_settings.hpp"
#include "kennel/backends/memory/shard.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// Keeps values as they are in the memory of this process; registered as "memory".
///
/// It takes the arguments that `MemorySettings` names. Entries that are of no use to their region any more are dropped
/// without being read. A hit takes no lock and writes at most to the entry itself, and that less and less often.
///
/// A value's copy constructor runs while its entry cannot be freed, so it should be short: hand out a large value by
/// `std::shared_ptr<const Type>`. Keys have less than 16 MiB.
template <class Lazy, class Allocator = detail::Late<std::allocator<std::byte>, Lazy>>
class BasicMemoryBackend final : public CacheBackend {
    using Shard = detail::MemoryShard<Allocator>;
    using Settings = BasicMemorySettings<Lazy>;

public:
    /// `owner` is what error messages call the backend.
    explicit BasicMemoryBackend(const BackendContext& context, std::string_view owner = "backend 'memory'")
        : BasicMemoryBackend(Settings::parsed(context.arguments, owner), context.clock) {}

    /// Throws `ValidationError` for limits or times of zero.
    explicit BasicMemoryBackend(Settings settings = {}, std::shared_ptr<const Clock> clock = SystemClock::shared(),
                                const Allocator& allocator = {})
        : clock_(std::move(clock)), steady_word_(clock_->coarse_steady_word()),
          start_(clock_->coarse_steady_now().time_since_epoch().count()), time_to_live_(settings.time_to_live),
          shared_{.weigher = std::move(settings.weigher),
                  .listener = std::move(settings.removal_listener),
                  .make_policy = settings.policy_factory(),
                  .time_to_idle = ticks_in(settings.time_to_idle)},
          shard_mask_(settings.shard_count() - 1), shards_(shard_mask_ + 1) {
        settings.validate("backend 'memory'");
        reports_hits_ = shared_.make_policy()->wants_hits();
        has_work_on_hits_ = reports_hits_ || shared_.counts_idleness();
        visit_checks_time_ = has_work_on_hits_ || !time_to_live_.is_unlimited();
        while (shards_.size() != shard_mask_ + 1)
            shards_.emplace_back(shared_, settings.limits_of(shards_.size(), shard_mask_ + 1), allocator,
                                 tables_[shards_.size()]);
    }

    [[nodiscard]] std::optional<CachedValue> get(std::string_view key) override {
        std::optional<detail::Late<CachedValue, Lazy>> found;
        read<true>(key, [&](const CachedValue& value) { found = value; });
        return found;
    }

    /// An entry that is of no use to its region any more may be visited until it is dropped.
    bool visit(std::string_view key, Reader reader) override { return read<false>(key, reader); }

    void set(std::string_view key, const CachedValue& value) override {
        const std::uint64_t hash = shared_.hash(key);
        const TimeSpan life = shorter(time_to_live_, value.metadata.useful_for);
        if (!life.is_unlimited() && !may_expire_.load(std::memory_order_relaxed)) may_expire_ = true;
        const bool needs_time = may_expire_.load(std::memory_order_relaxed) || shared_.counts_idleness();
        const detail::MemoryTick time = needs_time ? now() : 0;
        Writing(shard(hash))->set({key, hash}, value, life.is_unlimited() ? detail::never : expiry(time, life), time);
    }

    void erase(std::string_view key) override {
        const std::uint64_t hash = shared_.hash(key);
        Writing(shard(hash))->erase({key, hash});
    }

    [[nodiscard]] BackendCapabilities capabilities() const override { return {.expires_entries = true}; }

    /// How many entries there are, with those that have expired and not yet been dropped.
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(statistics().entries); }

    /// What it holds and what has become of the rest.
    [[nodiscard]] MemoryStatistics statistics() const {
        MemoryStatistics total;
        for (Shard& shard : shards_) shard.add_to(total);
        return total;
    }

    /// Changes the limits, and evicts until they hold. Throws `ValidationError` for limits of zero, and
    /// `std::bad_alloc`, and then some parts may have their former limits.
    ///
    /// Into how many parts the backend is divided stays as it is: with fewer entries than parts, some keep nothing.
    void resize(MemoryLimits limits) {
        Settings settings;
        settings.max_entries = limits.max_entries;
        settings.max_weight = limits.max_weight;
        settings.validate("backend 'memory'");
        {
            const std::lock_guard lock(resizing_);
            for (std::size_t number = 0; number != shards_.size(); ++number)
                shards_[number].limit(settings.limits_of(number, shards_.size()));
        }
        for_each_shard([](Shard& shard, detail::MemoryRemovals& removals) { shard.evict_surplus(removals); });
    }

    /// Drops all entries that have expired now. Other writers wait for parts of this only.
    void drop_expired() {
        for_each_shard(
            [&](Shard& shard, detail::MemoryRemovals& removals) { shard.drop_all_expired(now(), removals); });
    }

    /// Calls `use` with key and value of each entry. What is stored or removed meanwhile may be among them or not.
    /// Nobody waits for it, but while it is in one part of the backend, nothing that is removed is freed.
    template <class Use>
    void for_each(Use&& use) const {
        for_each_entry([&](const detail::MemoryEntry& entry) {
            entry.visit([&](const CachedValue& value) { use(entry.key(), value); });
        });
    }

    /// A key and about how often it was hit.
    struct HotKey {
        std::string key;
        std::uint64_t hits;
    };

    /// The keys that are hit most, the hottest first; looks at all entries. The numbers are rough: one below a power of
    /// two, and often the wrong one.
    [[nodiscard]] std::vector<HotKey> hottest_keys(std::size_t count) const;

private:
    struct Reclaiming {
        Shard& shard;
        ~Reclaiming() { shard.reclaim_if_due(); }
    };

    /// The epoch that a writer of a shard holds, after which it reclaims.
    class Writing : Reclaiming {
    public:
        explicit Writing(Shard& changed) : Reclaiming{changed} {}
        Shard* operator->() const noexcept { return &this->shard; }

    private:
        detail::EpochGuard guard_; // gone before the base
    };

    /// Calls `change` with each shard and what it removes.
    template <class Change>
    void for_each_shard(Change&& change) {
        std::exception_ptr error;
        for (Shard& shard : shards_) {
            {
                const Writing writing(shard);
                detail::MemoryRemovals removals(shared_.listener);
                change(shard, removals);
                removals.tell();
                if (error == nullptr) error = removals.error();
            }
            shard.reclaim();
        }
        if (error != nullptr) std::rethrow_exception(error);
    }

    template <class Use>
    void for_each_entry(Use&& use) const {
        for (const Shard& shard : shards_) {
            const detail::EpochGuard guard;
            shard.for_each(use);
        }
    }

    template <bool checks_time, class Read>
    [[gnu::always_inline]] bool read(std::string_view key, Read&& reader) {
        const std::uint64_t hash = shared_.hash(key);
        const detail::EpochGuard guard;
        const auto& table = tables_[hash & shard_mask_];
        detail::MemoryEntry* const entry = table.load(std::memory_order_acquire)->find({key, hash});
        if (entry == nullptr) return false;
        if (checks_time || visit_checks_time_) {
            const detail::MemoryTick time = now();
            const bool is_simple = time < entry->expires() && !has_work_on_hits_;
            if (!is_simple && !may_be_hit(key.data(), key.size(), hash, *entry, time)) return false;
        }
        entry->uses().count(guard.roll());
        entry->visit(reader);
        return true;
    }

    /// Drops an entry that has expired and says false; or notes the hit where that is needed.
    [[gnu::noinline]] bool may_be_hit(const char* key, std::size_t size, std::uint64_t hash, detail::MemoryEntry& entry,
                                      detail::MemoryTick time) {
        const detail::HashedKey hashed{{key, size}, hash};
        if (shared_.is_over(entry, time)) {
            Writing(shard(hash))->drop_expired(hashed, entry, time);
            return false;
        }
        if (shared_.counts_idleness()) entry.note_read(time);
        if (reports_hits_) shard(hash).hit(hashed);
        return true;
    }

    /// Milliseconds since the backend was made.
    [[nodiscard]] [[gnu::always_inline]] detail::MemoryTick now() const {
        const std::int64_t noted = steady_word_ != nullptr ? steady_word_->load(std::memory_order_relaxed) : 0;
        const std::int64_t elapsed = (noted != 0 ? noted : asked_time()) - start_;
        const detail::MemoryTick time = elapsed > 0 ? static_cast<detail::MemoryTick>(elapsed) / 1'000'000 : 0;
        return time < detail::never ? time : detail::never - 1;
    }
    [[nodiscard]] [[gnu::noinline]] std::int64_t asked_time() const {
        return clock_->coarse_steady_now().time_since_epoch().count();
    }

    /// Rounded up, so that nothing expires too early; `never` when it is without end.
    [[nodiscard]] static detail::MemoryTick ticks_in(TimeSpan span) noexcept {
        const auto ticks = static_cast<detail::MemoryTick>(span.nanoseconds() / 1'000'000) +
                           (span.nanoseconds() % 1'000'000 != 0 ? 1 : 0);
        return ticks < detail::never ? ticks : detail::never;
    }

    /// The first tick at which a life that begins at `time` is over for certain.
    [[nodiscard]] static detail::MemoryTick expiry(detail::MemoryTick time, TimeSpan life) noexcept {
        const detail::MemoryTick length = ticks_in(life);
        return length < detail::never && length < detail::never - time ? time + length : detail::never - 1;
    }

    [[nodiscard]] Shard& shard(std::uint64_t hash) const noexcept { return shards_[hash & shard_mask_]; }

    std::shared_ptr<const Clock> clock_;
    const std::atomic<std::int64_t>* steady_word_; ///< where the time may stand; see `Clock::coarse_steady_word`
    std::int64_t start_;                           ///< in nanoseconds of the steady clock
    TimeSpan time_to_live_;
    detail::MemoryShardSettings shared_;
    std::size_t shard_mask_; ///< the lower bits of a hash that choose the shard
    std::array<typename Shard::Table, Settings::most_shards> tables_{}; ///< of the shards, side by side for readers
    detail::FixedArray<Shard> shards_;
    bool reports_hits_ = false;      ///< the policy wants to hear of each
    bool has_work_on_hits_ = false;  ///< it does, or hits put off the expiry
    bool visit_checks_time_ = false; ///< entries may have to be dropped on time, and not only some time
    std::atomic<bool> may_expire_{false};
    std::mutex resizing_;
};

using MemoryBackend = BasicMemoryBackend<void>;

template <class Lazy, class Allocator>
auto BasicMemoryBackend<Lazy, Allocator>::hottest_keys(std::size_t count) const -> std::vector<HotKey> {
    std::vector<HotKey> hottest;
    for_each_entry([&](const detail::MemoryEntry& entry) {
        const std::uint64_t hits = entry.uses().total();
        if (hits == 0 || count == 0 || (hottest.size() == count && hits <= hottest.back().hits)) return;
        auto place = hottest.end();
        while (place != hottest.begin() && std::prev(place)->hits < hits) --place;
        hottest.insert(place, {std::string(entry.key()), hits});
        if (hottest.size() > count) hottest.pop_back();
    });
    return hottest;
}

KENNEL_NAMESPACE_END

#endif
