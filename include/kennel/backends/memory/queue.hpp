#ifndef KENNEL_BACKENDS_MEMORY_QUEUE_HPP
#define KENNEL_BACKENDS_MEMORY_QUEUE_HPP

#include "kennel/backends/memory/entry.hpp"

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A first-in-first-out queue of entries from whose middle entries can be taken; these leave a hole, which is squeezed
/// out when the room is needed. An entry knows its `MemoryPlace`. Not for two threads at once.
class MemoryQueue {
public:
    /// `number` tells this queue from the others of its policy. Positions count from `first` on, and begin anew some
    /// time.
    explicit MemoryQueue(std::uint8_t number, std::uint32_t first = 0) : number_(number), begin_(first), end_(first) {}

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool holds(const MemoryEntry& entry) const noexcept { return entry.place.queue == number_; }

    /// Makes room for `count` pushes, where at most `capacity` entries are expected; may throw `std::bad_alloc`, also
    /// when there are more entries than positions.
    void reserve(std::size_t count, std::size_t capacity) {
        if (length() + count > ring_.size()) [[unlikely]]
            rebuild(count, capacity);
    }

    /// Needs room; see `reserve`.
    void push(MemoryEntry& entry) noexcept {
        slot(end_) = &entry;
        entry.place = {.position = end_++ & last_position, .queue = number_ & 3U, .is_on_trial = 0, .credit = 0};
        ++size_;
    }

    /// The oldest entry; there must be one.
    [[nodiscard]] MemoryEntry& front() noexcept { return *slot(begin_); }

    void pop() noexcept { remove(front()); }

    void remove(const MemoryEntry& entry) noexcept {
        slot(entry.place.position) = nullptr;
        --size_;
        while (begin_ != end_ && slot(begin_) == nullptr) {
            ++begin_;
            if (++head_ == ring_.size()) head_ = 0;
        }
        if (size_ > prefetched) __builtin_prefetch(slot(begin_ + prefetched));
    }

    /// Lets `fresh` stand where an older entry stood, whose place it has.
    void replace(MemoryEntry& fresh) noexcept { slot(fresh.place.position) = &fresh; }

    [[nodiscard]] std::size_t bytes() const noexcept { return ring_.size() * sizeof(MemoryEntry*); }

private:
    static constexpr std::uint32_t last_position = MemoryPlace::last_position;

    /// Entries that are to be in the processor's cache before their turn.
    static constexpr std::uint32_t prefetched = 4;

    [[nodiscard]] std::size_t length() const noexcept { return end_ - begin_; }

    [[nodiscard]] MemoryEntry*& slot(std::uint32_t position) noexcept {
        const std::size_t at = head_ + ((position - begin_) & last_position); // positions begin anew some time
        return ring_[at < ring_.size() ? at : at - ring_.size()];
    }

    /// Squeezes the holes out if that brings enough, else grows.
    void rebuild(std::size_t count, std::size_t capacity) {
        const std::size_t needed = size_ + count;
        const std::size_t expected = capacity + capacity / 8;
        std::size_t larger = ring_.size();
        if (needed > larger / 8 * 7) larger = 2 * needed + 8;
        if (larger > expected && needed <= expected / 8 * 7) larger = expected;
        if (larger > last_position) throw std::bad_alloc();
        std::vector<MemoryEntry*> ring(larger);
        std::uint32_t at = 0;
        for (; begin_ != end_; ++begin_, head_ = head_ + 1 != ring_.size() ? head_ + 1 : 0)
            if (MemoryEntry* const entry = ring_[head_]) {
                entry->place.position = at & last_position;
                ring[at++] = entry;
            }
        ring_.swap(ring);
        begin_ = 0;
        head_ = 0;
        end_ = at;
    }

    std::uint8_t number_;
    std::vector<MemoryEntry*> ring_;
    std::size_t head_ = 0; ///< where in the ring the position `begin_` is
    std::uint32_t begin_;
    std::uint32_t end_;
    std::size_t size_ = 0;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
