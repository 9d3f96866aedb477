#ifndef KENNEL_STATISTICS_HPP
#define KENNEL_STATISTICS_HPP

#include "kennel/event.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

KENNEL_NAMESPACE_BEGIN

/// How often what has happened in a region since it was made or `reset_statistics` was called.
///
/// Each different key of a `_multi` call counts as one look-up, however often the call names it. Every look-up is
/// exactly one of hit, stale hit or miss, also when it ends with an exception; a read that throws because it found an
/// unreadable store, or a value that cannot be copied, is none.
struct RegionStatistics {
    std::uint64_t hits = 0;             ///< answered with a fresh entry
    std::uint64_t stale_hits = 0;       ///< answered with an expired entry while somebody creates
    std::uint64_t misses = 0;           ///< not answered from the store
    std::uint64_t joined = 0;           ///< of the misses: answered with the result of somebody else's creation
    std::uint64_t created = 0;          ///< creators that made a value
    std::uint64_t creation_failed = 0;  ///< creators that threw
    std::uint64_t not_stored = 0;       ///< values that were, as asked, not stored
    std::uint64_t writes_dropped = 0;   ///< values that a set, erase or invalidation had overtaken
    std::uint64_t hard_invalidated = 0; ///< entries found that a hard invalidation had hit
    std::uint64_t version_differs = 0;  ///< entries found of another format version
    std::uint64_t not_understood = 0;   ///< entries found that are not a value of the type asked for
    std::uint64_t reads_failed = 0;     ///< the backend could not be read
    std::uint64_t writes_failed = 0;    ///< the backend could not be written, or a created value has no form in bytes
    std::uint64_t locks_failed = 0;     ///< the backend's lock could not be asked
    std::uint64_t locks_lost = 0;     ///< values not stored because the backend's lock was lost while they were created
    std::uint64_t runner_refused = 0; ///< background creations that were done in place
};

namespace detail {

enum class Counter : std::uint8_t {
    hit = event_kind_count, // the first ones are the kinds of events
    stale_hit,
    joined,
    end,
};

/// Counters in stripes, so that threads that count at the same time do not share a cache line: the first threads have
/// one each, which needs no atomic read-modify-write, and all others share one.
class StripedCounters {
public:
    void add(Counter counter, std::size_t thread_index) noexcept {
        add(static_cast<std::size_t>(counter), thread_index);
    }
    void add(EventKind kind, std::size_t thread_index) noexcept { add(static_cast<std::size_t>(kind), thread_index); }

    [[nodiscard]] RegionStatistics read() const noexcept {
        return {.hits = sum(Counter::hit),
                .stale_hits = sum(Counter::stale_hit),
                .misses = sum(EventKind::miss),
                .joined = sum(Counter::joined),
                .created = sum(EventKind::created),
                .creation_failed = sum(EventKind::creation_failed),
                .not_stored = sum(EventKind::not_stored),
                .writes_dropped = sum(EventKind::write_dropped),
                .hard_invalidated = sum(EventKind::hard_invalidated),
                .version_differs = sum(EventKind::version_differs),
                .not_understood = sum(EventKind::not_understood),
                .reads_failed = sum(EventKind::read_failed),
                .writes_failed = sum(EventKind::write_failed),
                .locks_failed = sum(EventKind::lock_failed),
                .locks_lost = sum(EventKind::lock_lost),
                .runner_refused = sum(EventKind::runner_refused)};
    }

    /// From now on `read` gives what comes after this moment.
    void reset() noexcept {
        for (std::size_t position = 0; position != counter_count; ++position)
            before_[position].store(total(position), std::memory_order_relaxed);
    }

private:
    static constexpr std::size_t counter_count = static_cast<std::size_t>(Counter::end);
    using Counts = std::array<std::atomic<std::uint64_t>, counter_count>;

    struct alignas(64) Stripe {
        Counts counts{};
    };

    [[gnu::always_inline]] void add(std::size_t position, std::size_t thread_index) noexcept {
        if (thread_index < own_stripes) {
            std::atomic<std::uint64_t>& count = stripes_[thread_index].counts[position];
            count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        } else {
            stripes_[own_stripes].counts[position].fetch_add(1, std::memory_order_relaxed);
        }
    }

    [[nodiscard]] std::uint64_t total(std::size_t position) const noexcept {
        std::uint64_t total = 0;
        for (const Stripe& stripe : stripes_) total += stripe.counts[position].load(std::memory_order_relaxed);
        return total;
    }

    template <class Name>
    [[nodiscard]] std::uint64_t sum(Name name) const noexcept {
        const auto position = static_cast<std::size_t>(name);
        return total(position) - before_[position].load(std::memory_order_relaxed);
    }

    static constexpr std::size_t own_stripes = 16;

    std::array<Stripe, own_stripes + 1> stripes_{};
    Counts before_{}; ///< the totals at the last reset
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
