#ifndef KENNEL_BACKENDS_MEMORY_SHARD_SETTINGS_HPP
#define KENNEL_BACKENDS_MEMORY_SHARD_SETTINGS_HPP

#include "kennel/backends/memory/entry.hpp"
#include "kennel/backends/memory/eviction_policy.hpp"
#include "kennel/backends/memory/key_hash.hpp"
#include "kennel/backends/memory/limits.hpp"

#include <memory>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What the shards of one backend have in common.
struct MemoryShardSettings {
    MemoryWeigher weigher{}; ///< empty: the bytes that an entry takes
    RemovalListener listener{};
    std::unique_ptr<EvictionPolicy> (*make_policy)() = nullptr;
    MemoryTick time_to_idle = never;
    KeyHash hash{};

    [[nodiscard]] bool counts_idleness() const noexcept { return time_to_idle != never; }

    /// Whether entries have a `MemoryTracking`.
    [[nodiscard]] bool tracks() const noexcept { return counts_idleness() || weigher != nullptr; }

    [[nodiscard]] bool is_over(const MemoryEntry& entry, MemoryTick now) const noexcept {
        if (entry.expires() <= now) return true;
        return counts_idleness() && entry.tracking().last_read.load(std::memory_order_relaxed) + time_to_idle <= now;
    }
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
