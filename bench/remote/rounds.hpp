#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <ctime>

namespace bench {

/// What one operation takes, in microseconds.
struct Cost {
    double time = 0;
    double cpu = 0; ///< of the calling thread
};

[[nodiscard]] inline double cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Runs `operation` that many times.
template <class Operation>
[[nodiscard]] Cost cost_of(int count, Operation&& operation) {
    const double cpu = cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    for (int number = 0; number != count; ++number) operation(number);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    return {elapsed.count() * 1e6 / count, (cpu_seconds() - cpu) * 1e6 / count};
}

[[nodiscard]] inline double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

/// The medians of one contestant against another in rounds in which both run, one after the other and in turns first.
struct Comparison {
    Cost own;
    Cost bare;
    double speed = 0; ///< how many times as many operations per second as the bare one
    double cpu = 0;   ///< how many times its CPU time for each
};

using Contestant = std::function<Cost()>;

[[nodiscard]] inline Comparison compare(int rounds, const Contestant& own, const Contestant& bare) {
    std::vector<double> own_time, own_cpu, bare_time, bare_cpu, speed, cpu;
    static_cast<void>(own()); // to warm up
    static_cast<void>(bare());
    for (int round = 0; round != rounds; ++round) {
        Cost first = round % 2 == 0 ? own() : bare();
        Cost second = round % 2 == 0 ? bare() : own();
        if (round % 2 != 0) std::swap(first, second);
        own_time.push_back(first.time);
        own_cpu.push_back(first.cpu);
        bare_time.push_back(second.time);
        bare_cpu.push_back(second.cpu);
        speed.push_back(second.time / first.time);
        cpu.push_back(first.cpu / second.cpu);
    }
    return {{median(own_time), median(own_cpu)}, {median(bare_time), median(bare_cpu)}, median(speed), median(cpu)};
}

inline void print_head() {
    std::printf("%-34s %11s %11s %9s %11s %11s %9s\n", "", "Kennel us", "bare us", "speed", "CPU us", "bare CPU",
                "CPU ratio");
}

inline void print(const std::string& name, const Comparison& result) {
    std::printf("%-34s %11.2f %11.2f %8.2fx", name.c_str(), result.own.time, result.bare.time, result.speed);
    if (result.bare.cpu != 0) std::printf(" %11.2f %11.2f %8.2fx", result.own.cpu, result.bare.cpu, result.cpu);
    std::printf("\n");
    std::fflush(stdout);
}

} // namespace bench
