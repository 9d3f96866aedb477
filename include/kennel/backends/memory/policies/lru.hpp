#ifndef KENNEL_BACKENDS_MEMORY_POLICIES_LRU_HPP
#define KENNEL_BACKENDS_MEMORY_POLICIES_LRU_HPP

#include "kennel/backends/memory/eviction_policy.hpp"

#include <cstddef>
#include <cstdint>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Least recently used. Each hit takes the shard's lock and moves the entry, so it is here for comparison only.
class LruPolicy final : public EvictionPolicy {
public:
    void reserve(std::size_t /*entries*/, std::size_t capacity) override { queue_.reserve(1, capacity); }
    void insert(MemoryEntry& entry, std::uint64_t /*hash*/) noexcept override { queue_.push(entry); }
    MemoryEntry& victim() noexcept override { return queue_.front(); }
    void evict(MemoryEntry& victim, std::uint64_t /*hash*/) noexcept override { queue_.remove(victim); }
    void erase(MemoryEntry& entry) noexcept override { queue_.remove(entry); }
    void replace(MemoryEntry& fresh) noexcept override {
        queue_.replace(fresh);
        queue_.remove(fresh);
        queue_.push(fresh);
    }

    [[nodiscard]] bool wants_hits() const noexcept override { return true; }
    void hit(MemoryEntry& entry) override {
        queue_.reserve(1, queue_.size());
        queue_.remove(entry);
        queue_.push(entry);
    }

    [[nodiscard]] std::size_t bytes() const noexcept override { return queue_.bytes(); }

private:
    MemoryQueue queue_{0};
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
