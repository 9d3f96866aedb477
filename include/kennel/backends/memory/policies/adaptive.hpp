#ifndef KENNEL_BACKENDS_MEMORY_POLICIES_ADAPTIVE_HPP
#define KENNEL_BACKENDS_MEMORY_POLICIES_ADAPTIVE_HPP

#include "kennel/backends/memory/bounded.hpp"
#include "kennel/backends/memory/eviction_policy.hpp"
#include "kennel/backends/memory/ghosts.hpp"
#include "kennel/backends/memory/lru_regret.hpp"

#include <cstddef>
#include <cstdint>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Two queues whose sizes adapt to the requests: new entries go through a small one, and only those that are used
/// there reach the main one. So a scan passes by what is used again.
///
/// Of the family of 2Q (T. Johnson and D. Shasha, 1994), ARC (N. Megiddo and D. Modha, 2003) and S3-FIFO (J. Yang and
/// others, 2023). Its own: uses right after the insertion do not count; an entry of the main queue earns a credit in
/// each pass in which it is used, and spends one in each in which it is not; an unused entry now and then gets a try
/// in the main queue; and where a least-recently-used cache would do better, it behaves like one (see `LruRegret`).
/// See docs/memory_backend.md for the evidence.
class AdaptivePolicy final : public EvictionPolicy {
public:
    void reserve(std::size_t entries, std::size_t capacity) override {
        newest_.reserve(1, capacity / 10);
        small_.reserve(newest_.size() + 1, capacity / 10);
        main_.reserve(small_size() + 1, capacity);
        if (entries >= capacity) ghosts_.reserve(capacity + capacity / 5);
        if (capacity == capacity_) return;
        const auto wanted = static_cast<double>(capacity);
        target_ = capacity_ == 0 ? wanted * first_share : target_ * wanted / this->capacity();
        capacity_ = capacity;
        regret_.resize(capacity);
    }

    void insert(MemoryEntry& entry, std::uint64_t hash) noexcept override {
        const auto ghost = ghosts_.take(hash);
        const bool left_small = ghost && ghost->list == MemoryGhosts::List::first && ghost->age < capacity_;
        if (ghost) learn(*ghost);
        regret_.miss();
        const bool is_filling = !was_full_ && small_size() >= target();
        if (left_small || is_filling) return main_.push(entry);
        newest_.push(entry);
        while (newest_.size() > small_size() * 3 / 10 && newest_.size() > 1) {
            MemoryEntry& aged = newest_.front();
            newest_.pop();
            aged.uses().set_recent(0);
            small_.push(aged);
        }
    }

    MemoryEntry& victim() noexcept override {
        was_full_ = true;
        for (int looked = 0; looked != longest_sweep && small_size() >= target(); ++looked) {
            MemoryEntry& oldest = small_front();
            const bool is_unused = oldest.uses().recent() == 0 && !regret_.is_spell();
            if (is_unused && !gets_a_try()) return oldest;
            queue_of(oldest).remove(oldest);
            promote(oldest, 0, is_unused);
        }
        return main_.size() != 0 ? main_victim() : small_front();
    }

    void evict(MemoryEntry& victim, std::uint64_t hash) noexcept override {
        const bool is_main = main_.holds(victim);
        ghosts_.add(is_main ? MemoryGhosts::List::second : MemoryGhosts::List::first, hash);
        (is_main ? of_main_ : of_small_).evictions += 1;
        if (evictions() > at_least(capacity() * memory, least_memory)) {
            of_main_.fade();
            of_small_.fade();
            looks_ /= 2;
        }
        erase(victim);
    }

    void erase(MemoryEntry& entry) noexcept override { queue_of(entry).remove(entry); }
    void replace(MemoryEntry& fresh) noexcept override { queue_of(fresh).replace(fresh); }

    [[nodiscard]] std::size_t bytes() const noexcept override {
        return newest_.bytes() + small_.bytes() + main_.bytes() + ghosts_.bytes();
    }

private:
    // Shares and ages are of the capacity.
    static constexpr double first_share = 0.1;   ///< of the small queue
    static constexpr double least_share = 0.005; ///< below it nothing would be used in time
    static constexpr double most_share = 0.95;   ///< beyond it the main queue could not prove its worth
    static constexpr double lru_share = 0.05;    ///< small, because in a spell all go on to the main queue anyhow
    static constexpr double recent = 0.2;        ///< age of ghosts that a somewhat larger queue would have held
    static constexpr double step = 2;            ///< by which such a ghost moves the target
    static constexpr double most_steps = 3;      ///< of them at once when one queue's ghosts come back more often
    static constexpr double memory = 0.5;        ///< evictions after which the counters are halved
    static constexpr double least_memory = 256;
    static constexpr double least_tries = 0.004; ///< enough to notice when they begin to succeed
    static constexpr double most_tries = 0.25;   ///< a loop needs no more to fill the main queue
    static constexpr double useful_share = 0.3;  ///< of the main queue in use, below which credit is worth nothing
    static constexpr unsigned most_credit = 3;   ///< what fits into the entry
    static constexpr int longest_sweep = 64;     ///< entries looked at in one eviction

    /// What has happened to a queue lately.
    struct Record {
        double evictions = 0;
        double returns = 0; ///< misses of what left it recently

        void fade() noexcept {
            evictions /= 2;
            returns /= 2;
        }
    };

    [[nodiscard]] double capacity() const noexcept { return static_cast<double>(capacity_); }
    [[nodiscard]] double evictions() const noexcept { return of_main_.evictions + of_small_.evictions + 1; }
    [[nodiscard]] std::size_t small_size() const noexcept { return newest_.size() + small_.size(); }
    [[nodiscard]] std::size_t target() const noexcept {
        const double target = regret_.is_spell() ? capacity() * lru_share : target_;
        return target < 1 ? 1 : static_cast<std::size_t>(target);
    }

    [[nodiscard]] MemoryEntry& small_front() noexcept { return (small_.size() != 0 ? small_ : newest_).front(); }
    [[nodiscard]] MemoryQueue& queue_of(const MemoryEntry& entry) noexcept {
        return main_.holds(entry) ? main_ : small_.holds(entry) ? small_ : newest_;
    }

    /// In how many misses the whole main queue is looked at.
    [[nodiscard]] double pass() const noexcept {
        return static_cast<double>(main_.size()) * evictions() / (looks_ + 1) + 1;
    }
    /// After how many misses a least-recently-used cache evicts what is not used; its other entries are used
    /// meanwhile.
    [[nodiscard]] double lru_reach() const noexcept {
        return capacity() - used_share_ * static_cast<double>(main_.size());
    }

    void learn(const MemoryGhosts::Ghost& ghost) noexcept {
        const bool is_main = ghost.list == MemoryGhosts::List::second;
        Record& its = is_main ? of_main_ : of_small_;
        const Record& other = is_main ? of_small_ : of_main_;
        const auto age = static_cast<double>(ghost.age);
        const double unused = age * evictions() / (its.evictions + 1) +
                              (is_main ? pass() : static_cast<double>(small_size())); // misses since its last use
        // In a long pass hits are counted less often than these misses.
        if (unused < lru_reach()) regret_.would_have_hit(at_most(1.0, capacity() / pass()));
        if (age >= capacity() * recent || regret_.is_spell()) return;
        its.returns += 1;
        const double steps = step * bounded(its.returns / (other.returns + 1), 1.0, most_steps);
        const double wanted = is_main ? target_ - steps : target_ + steps;
        target_ = bounded(wanted, capacity() * least_share, capacity() * most_share);
    }

    /// Every so often yes: on the average with the rate of the tries.
    [[nodiscard]] bool gets_a_try() noexcept {
        tries_due_ += try_rate_;
        if (tries_due_ < 1) return false;
        tries_due_ -= 1;
        return true;
    }

    void promote(MemoryEntry& entry, unsigned credit, bool is_on_trial) noexcept {
        entry.uses().set_recent(0);
        main_.push(entry);
        entry.place.credit = credit & most_credit;
        entry.place.is_on_trial = is_on_trial ? 1 : 0;
    }

    /// The first entry of the main queue that is unused and has no credit; the others go to its end once more.
    [[nodiscard]] MemoryEntry& main_victim() noexcept {
        for (int looked = 0; looked != longest_sweep; ++looked) {
            MemoryEntry& oldest = main_.front();
            const unsigned uses = oldest.uses().recent();
            const unsigned credit = oldest.place.credit;
            observe(oldest, uses);
            const bool is_kept = credit != 0 && !regret_.is_spell() && used_share_ >= useful_share;
            if (uses == 0 && !is_kept) return oldest;
            main_.pop();
            promote(oldest, uses == 0 ? credit - 1 : at_most(credit + 1, most_credit), uses == 0);
        }
        return main_.front();
    }

    /// Learns from an entry that has come to the front of the main queue.
    void observe(MemoryEntry& entry, unsigned uses) noexcept {
        looks_ += 1;
        passed_ += 1;
        if (uses != 0) used_ += 1;
        used_share_ = (used_ + 4) / (passed_ + 4); // cautious at first
        if (passed_ > at_least(capacity(), 32.0)) {
            passed_ /= 2;
            used_ /= 2;
        }
        if (entry.place.is_on_trial != 0) {
            try_rate_ = bounded(try_rate_ * (uses != 0 ? 1.1 : 0.9), least_tries, most_tries);
            entry.place.is_on_trial = 0;
            if (uses != 0) regret_.would_have_missed(1);
            return;
        }
        // The chance that each of some uses at any times in a pass came too late for the other.
        const double late = 1 - lru_reach() / pass();
        if (uses == 0 || late <= 0) return;
        double missed = uses;
        for (unsigned use = 0; use != uses; ++use) missed *= late;
        regret_.would_have_missed(missed);
    }

    MemoryQueue newest_{0}; ///< the younger part of the small queue
    MemoryQueue small_{1};
    MemoryQueue main_{2};
    MemoryGhosts ghosts_;
    LruRegret regret_;
    std::size_t capacity_ = 0;
    double target_ = 1; ///< of the small queue's size
    double try_rate_ = 0.01;
    double tries_due_ = 0;
    Record of_small_;
    Record of_main_;
    double looks_ = 0;  ///< entries at the front of the main queue, lately
    double passed_ = 0; ///< the same over a longer time
    double used_ = 0;   ///< of them
    double used_share_ = 1;
    bool was_full_ = false;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
