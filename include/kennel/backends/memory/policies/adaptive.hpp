#ifndef KENNEL_BACKENDS_MEMORY_POLICIES_ADAPTIVE_HPP
#define KENNEL_BACKENDS_MEMORY_POLICIES_ADAPTIVE_HPP

#include "kennel/backends/memory/eviction_policy.hpp"
#include "kennel/backends/memory/ghosts.hpp"

#include <cstddef>
#include <cstdint>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Two queues whose sizes adapt to the requests: new entries go through a small one, and only those that are used there reach
/// the main one. So a scan passes by what is used again.
///
/// Of the family of 2Q (T. Johnson and D. Shasha, 1994), ARC (N. Megiddo and D. Modha, 2003) and S3-FIFO (J. Yang and others,
/// 2023). Its own: uses right after the insertion do not count, and an unused entry now and then gets a try in the main queue,
/// the more often the more of these tries succeed, which helps with loops. See docs/memory_backend.md for the evidence.
class AdaptivePolicy final : public EvictionPolicy {
public:
    void reserve(std::size_t entries, std::size_t capacity) override {
        newest_.reserve(1, capacity / 10);
        small_.reserve(newest_.size() + 1, capacity / 10);
        main_.reserve(small_size() + 1, capacity);
        if (entries >= capacity) ghosts_.reserve(capacity + capacity / 5);
        if (capacity == capacity_) return;
        target_ = capacity_ == 0 ? static_cast<double>(capacity) * first_share
                                 : target_ * static_cast<double>(capacity) / static_cast<double>(capacity_);
        capacity_ = capacity;
    }

    void insert(MemoryEntry& entry, std::uint64_t hash) noexcept override {
        const auto ghost = ghosts_.take(hash);
        const bool left_small = ghost && ghost->list == MemoryGhosts::List::first && ghost->age < capacity_;
        const bool left_main = ghost && ghost->list == MemoryGhosts::List::second && ghost->age < recent();
        if (left_small && ghost->age < recent()) retarget(target_ + step);
        if (left_main) retarget(target_ - step);
        const bool is_filling = !was_full_ && small_size() >= target();
        if (left_small || is_filling) return main_.push(entry);
        newest_.push(entry);
        while (newest_.size() > small_size() * 3 / 10 && newest_.size() > 1) {
            MemoryEntry& aged = newest_.front();
            newest_.pop();
            aged.set_uses(0);
            small_.push(aged);
        }
    }

    MemoryEntry& victim() noexcept override {
        was_full_ = true;
        while (small_size() >= target() && small_size() != 0) {
            MemoryQueue& queue = small_.size() != 0 ? small_ : newest_;
            MemoryEntry& oldest = queue.front();
            if (oldest.uses() == 0 && !gets_a_try()) return oldest;
            const bool is_try = oldest.uses() == 0;
            queue.pop();
            promote(oldest, is_try);
        }
        return main_.size() != 0 ? main_victim() : (small_.size() != 0 ? small_ : newest_).front();
    }

    void evict(MemoryEntry& victim, std::uint64_t hash) noexcept override {
        ghosts_.add(main_.holds(victim) ? MemoryGhosts::List::second : MemoryGhosts::List::first, hash);
        erase(victim);
    }

    void erase(MemoryEntry& entry) noexcept override { queue_of(entry).remove(entry); }
    void replace(MemoryEntry& fresh) noexcept override { queue_of(fresh).replace(fresh); }

    [[nodiscard]] std::size_t bytes() const noexcept override {
        return newest_.bytes() + small_.bytes() + main_.bytes() + ghosts_.bytes();
    }

private:
    static constexpr double first_share = 0.1; ///< of the small queue
    static constexpr double least_share = 0.005;
    static constexpr double most_share = 0.95;
    static constexpr double step = 2;
    static constexpr double least_tries = 0.004;
    static constexpr double most_tries = 0.25;
    static constexpr int longest_sweep = 64;

    [[nodiscard]] std::size_t small_size() const noexcept { return newest_.size() + small_.size(); }
    [[nodiscard]] std::size_t target() const noexcept { return target_ < 1 ? 1 : static_cast<std::size_t>(target_); }
    [[nodiscard]] std::size_t recent() const noexcept { return capacity_ / 5; }

    [[nodiscard]] MemoryQueue& queue_of(const MemoryEntry& entry) noexcept {
        return main_.holds(entry) ? main_ : small_.holds(entry) ? small_ : newest_;
    }

    void retarget(double wanted) noexcept {
        const auto capacity = static_cast<double>(capacity_);
        const double most = capacity * most_share;
        const double least = capacity * least_share;
        target_ = wanted < least ? least : wanted > most ? most : wanted;
    }

    /// Every so often yes: on the average with the rate of the tries.
    [[nodiscard]] bool gets_a_try() noexcept {
        tries_due_ += try_rate_;
        if (tries_due_ < 1) return false;
        tries_due_ -= 1;
        return true;
    }

    void promote(MemoryEntry& entry, bool is_try) noexcept {
        entry.set_uses(0);
        main_.push(entry);
        entry.place.is_on_trial = is_try ? 1 : 0;
    }

    /// The first unused entry of the main queue; who is used goes to its end once more.
    [[nodiscard]] MemoryEntry& main_victim() noexcept {
        for (int looked = 0; looked != longest_sweep; ++looked) {
            MemoryEntry& oldest = main_.front();
            const unsigned uses = oldest.uses();
            if (oldest.place.is_on_trial != 0) {
                const double rate = try_rate_ * (uses != 0 ? 1.1 : 0.9);
                try_rate_ = rate < least_tries ? least_tries : rate > most_tries ? most_tries : rate;
                oldest.place.is_on_trial = 0;
            }
            if (uses == 0) return oldest;
            main_.pop();
            oldest.set_uses(uses - 1);
            main_.push(oldest);
        }
        return main_.front();
    }

    MemoryQueue newest_{0}; ///< the younger part of the small queue
    MemoryQueue small_{1};
    MemoryQueue main_{2};
    MemoryGhosts ghosts_;
    std::size_t capacity_ = 0;
    double target_ = 1; ///< of the small queue's size
    double try_rate_ = 0.01;
    double tries_due_ = 0;
    bool was_full_ = false;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
