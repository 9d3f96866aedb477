#ifndef KENNEL_BACKENDS_MEMORY_LIMITS_HPP
#define KENNEL_BACKENDS_MEMORY_LIMITS_HPP

#include "kennel/cached_value.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

/// How much a memory backend keeps. When there is no room, other entries are evicted.
struct MemoryLimits {
    static constexpr std::size_t none = (std::numeric_limits<std::size_t>::max)();

    std::size_t max_entries = none;
    std::size_t max_weight = none; ///< in what the weigher gives; bytes, unless there is one
};

/// Why an entry is no longer there.
enum class RemovalCause : std::uint8_t {
    expired,  ///< its time was up
    evicted,  ///< there was no room for it
    replaced, ///< another value was stored under its key
    erased,   ///< somebody erased it
};

/// Gives the weight of an entry. It may be called by many threads at once, and must give the same for the same entry.
using MemoryWeigher = std::function<std::size_t(std::string_view key, const CachedValue& value)>;

/// Hears of every entry that is removed, after that and under no lock, on the thread that has caused it. It may call
/// the backend. What it throws reaches the caller of the operation, when that is complete and all removals have been
/// told.
using RemovalListener = std::function<void(std::string_view key, const CachedValue& value, RemovalCause cause)>;

/// What a memory backend holds and what has become of the rest.
struct MemoryStatistics {
    std::uint64_t entries = 0;
    std::uint64_t weight = 0;   ///< of the entries
    std::uint64_t bytes = 0;    ///< of memory: the entries' pages and all tables
    std::uint64_t inserted = 0; ///< entries that were stored under a new key
    std::uint64_t replaced = 0;
    std::uint64_t erased = 0;
    std::uint64_t expired = 0;
    std::uint64_t evicted = 0;
    std::uint64_t refused = 0; ///< values that were too heavy, had a key of 16 MiB or more, or no room after a `resize`

    /// How many went for this cause.
    [[nodiscard]] std::uint64_t& removed_by(RemovalCause cause) noexcept {
        switch (cause) {
        case RemovalCause::expired: return expired;
        case RemovalCause::evicted: return evicted;
        case RemovalCause::replaced: return replaced;
        case RemovalCause::erased: break;
        }
        return erased;
    }

    MemoryStatistics& operator+=(const MemoryStatistics& other) noexcept {
        entries += other.entries;
        weight += other.weight;
        bytes += other.bytes;
        inserted += other.inserted;
        replaced += other.replaced;
        erased += other.erased;
        expired += other.expired;
        evicted += other.evicted;
        refused += other.refused;
        return *this;
    }
};

KENNEL_NAMESPACE_END

#endif
