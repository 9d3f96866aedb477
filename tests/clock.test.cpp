#include "kennel/clock.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace {

using namespace std::chrono_literals;

} // namespace

TEST_CASE("adding a length of time to a moment never overflows") {
    const kennel::SteadyTime hour{1h};
    CHECK(kennel::later_by(hour, kennel::TimeSpan(1s)) == hour + 1s);
    CHECK(kennel::later_by(hour, kennel::unlimited) == kennel::SteadyTime::max());
    CHECK(kennel::later_by(kennel::SteadyTime::max(), kennel::TimeSpan(1ns)) == kennel::SteadyTime::max());
    CHECK(kennel::later_by(kennel::SteadyTime::min(), kennel::TimeSpan(1ns)) == kennel::SteadyTime::min() + 1ns);
    CHECK(kennel::later_by(kennel::SteadyTime{-1h}, kennel::unlimited) == kennel::SteadyTime::max() - 1h);
}

TEST_CASE("since a moment in the future no time has elapsed") {
    const kennel::SteadyTime hour{1h};
    CHECK(kennel::elapsed_since(hour, hour + 3s) == kennel::TimeSpan(3s));
    CHECK(kennel::elapsed_since(hour, hour) == kennel::TimeSpan());
    CHECK(kennel::elapsed_since(hour, hour - 1ns) == kennel::TimeSpan());
}

TEST_CASE("the coarse times are never ahead of the exact ones and lag at most as far as they say") {
    const kennel::SystemClock clock;
    for (int round = 0; round != 1'000; ++round) {
        const kennel::WallTime coarse = clock.coarse_wall_now();
        const kennel::SteadyTime coarse_steady = clock.coarse_steady_now();
        REQUIRE(coarse <= clock.wall_now());
        REQUIRE(coarse_steady <= clock.steady_now());
        const kennel::WallTime before = clock.wall_now();
        REQUIRE(before - clock.coarse_wall_now() <= clock.coarse_lag());
    }
}

TEST_CASE("a wait until a moment that has passed returns") {
    const kennel::SystemClock clock;
    std::condition_variable changed;
    std::mutex mutex;
    std::unique_lock lock(mutex);
    clock.wait_until(changed, lock, kennel::SteadyTime::min());
    clock.wait_until(changed, lock, clock.steady_now());
    CHECK(lock.owns_lock());
}

TEST_CASE("there is one shared system clock") {
    CHECK(kennel::SystemClock::shared() != nullptr);
    CHECK(kennel::SystemClock::shared() == kennel::SystemClock::shared());
}
