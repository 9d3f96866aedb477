// How long it takes until every one of many threads that wait for one creation has its value, against as many threads
// that wait on a bare condition variable.
//
//     ./dev bench waiters [threads [rounds]] [--benchmark_out=FILE and other options of Google Benchmark]
//
// It ends with an error unless each round has one creation, which all threads but one have waited for and got.

#include "support/targets.hpp"

#include <kennel/kennel.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) { return std::chrono::duration<double>(Steady::now() - start).count(); }

/// Starts `count` threads, or as many as the machine carries.
std::vector<std::thread> start(int count, const std::function<void()>& work) {
    std::vector<std::thread> threads;
    try {
        for (int number = 0; number != count; ++number) threads.emplace_back(work);
    } catch (const std::system_error&) {
    }
    return threads;
}

void settle() {
    std::this_thread::sleep_for(std::chrono::milliseconds(200)); // until the last of them is asleep
}

/// The machine's clock, which counts who begins to wait on it.
class CountingClock final : public kennel::Clock {
public:
    [[nodiscard]] kennel::WallTime wall_now() const override { return clock_.wall_now(); }
    [[nodiscard]] kennel::SteadyTime steady_now() const override { return clock_.steady_now(); }
    void wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                    kennel::SteadyTime deadline) const override {
        ++waiting_;
        clock_.wait_until(changed, lock, deadline);
    }
    [[nodiscard]] int waiting() const { return waiting_; }

private:
    kennel::SystemClock clock_;
    mutable std::atomic<int> waiting_{0};
};

struct Round {
    double seconds = 0;
    int threads = 0;
    int creations = 0;
    std::uint64_t joined = 0;
};

/// From the broadcast to the moment when the last thread has left the wait.
Round broadcast(int count) {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_open = false;
    std::atomic<int> waiting{0};
    auto threads = start(count, [&] {
        std::unique_lock lock(mutex);
        ++waiting;
        changed.wait(lock, [&] { return is_open; });
    });
    while (waiting != static_cast<int>(threads.size())) std::this_thread::yield();
    settle();
    const auto begin = Steady::now();
    {
        const std::lock_guard lock(mutex);
        is_open = true;
    }
    changed.notify_all();
    for (std::thread& thread : threads) thread.join();
    return {.seconds = seconds_since(begin), .threads = static_cast<int>(threads.size())};
}

/// From the end of the creation to the moment when the last thread has its value.
Round flight(int count) {
    const auto clock = std::make_shared<CountingClock>();
    kennel::CacheRegion<> region{{.name = "waiters", .clock = clock}};
    region.configure("memory", {.expiration_time = std::chrono::hours(1)});
    std::atomic<int> creations{0};
    std::latch is_created(1);
    Steady::time_point begin;
    auto threads = start(count, [&] {
        const int value = region.get_or_create("key", [&] {
            ++creations;
            is_created.wait();
            begin = Steady::now();
            return 42;
        });
        if (value != 42) std::abort();
    });
    while (clock->waiting() < static_cast<int>(threads.size()) - 1) std::this_thread::yield();
    settle();
    is_created.count_down();
    for (std::thread& thread : threads) thread.join();
    return {seconds_since(begin), static_cast<int>(threads.size()), creations, region.statistics().joined};
}

/// What all rounds have come to.
struct Outcome {
    int fewest_threads;
    int most_creations = 0;
    bool is_right = true;
};

void report(benchmark::State& state, const Round& round) {
    state.SetIterationTime(round.seconds);
    state.counters["callers"] = round.threads;
}

void report_flight(benchmark::State& state, const Round& round, Outcome& outcome) {
    report(state, round);
    state.counters["creations"] = round.creations;
    state.counters["joined"] = static_cast<double>(round.joined);
    outcome.fewest_threads = std::min(outcome.fewest_threads, round.threads);
    outcome.most_creations = std::max(outcome.most_creations, round.creations);
    if (round.creations == 1 && round.joined == static_cast<std::uint64_t>(round.threads - 1)) return;
    outcome.is_right = false;
    std::fprintf(stderr, "error: %d threads ran %d creators, and %llu of them got the value of another one's\n",
                 round.threads, round.creations, static_cast<unsigned long long>(round.joined));
}

/// Takes a number above zero off the front of the arguments.
int take_number(int& argc, char** argv, int otherwise) {
    if (argc < 2 || argv[1][0] == '-') return otherwise;
    const int number = std::atoi(argv[1]);
    if (number < 1) {
        std::fprintf(stderr, "usage: waiters [threads [rounds]] [options], both above zero\n");
        std::exit(2);
    }
    std::rotate(argv + 1, argv + 2, argv + argc);
    --argc;
    return number;
}

benchmark::internal::Benchmark* once(benchmark::internal::Benchmark* benchmark) {
    return benchmark->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
}

} // namespace

int main(int argc, char** argv) {
    const int count = take_number(argc, argv, 10'000);
    std::string rounds = "--benchmark_repetitions=" + std::to_string(take_number(argc, argv, 7));
    std::vector<char*> arguments(argv, argv + argc);
    arguments.insert(arguments.begin() + 1, rounds.data());

    Outcome outcome{.fewest_threads = count};
    once(benchmark::RegisterBenchmark("condition_variable", [&](benchmark::State& state) {
        for (auto _ : state) report(state, broadcast(count));
    }));
    once(benchmark::RegisterBenchmark("get_or_create", [&](benchmark::State& state) {
        for (auto _ : state) report_flight(state, flight(count), outcome);
    }));
    bench::RememberingReporter reporter;
    bench::run(static_cast<int>(arguments.size()), arguments.data(), reporter);

    const double bare = reporter.median("condition_variable/iterations:1/manual_time");
    const double created = reporter.median("get_or_create/iterations:1/manual_time");
    std::printf("threads: %d, most creations in one round: %d\n", outcome.fewest_threads, outcome.most_creations);
    bench::print_target("waiters_released_to_broadcast", bare > 0 ? created / bare : 0, 2.0);
    bench::print_target("waiters_creations", outcome.most_creations, 1.0);
    const bool is_crowd = outcome.fewest_threads >= 2000 || outcome.fewest_threads == count;
    return outcome.is_right && is_crowd ? 0 : 1;
}
