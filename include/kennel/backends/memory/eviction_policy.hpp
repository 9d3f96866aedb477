#ifndef KENNEL_BACKENDS_MEMORY_EVICTION_POLICY_HPP
#define KENNEL_BACKENDS_MEMORY_EVICTION_POLICY_HPP

#include "kennel/backends/memory/queue.hpp"

#include <cstddef>
#include <cstdint>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Decides which entry of a shard goes when there is no room for another. All members run under the shard's lock.
///
/// A policy learns of hits from `MemoryEntry::uses()` when it looks at an entry. One that `wants_hits` is called for
/// each.
class EvictionPolicy {
public:
    EvictionPolicy() = default;
    EvictionPolicy(const EvictionPolicy&) = delete;
    EvictionPolicy& operator=(const EvictionPolicy&) = delete;
    virtual ~EvictionPolicy() = default;

    /// Makes room for the entry that will be the last of `entries`, in a shard that holds about `capacity` when it is
    /// full. Of all members only this and `hit` may throw `std::bad_alloc`.
    virtual void reserve(std::size_t entries, std::size_t capacity) = 0;

    /// Takes in a new entry.
    virtual void insert(MemoryEntry& entry, std::uint64_t hash) noexcept = 0;

    /// The entry that is to go next, which is then still there. There is one at least.
    [[nodiscard]] virtual MemoryEntry& victim() noexcept = 0;

    /// Lets the last victim go.
    virtual void evict(MemoryEntry& victim, std::uint64_t hash) noexcept = 0;

    /// Lets an entry go that was removed for another reason.
    virtual void erase(MemoryEntry& entry) noexcept = 0;

    /// An entry has taken the place of another of the same key.
    virtual void replace(MemoryEntry& fresh) noexcept = 0;

    /// Whether `hit` wants to be called for each hit, which takes the shard's lock.
    [[nodiscard]] virtual bool wants_hits() const noexcept { return false; }

    /// May throw `std::bad_alloc`, which is then as if the hit had not been.
    virtual void hit(MemoryEntry& /*entry*/) {}

    /// What its own tables take in memory.
    [[nodiscard]] virtual std::size_t bytes() const noexcept = 0;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
