#include "measure.hpp"

#include "parallel.hpp"
#include "references.hpp"
#include "replay.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace bench {

namespace {

/// From a thousandth to all of the keys.
std::vector<Cell> curve_of(std::size_t keys) {
    std::vector<Cell> curve;
    for (const double percent :
         {0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 25.0, 35.0, 50.0, 70.0, 100.0}) {
        const Capacity capacity = Capacity::of_percent(percent);
        curve.push_back({capacity, capacity.entries(keys), 0, {}, {}});
    }
    return curve;
}

/// Works out the cells of one trace.
class Measurement {
public:
    Measurement(const Trace& trace, const Options& options) : trace_(trace), options_(options) {
        for (const Capacity& capacity : options.capacities)
            cells_.push_back({capacity, capacity.entries(trace.keys.size()), 0, {}, {}});
        table_size_ = cells_.size();
        if (!options.plot.empty() && !options.has_own_capacities)
            for (Cell& cell : curve_of(trace.keys.size())) cells_.push_back(std::move(cell));
        for (Cell& cell : cells_) cell.policies.resize(options.policies.size());
    }

    void run(const std::string& position, Progress& progress) {
        std::vector<std::function<void()>> jobs{[this] { work_out_lru(); }};
        for (Cell& cell : cells_) {
            if (has_optimum()) jobs.push_back([this, &cell] { work_out_optimum(cell); });
            for (std::size_t policy = 0; policy != options_.policies.size(); ++policy)
                jobs.push_back([this, &cell, policy] { replay(cell, policy); });
        }
        const double all = static_cast<double>(jobs.size()) * static_cast<double>(trace_.requests.size());
        run_in_parallel(jobs, options_.threads, [&] {
            const double done = static_cast<double>(done_.load(std::memory_order_relaxed));
            progress.show(position + trace_.name + ": " + fixed(100 * done / all, 0) + " %");
        });
    }

    [[nodiscard]] TraceResult take() {
        const auto table_end = cells_.begin() + static_cast<std::ptrdiff_t>(table_size_);
        TraceResult result{
            trace_.name,      trace_.form, trace_.requests.size(), trace_.keys.size(), {cells_.begin(), table_end},
            std::move(cells_)};
        const auto by_entries = [](const Cell& left, const Cell& right) { return left.entries < right.entries; };
        std::stable_sort(result.curve.begin(), result.curve.end(), by_entries);
        const auto are_same = [](const Cell& left, const Cell& right) { return left.entries == right.entries; };
        result.curve.erase(std::unique(result.curve.begin(), result.curve.end(), are_same), result.curve.end());
        return result;
    }

private:
    [[nodiscard]] bool has_optimum() const { return trace_.requests.size() <= options_.optimum_limit; }
    [[nodiscard]] double percent(std::uint64_t misses) const {
        return 100 * static_cast<double>(misses) / static_cast<double>(trace_.requests.size());
    }

    void work_out_lru() {
        const ExactLru lru(trace_, advance_);
        for (Cell& cell : cells_) cell.lru = percent(lru.misses(cell.entries));
    }
    void work_out_optimum(Cell& cell) { cell.optimum = percent(optimum().misses(cell.entries, advance_)); }
    void replay(Cell& cell, std::size_t policy) {
        cell.policies[policy] = percent(misses_of_backend(trace_, options_.policies[policy], cell.entries, advance_));
    }

    const Optimum& optimum() {
        std::call_once(optimum_is_made_, [this] { optimum_.emplace(trace_); });
        return *optimum_;
    }

    const Trace& trace_;
    const Options& options_;
    std::vector<Cell> cells_; ///< those of the table, then those of the curve alone
    std::size_t table_size_ = 0;
    std::once_flag optimum_is_made_;
    std::optional<Optimum> optimum_;
    std::atomic<std::size_t> done_{0};
    const Advance advance_ = [this](std::size_t requests) { done_.fetch_add(requests, std::memory_order_relaxed); };
};

} // namespace

TraceResult measure(const Trace& trace, const Options& options, const std::string& position, Progress& progress) {
    Measurement measurement(trace, options);
    measurement.run(position, progress);
    return measurement.take();
}

} // namespace bench
