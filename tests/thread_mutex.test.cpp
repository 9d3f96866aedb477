#include "kennel/thread_mutex.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <latch>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

/// A clock on which every wait with a deadline is over at once and has taken until then.
class SkippingClock final : public kennel::Clock {
public:
    [[nodiscard]] kennel::WallTime wall_now() const override { return {}; }
    [[nodiscard]] kennel::SteadyTime steady_now() const override { return now_; }
    void wait_until(std::condition_variable& /*changed*/, std::unique_lock<std::mutex>& /*lock*/,
                    kennel::SteadyTime deadline) const override {
        ++waits;
        now_ = deadline;
    }

    mutable int waits = 0;

private:
    mutable kennel::SteadyTime now_{1h};
};

} // namespace

TEST_CASE("a thread mutex is held by one at a time") {
    kennel::ThreadMutex mutex;
    CHECK_FALSE(mutex.locked());
    CHECK(mutex.try_acquire());
    CHECK(mutex.locked());
    CHECK_FALSE(mutex.try_acquire());
    mutex.release();
    CHECK_FALSE(mutex.locked());
    CHECK(mutex.acquire());
    mutex.release();
}

TEST_CASE("releasing a thread mutex that nobody holds does nothing") {
    kennel::ThreadMutex mutex;
    mutex.release();
    CHECK_FALSE(mutex.locked());
    CHECK(mutex.try_acquire());
    CHECK_FALSE(mutex.try_acquire());
}

TEST_CASE("who waits for a thread mutex gives up at the deadline, on the clock that was injected") {
    const auto clock = std::make_shared<SkippingClock>();
    kennel::ThreadMutex mutex(clock);
    const kennel::SteadyTime start = clock->steady_now();
    REQUIRE(mutex.try_acquire());
    CHECK_FALSE(mutex.acquire(start + 5s));
    CHECK(clock->steady_now() == start + 5s);
    CHECK(clock->waits == 1);
    CHECK_FALSE(mutex.acquire(start));
    CHECK(clock->waits == 1);
    mutex.release();
    CHECK(mutex.acquire(start));
}

TEST_CASE("a thread mutex may be released on another thread, and a waiting one gets it") {
    kennel::ThreadMutex mutex;
    REQUIRE(mutex.acquire());
    std::latch waiting(1);
    bool waiter_got_it = false;
    std::thread waiter([&] {
        waiting.count_down();
        waiter_got_it = mutex.acquire();
    });
    waiting.wait();
    std::thread([&] { mutex.release(); }).join();
    waiter.join();
    CHECK(waiter_got_it);
    CHECK(mutex.locked());
}

TEST_CASE("no wake-up of a thread mutex gets lost among many threads") {
    constexpr std::size_t thread_count = 8;
    constexpr int rounds = 2'000;
    kennel::ThreadMutex mutex;
    int unprotected_count = 0;
    std::latch start(thread_count);
    std::vector<std::thread> threads;
    for (std::size_t index = 0; index != thread_count; ++index)
        threads.emplace_back([&] {
            start.arrive_and_wait();
            for (int round = 0; round != rounds; ++round) {
                if (!mutex.acquire()) continue;
                ++unprotected_count;
                mutex.release();
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(unprotected_count == static_cast<int>(thread_count) * rounds);
}
