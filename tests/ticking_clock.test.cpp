#include "kennel/ticking_clock.hpp"

#include "kennel/backends/memory.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using kennel::TickingClock;

} // namespace

TEST_CASE("the noted times are never ahead of the exact ones and go on", "[clock]") {
    const TickingClock clock(100us);
    const kennel::WallTime wall = clock.coarse_wall_now();
    const kennel::SteadyTime steady = clock.coarse_steady_now();
    while (clock.coarse_wall_now() == wall || clock.coarse_steady_now() == steady) std::this_thread::yield();
    for (int round = 0; round != 1'000; ++round) {
        const kennel::WallTime coarse = clock.coarse_wall_now();
        const kennel::SteadyTime coarse_steady = clock.coarse_steady_now();
        REQUIRE(coarse <= clock.wall_now());
        REQUIRE(coarse_steady <= clock.steady_now());
    }
}

TEST_CASE("the steady time stands in memory", "[clock]") {
    const TickingClock clock;
    const std::atomic<std::int64_t>* const word = clock.coarse_steady_word();
    REQUIRE(word != nullptr);
    const std::int64_t before = *word;
    const kennel::SteadyTime now = clock.coarse_steady_now();
    CHECK(before <= now.time_since_epoch().count());
    CHECK(kennel::SystemClock().coarse_steady_word() == nullptr);
}

TEST_CASE("a clock that ticks says how far it lags behind", "[clock]") {
    CHECK(TickingClock(5ms).coarse_lag() == kennel::SystemClock().coarse_lag() + 10ms);
}

TEST_CASE("a clock that would tick without a pause is refused", "[clock]") {
    CHECK_THROWS_AS(TickingClock(0s), kennel::ValidationError);
}

TEST_CASE("a child process, in which nothing ticks, asks the system for the time", "[clock]") {
    auto clock = std::make_unique<TickingClock>();
    const pid_t child = fork();
    if (child == 0) {
        const kennel::SteadyTime before = clock->coarse_steady_now();
        while (clock->coarse_steady_now() == before) std::this_thread::yield();
        const bool asks = *clock->coarse_steady_word() == 0 && clock->coarse_steady_now() <= clock->steady_now();
        clock.reset(); // waits for nobody
        _exit(asks ? 0 : 1);
    }
    REQUIRE(child > 0);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("entries of a memory backend expire by a clock that ticks", "[clock][memory]") {
    const auto clock = std::make_shared<TickingClock>();
    kennel::MemoryBackend backend({.time_to_live = 2ms}, clock);
    backend.set("key", {kennel::Payload::object(1), {}});
    while (backend.get("key")) std::this_thread::yield();
    CHECK_FALSE(backend.get("key").has_value());
}
