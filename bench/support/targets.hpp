#pragma once

#include "print_target.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace bench {

/// A console reporter that prints medians and remembers the time of every repetition, so that figures can be compared at the end.
class RememberingReporter final : public benchmark::ConsoleReporter {
public:
    RememberingReporter() : ConsoleReporter(OO_Tabular) {}

    void ReportRuns(const std::vector<Run>& runs) override {
        std::vector<Run> medians;
        for (const Run& run : runs) {
            if (run.run_type == Run::RT_Iteration && !run.error_occurred)
                times_[run.run_name.str()].push_back(run.GetAdjustedRealTime());
            else if (run.aggregate_name == "median") medians.push_back(run);
        }
        if (!medians.empty()) ConsoleReporter::ReportRuns(medians);
    }

    /// The median time of a benchmark's repetitions, in its own unit; 0 when it did not run.
    [[nodiscard]] double median(const std::string& name) const {
        std::vector<double> times;
        for (const auto& [run, measured] : times_)
            if (run == name || run.starts_with(name + "/repeats:") || run.starts_with(name + "/min_time:"))
                times = measured;
        if (times.empty()) return 0;
        std::sort(times.begin(), times.end());
        return times[times.size() / 2];
    }

private:
    std::map<std::string, std::vector<double>> times_;
};

/// Runs all benchmarks with several repetitions in random order, so that a change of the machine's speed hits all of them.
inline void run(int argc, char** argv, RememberingReporter& reporter) {
    std::vector<char*> arguments(argv, argv + argc);
    static char interleaving[] = "--benchmark_enable_random_interleaving=true";
    static char repetitions[] = "--benchmark_repetitions=9";
    static char min_time[] = "--benchmark_min_time=0.1";
    for (char* const argument : {interleaving, repetitions, min_time})
        arguments.insert(arguments.begin() + 1, argument); // first, so that the caller's own come later and win
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) std::exit(2);
    benchmark::RunSpecifiedBenchmarks(&reporter);
}

} // namespace bench
