#pragma once

#include "requests.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <span>
#include <thread>
#include <vector>

namespace bench {

using Steady = std::chrono::steady_clock;

/// Lets the compiler believe that `value` is read. (With the similar function of Google Benchmark, GCC 12 has been
/// seen to lose what is written to a small class between two calls.)
template <class Type>
[[gnu::always_inline]] inline void keep(const Type& value) {
    asm volatile("" : : "m"(value) : "memory");
}

/// What one thread, or all threads of a measurement together, have done.
struct Tally {
    std::uint64_t operations = 0;
    std::uint64_t hits = 0;
    std::uint64_t wrong = 0;   ///< values of other keys
    double nanoseconds = 0;    ///< by the clock, of all threads
    std::uint64_t batches = 0; ///< of the thread that took most, with those of the warm-up

    /// The time of one operation on its thread: the same on many threads as on one if none of them hinders another.
    [[nodiscard]] double nanoseconds_each() const noexcept { return nanoseconds / static_cast<double>(operations); }

    void add(const Tally& other) noexcept {
        operations += other.operations;
        hits += other.hits;
        wrong += other.wrong;
        nanoseconds += other.nanoseconds;
        batches = std::max(batches, other.batches);
    }
};

/// Calls `step` with one request after the other, from that batch on and over again, until `length` has passed.
///
/// `step` leaves the value in its second argument and says whether it was there.
template <class Value, class Step>
[[nodiscard]] Tally repeat(std::span<const Request> requests, std::size_t batch, Steady::duration length,
                           const Step& step) {
    const std::size_t batch_count = requests.size() / batch_size;
    std::uint64_t hits = 0;
    std::uint64_t wrong = 0;
    Value value{};
    Tally tally;
    const Steady::time_point begin = Steady::now();
    Steady::time_point now = begin;
    do {
        for (const Request& request : requests.subspan(batch++ % batch_count * batch_size, batch_size)) {
            const bool found = step(request, value);
            keep(value);
            hits += std::uint64_t{found};
            wrong += std::uint64_t{found && !value.belongs_to(request.number)};
        }
        ++tally.batches;
        now = Steady::now();
    } while (now - begin < length);
    tally.operations = tally.batches * batch_size;
    tally.hits = hits;
    tally.wrong = wrong;
    tally.nanoseconds = std::chrono::duration<double, std::nano>(now - begin).count();
    return tally;
}

/// How long a measurement takes on each thread.
struct Window {
    Steady::duration warm_up;
    Steady::duration length;
};

/// The same on many threads at once, each from another place on; what is done while the caches warm up does not count.
/// One thread is not the only one either, for then the C library would leave out its locks.
template <class Value, class Step>
[[nodiscard]] Tally repeat_together(int thread_count, std::span<const Request> requests, std::size_t batch,
                                    Window window, const Step& step) {
    const auto count = static_cast<std::size_t>(thread_count);
    const std::size_t distance = requests.size() / batch_size / count;
    std::vector<Tally> tallies(count);
    std::latch start(thread_count);
    std::vector<std::thread> threads;
    for (std::size_t number = 0; number != count; ++number)
        threads.emplace_back([&, number] {
            start.arrive_and_wait();
            const std::size_t first = batch + number * distance;
            const Tally before = repeat<Value>(requests, first, window.warm_up, step);
            tallies[number] = repeat<Value>(requests, first + before.batches, window.length, step);
            tallies[number].wrong += before.wrong;
            tallies[number].batches += before.batches;
        });
    for (std::thread& thread : threads) thread.join();
    Tally total;
    for (const Tally& tally : tallies) total.add(tally);
    return total;
}

} // namespace bench
