// How long it takes until every one of many threads that wait for one creation has its value, against as many threads that
// wait on a bare condition variable.
//
//     ./dev bench waiters [threads [rounds]]

#include "support/targets.hpp"

#include <kennel/kennel.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <latch>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using Steady = std::chrono::steady_clock;

double milliseconds_since(Steady::time_point start) {
    return std::chrono::duration<double, std::milli>(Steady::now() - start).count();
}

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

/// From the broadcast to the moment when the last thread has left the wait.
double broadcast_ms(int count) {
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
    return milliseconds_since(begin);
}

struct Outcome {
    double milliseconds;
    int threads;
    int creations;
};

/// From the end of the creation to the moment when the last thread has its value.
Outcome flight_ms(int count) {
    kennel::CacheRegion<> region{{.name = "waiters"}};
    region.configure("memory", {.expiration_time = std::chrono::hours(1)});
    std::atomic<int> creations{0};
    std::atomic<int> asking{0};
    std::latch is_created(1);
    Steady::time_point begin;
    auto threads = start(count, [&] {
        ++asking;
        const int value = region.get_or_create("key", [&] {
            ++creations;
            is_created.wait();
            begin = Steady::now();
            return 42;
        });
        if (value != 42) std::abort();
    });
    while (asking != static_cast<int>(threads.size())) std::this_thread::yield();
    settle();
    is_created.count_down();
    for (std::thread& thread : threads) thread.join();
    return {milliseconds_since(begin), static_cast<int>(threads.size()), creations};
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

} // namespace

int main(int argc, char** argv) {
    const int count = argc > 1 ? std::atoi(argv[1]) : 10'000;
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 7;
    if (count < 1 || rounds < 1) {
        std::fprintf(stderr, "usage: waiters [threads [rounds]], both above zero\n");
        return 2;
    }
    std::vector<double> broadcasts;
    std::vector<double> flights;
    int most_creations = 0;
    int threads = count;
    for (int round = 0; round != rounds; ++round) {
        broadcasts.push_back(broadcast_ms(count));
        const Outcome outcome = flight_ms(count);
        flights.push_back(outcome.milliseconds);
        most_creations = std::max(most_creations, outcome.creations);
        threads = std::min(threads, outcome.threads);
        std::fprintf(stderr, "round %d of %d\r", round + 1, rounds);
    }
    std::printf("%-34s %10s\n", "all of the threads released in", "median ms");
    std::printf("%-34s %10.2f\n", "bare condition variable", median(broadcasts));
    std::printf("%-34s %10.2f\n", "get_or_create", median(flights));
    std::printf("threads: %d, most creations in one round: %d\n", threads, most_creations);
    bench::print_target("waiters_released_to_broadcast", median(flights) / median(broadcasts), 2.0);
    bench::print_target("waiters_creations", most_creations, 1.0);
    return threads >= 2000 || threads == count ? 0 : 1;
}
