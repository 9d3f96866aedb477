#include "report.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>

namespace bench {

namespace {

constexpr int width = 10; // of a column

void print_right(const std::string& text) { std::printf("%*s", width, text.c_str()); }

void print_share(const std::optional<double>& share) { print_right(share ? fixed(*share, 3) : "-"); }

[[nodiscard]] bool has_optimum(const TraceResult& result) { return result.cells.front().optimum.has_value(); }

void print_head(const TraceResult& result, const Options& options) {
    std::printf("%s: %s requests for %s keys (%s)\n\n", result.name.c_str(), grouped(result.requests).c_str(),
                grouped(result.keys).c_str(), result.form.c_str());
    const int miss_columns = static_cast<int>(options.policies.size()) + 1 + (has_optimum(result) ? 1 : 0);
    std::printf("%*s  %-*s", 2 * width, "", miss_columns * width, "  misses in % of requests");
    if (has_optimum(result)) std::printf("  share of the gap from LRU to optimum");
    std::puts("");
    for (const char* const title : {"capacity", "entries"}) print_right(title);
    std::fputs("  ", stdout);
    print_right("exact LRU");
    for (const std::string& policy : options.policies) print_right(policy);
    if (has_optimum(result)) {
        print_right("optimum");
        std::fputs("  ", stdout);
        for (const std::string& policy : options.policies) print_right(policy);
    }
    std::puts("");
}

void print_cell(const Cell& cell) {
    print_right(cell.capacity.name());
    print_right(grouped(cell.entries));
    std::fputs("  ", stdout);
    print_right(fixed(cell.lru, 2));
    for (const double misses : cell.policies) print_right(fixed(misses, 2));
    if (cell.optimum) {
        print_right(fixed(*cell.optimum, 2));
        std::fputs("  ", stdout);
        for (std::size_t policy = 0; policy != cell.policies.size(); ++policy) print_share(cell.share_of_gap(policy));
    }
    std::puts("");
}

void print_raised(const TraceResult& result) {
    const auto is_raised = [&](const Cell& cell) { return cell.capacity.is_raised(result.keys); };
    if (!std::any_of(result.cells.begin(), result.cells.end(), is_raised)) return;
    std::printf("Smaller capacities were raised to %zu entries, the least.\n", Capacity::least);
}

/// A row of the summary: what `figure` says of each policy.
template <class Figure>
void print_row(const std::string& name, const Options& options, const Figure& figure) {
    std::printf("%-34.34s", name.c_str());
    for (std::size_t policy = 0; policy != options.policies.size(); ++policy) print_share(figure(policy));
    std::puts("");
}

void print_scores(const std::vector<TraceResult>& results, const std::vector<Summary>& summaries,
                  const Options& options) {
    const Summary& any = summaries.front(); // a trace has a score for all policies, or for none
    if (any.traces == 0) return;
    std::printf("%-34s", "share of the gap");
    for (const std::string& policy : options.policies) print_right(policy);
    std::puts("");
    for (const TraceResult& result : results)
        print_row(result.name, options, [&](std::size_t policy) { return result.score(policy); });
    print_row("mean of all (" + grouped(any.traces) + ")", options,
              [&](std::size_t policy) { return std::optional(summaries[policy].mean); });
    print_row("mean of the worst fifth (" + grouped(any.fifth) + ")", options,
              [&](std::size_t policy) { return std::optional(summaries[policy].worst_fifth); });
    std::puts("");
}

} // namespace

void print_trace(const TraceResult& result, const Options& options) {
    print_head(result, options);
    for (const Cell& cell : result.cells) print_cell(cell);
    print_raised(result);
    std::puts("");
    std::fflush(stdout);
}

void print_summary(const std::vector<TraceResult>& results, const Options& options) {
    std::vector<Summary> summaries;
    for (std::size_t policy = 0; policy != options.policies.size(); ++policy)
        summaries.push_back(Summary::of(results, policy));
    print_scores(results, summaries, options);
    for (std::size_t policy = 0; policy != options.policies.size(); ++policy)
        if (const std::optional<Summary::Loss>& loss = summaries[policy].loss)
            std::printf("largest loss against exact LRU: %s %.2f points (%s)\n", options.policies[policy].c_str(),
                        loss->points, loss->where.c_str());
}

} // namespace bench
