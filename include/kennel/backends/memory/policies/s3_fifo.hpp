#ifndef KENNEL_BACKENDS_MEMORY_POLICIES_S3_FIFO_HPP
#define KENNEL_BACKENDS_MEMORY_POLICIES_S3_FIFO_HPP

#include "kennel/backends/memory/eviction_policy.hpp"
#include "kennel/backends/memory/ghosts.hpp"

#include <cstddef>
#include <cstdint>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// S3-FIFO as published: a small queue of a tenth, a main queue, and ghosts (J. Yang and others, "FIFO queues are all
/// you need for cache eviction", SOSP 2023).
class S3FifoPolicy final : public EvictionPolicy {
public:
    void reserve(std::size_t entries, std::size_t capacity) override {
        small_.reserve(1, capacity / 10);
        main_.reserve(small_.size() + 1, capacity);
        if (entries >= capacity) ghosts_.reserve(capacity);
        capacity_ = capacity;
    }

    void insert(MemoryEntry& entry, std::uint64_t hash) noexcept override {
        const auto ghost = ghosts_.take(hash);
        (ghost && ghost->age < capacity_ ? main_ : small_).push(entry);
    }

    MemoryEntry& victim() noexcept override {
        while (small_.size() != 0 && (small_.size() >= capacity_ / 10 || main_.size() == 0)) {
            MemoryEntry& oldest = small_.front();
            if (oldest.uses().recent() <= 1) return oldest;
            small_.pop();
            oldest.uses().set_recent(0);
            main_.push(oldest);
        }
        // At most three times around, but for hits at the same time; they must not keep the lock from coming free.
        for (std::size_t left = 3 * main_.size();; --left) {
            MemoryEntry& oldest = main_.front();
            const unsigned uses = oldest.uses().recent();
            if (uses == 0 || left == 0) return oldest;
            main_.pop();
            oldest.uses().set_recent(uses - 1);
            main_.push(oldest);
        }
    }

    void evict(MemoryEntry& victim, std::uint64_t hash) noexcept override {
        if (small_.holds(victim)) ghosts_.add(MemoryGhosts::List::first, hash);
        erase(victim);
    }

    void erase(MemoryEntry& entry) noexcept override { (small_.holds(entry) ? small_ : main_).remove(entry); }
    void replace(MemoryEntry& fresh) noexcept override { (small_.holds(fresh) ? small_ : main_).replace(fresh); }

    [[nodiscard]] std::size_t bytes() const noexcept override {
        return small_.bytes() + main_.bytes() + ghosts_.bytes();
    }

private:
    MemoryQueue small_{0};
    MemoryQueue main_{1};
    MemoryGhosts ghosts_;
    std::size_t capacity_ = 0;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
