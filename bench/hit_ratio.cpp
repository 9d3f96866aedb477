// The eviction policies of the memory backend on lists of keys: how many requests miss, beside an exact LRU and the
// optimum. Users size their caches with it; see docs/sizing_a_cache.md.
//
//     ./dev bench hit_ratio [options] [TRACE...]

#include "hit_ratio/byte_source.hpp"
#include "hit_ratio/input_error.hpp"
#include "hit_ratio/json.hpp"
#include "hit_ratio/measure.hpp"
#include "hit_ratio/options.hpp"
#include "hit_ratio/plot.hpp"
#include "hit_ratio/progress.hpp"
#include "hit_ratio/read_trace.hpp"
#include "hit_ratio/replay.hpp"
#include "hit_ratio/report.hpp"
#include "hit_ratio/synthetic.hpp"
#include "support/print_target.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <vector>

namespace {

using namespace bench;

/// A file to be written at the end, and opened at the beginning: who has waited for an hour wants no bad news then.
class Output {
public:
    explicit Output(const std::string& path) : path_(path) {
        if (path.empty()) return;
        file_.reset(std::fopen(path.c_str(), "w"));
        if (!file_) refuse();
    }

    [[nodiscard]] std::FILE* file() const noexcept { return file_.get(); }

    void close() {
        if (file_ && std::fclose(file_.release()) != 0) refuse();
    }

private:
    [[noreturn]] void refuse() const { throw InputError(path_ + ": it cannot be written: " + std::strerror(errno)); }

    std::string path_;
    File file_;
};

void require_trace(const std::string& name) {
    if (name.starts_with(synthetic_prefix)) require_synthetic(name);
    else require_readable(name);
}

Trace trace_of(const std::string& name, const Options& options, Progress& progress) {
    if (name.starts_with(synthetic_prefix)) return make_synthetic(name, options.seed, options.first);
    return read_trace(name, options.format, options.first, progress);
}

std::vector<TraceResult> measure_all(const std::vector<std::string>& traces, const Options& options) {
    std::vector<TraceResult> results;
    for (const std::string& name : traces) {
        Progress progress(options.shows_progress);
        const std::string number = std::to_string(results.size() + 1) + " of " + std::to_string(traces.size()) + ": ";
        const Trace trace = trace_of(name, options, progress);
        results.push_back(measure(trace, options, traces.size() > 1 ? number : "", progress));
        progress.clear();
        print_trace(results.back(), options);
    }
    return results;
}

/// The goals are those of the policy that one gets without asking for another.
void print_targets(const std::vector<TraceResult>& results, const Options& options) {
    const auto policy = std::find(options.policies.begin(), options.policies.end(), policy_names().front());
    if (policy == options.policies.end()) return;
    const Summary summary = Summary::of(results, static_cast<std::size_t>(policy - options.policies.begin()));
    if (options.is_quick) std::puts("quick: this is too little to hold against the goals");
    if (summary.traces != 0) {
        print_target("hit_ratio_share_of_gap", summary.mean, 0.37, summary.mean >= 0.37);
        print_target("hit_ratio_share_of_gap_worst_fifth", summary.worst_fifth, 0.07, summary.worst_fifth >= 0.07);
    }
    if (summary.loss)
        print_target("hit_ratio_loss_against_lru_in_points", summary.loss->points, 1, summary.loss->points <= 1);
}

void run(const Options& options) {
    for (const std::string& name : options.traces) require_trace(name);
    Output json(options.json);
    Output plot(options.plot);
    const bool has_traces = !options.traces.empty();
    if (!has_traces)
        std::puts("No trace was named, so these are synthetic ones, which are like nobody's. Record what your program "
                  "asks for:\nsee docs/sizing_a_cache.md and --help.\n");

    const auto results = measure_all(has_traces ? options.traces : built_in_traces(), options);
    print_summary(results, options);
    if (json.file() != nullptr) write_json(json.file(), results, options);
    json.close();
    if (plot.file() != nullptr) std::fputs(plot_of(results.front(), options).c_str(), plot.file());
    plot.close();
    if (has_traces) print_targets(results, options);
}

} // namespace

int main(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    try {
        run(options);
        return 0;
    } catch (const std::bad_alloc&) {
        std::fputs("hit_ratio: there is not enough memory; take fewer requests by --first N, or one thread\n", stderr);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "hit_ratio: %s\n", error.what());
    }
    return 1;
}
