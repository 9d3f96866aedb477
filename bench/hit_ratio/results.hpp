#pragma once

#include "capacity.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// What was measured at one capacity: misses in percent of the requests.
struct Cell {
    Capacity capacity;
    std::size_t entries;
    double lru;                    ///< of one undivided LRU cache, exactly
    std::optional<double> optimum; ///< nothing when it was left out
    std::vector<double> policies;  ///< by their order in the options

    /// How much of the way from LRU to the optimum a policy goes, -1 at least; nothing where that is under one point.
    [[nodiscard]] std::optional<double> share_of_gap(std::size_t policy) const {
        if (!optimum || lru - *optimum < 1) return std::nullopt;
        return std::max(-1.0, (lru - policies[policy]) / (lru - *optimum));
    }
};

struct TraceResult {
    std::string name;
    std::string form;
    std::size_t requests;
    std::size_t keys;
    std::vector<Cell> cells;
    std::vector<Cell> curve; ///< for the plot, by entries

    /// A policy's share of the gap, on average over the capacities that have one.
    [[nodiscard]] std::optional<double> score(std::size_t policy) const {
        double sum = 0;
        std::size_t count = 0;
        for (const Cell& cell : cells)
            if (const std::optional<double> share = cell.share_of_gap(policy)) {
                sum += *share;
                ++count;
            }
        return count != 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt;
    }
};

/// A policy over all traces.
struct Summary {
    /// The largest loss against exact LRU at no fewer entries than these.
    static constexpr std::size_t least_entries = 100;

    struct Loss {
        double points;
        std::string where;
    };

    std::size_t traces = 0; ///< that have a score
    std::size_t fifth = 0;  ///< how many of them are a fifth
    double mean = 0;
    double worst_fifth = 0; ///< the mean of the worst fifth
    std::optional<Loss> loss{};

    [[nodiscard]] static Summary of(const std::vector<TraceResult>& results, std::size_t policy) {
        Summary summary;
        std::vector<double> scores;
        for (const TraceResult& result : results) {
            if (const std::optional<double> score = result.score(policy)) scores.push_back(*score);
            for (const Cell& cell : result.cells) summary.look_at(result, cell, cell.policies[policy] - cell.lru);
        }
        std::sort(scores.begin(), scores.end());
        summary.traces = scores.size();
        summary.fifth = static_cast<std::size_t>(std::lround(static_cast<double>(scores.size()) / 5));
        summary.fifth = std::max<std::size_t>(summary.fifth, 1);
        summary.mean = mean_of(scores, scores.size());
        summary.worst_fifth = mean_of(scores, summary.fifth);
        return summary;
    }

private:
    void look_at(const TraceResult& result, const Cell& cell, double points) {
        if (cell.entries < least_entries || (loss && points <= loss->points)) return;
        loss = Loss{points, result.name + ", " + grouped(cell.entries) + " entries"};
    }

    [[nodiscard]] static double mean_of(const std::vector<double>& scores, std::size_t count) {
        double sum = 0;
        for (std::size_t at = 0; at < count && at < scores.size(); ++at) sum += scores[at];
        return count != 0 ? sum / static_cast<double>(count) : 0;
    }
};

} // namespace bench
