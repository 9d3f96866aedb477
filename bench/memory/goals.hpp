#pragma once

#include "caches.hpp"
#include "results.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// A figure that is to be reached.
struct Goal {
    enum class Bound { at_most, less_than, at_least };

    std::string name;
    double measured;
    Bound bound;
    double goal;

    [[nodiscard]] bool is_met() const noexcept {
        switch (bound) {
        case Bound::at_most: return measured <= goal;
        case Bound::less_than: return measured < goal;
        default: return measured >= goal;
        }
    }
};

/// The goals for which everything was measured that they need: times of the fewest entries, memory of the most.
class Goals {
public:
    Goals(const Results& results, std::size_t fewest, std::size_t churn)
        : results_(results), read_{Work::read, fewest, 8}, mix_{Work::mix, fewest, 8}, hot_{Work::hot, fewest, 8},
          churn_{Work::churn, churn, 8} {}

    [[nodiscard]] std::vector<Goal> all() {
        at_most("memory_visit_to_unsynchronised_map", ours(read_, 1), best(read_, 1, is_limit), 1.15);
        ratio("memory_visit_to_fastest_peer", ours(read_, 1), best(read_, 1, is_peer), Goal::Bound::less_than, 1);
        ratio("memory_visit_to_fastest_peer_on_two_threads", ours(read_, 2), best(read_, 2, is_peer),
              Goal::Bound::less_than, 1);
        at_least("memory_visit_speed_up_by_two_threads", 2 * ours(read_, 1), ours(read_, 2), 1.85);
        at_least("memory_hot_key_ahead_of_best_peer_on_two_threads", best(hot_, 2, is_peer), ours(hot_, 2), 2.5);
        at_least("memory_mix_ahead_of_peers_that_evict", best(mix_, 1, is_evicting_peer), ours(mix_, 1), 2);
        at_least("memory_mix_ahead_of_peers_that_evict_on_two_threads", best(mix_, 2, is_evicting_peer), ours(mix_, 2),
                 2);
        at_most("memory_mix_two_threads_to_one", ours(mix_, 2), ours(mix_, 1), 1.8);
        at_least("memory_churn_ahead_of_peers_that_evict", best(churn_, 1, is_evicting_peer), ours(churn_, 1), 2);
        at_least("memory_churn_ahead_of_peers_that_evict_on_two_threads", best(churn_, 2, is_evicting_peer),
                 ours(churn_, 2), 2);
        at_least("memory_churn_speed_up_by_two_threads", 2 * ours(churn_, 1), ours(churn_, 2), 1.4);
        add_bytes();
        add_region();
        return std::move(goals_);
    }

private:
    static bool is_limit(const Role& role) { return !role.is_synchronised; }
    static bool is_peer(const Role& role) { return role.is_synchronised && !role.is_ours; }
    static bool is_evicting_peer(const Role& role) { return is_peer(role) && role.evicts; }

    [[nodiscard]] double time(const Setting& setting, int threads, const char* cache) const {
        const Row* const row = results_.find(setting, cache);
        return row != nullptr ? row->nanoseconds(threads) : 0;
    }
    [[nodiscard]] double ours(const Setting& setting, int threads) const { return time(setting, threads, yardstick); }
    [[nodiscard]] double best(const Setting& setting, int threads, bool (*filter)(const Role&)) const {
        return results_.shortest(setting, threads, filter);
    }

    void ratio(const char* name, double above, double below, Goal::Bound bound, double goal) {
        if (above > 0 && below > 0) goals_.push_back({name, above / below, bound, goal});
    }
    void at_most(const char* name, double above, double below, double goal) {
        ratio(name, above, below, Goal::Bound::at_most, goal);
    }
    void at_least(const char* name, double above, double below, double goal) {
        ratio(name, above, below, Goal::Bound::at_least, goal);
    }

    /// Beyond key and value.
    void add_bytes() {
        for (const Row& row : results_.rows()) {
            if (row.cache != yardstick || !row.footprint) continue;
            const std::string name = "memory_bytes_beyond_key_and_value_of_" + std::to_string(row.setting.value_size);
            const auto needed = static_cast<double>(row.setting.value_size + sizeof(Request::text));
            goals_.push_back({name, row.footprint->own - needed, Goal::Bound::at_most, 64});
            goals_.push_back({name + "_resident", row.footprint->resident - needed, Goal::Bound::at_most, 64});
        }
    }

    /// What a hit of the region costs, and does not.
    void add_region() {
        const double hit = time(read_, 1, get_or_create);
        const double visit = time(read_, 1, visit_in_region);
        if (hit <= 0 || visit <= 0) return;
        goals_.push_back({"memory_get_or_create_beyond_visit_ns", hit - visit, Goal::Bound::at_most, 12});

        const HitCosts costs = costs_of_a_hit();
        goals_.push_back({"memory_get_or_create_allocations", costs.allocations, Goal::Bound::at_most, 0});
        goals_.push_back(
            {"memory_get_or_create_coarse_clock_readings", costs.coarse_readings, Goal::Bound::at_most, 1});
        goals_.push_back({"memory_get_or_create_exact_clock_readings", costs.exact_readings, Goal::Bound::at_most, 0});
    }

    const Results& results_;
    Setting read_;
    Setting mix_;
    Setting hot_;
    Setting churn_;
    std::vector<Goal> goals_;
};

} // namespace bench
