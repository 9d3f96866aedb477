#include "kennel/thread_pool_runner.hpp"

#include "support/catch.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using kennel::CreationJob;
using kennel::ThreadPoolRunner;

CreationJob job(std::function<void()> work) {
    return CreationJob("key", std::make_shared<std::function<void()>>(std::move(work)));
}

} // namespace

TEST_CASE("a pool without threads or room is refused") {
    CHECK_THROWS_AS(ThreadPoolRunner(0), kennel::ValidationError);
    CHECK_THROWS_AS(ThreadPoolRunner(1, 0), kennel::ValidationError);
}

TEST_CASE("a pool runs every creation once, on other threads") {
    const ThreadPoolRunner runner(2);
    std::atomic<int> ran = 0;
    std::atomic<int> ran_here = 0;
    const auto here = std::this_thread::get_id();
    for (int round = 0; round != 100; ++round)
        runner(job([&] {
            ++ran;
            if (std::this_thread::get_id() == here) ++ran_here;
        }));
    runner.wait_until_idle();
    CHECK(ran == 100);
    CHECK(ran_here == 0);
}

TEST_CASE("a pool never has more threads at work than it may") {
    const ThreadPoolRunner runner(3);
    std::latch three_at_work(3);
    std::atomic<int> at_work = 0;
    std::atomic<int> most = 0;
    for (int round = 0; round != 30; ++round)
        runner(job([&, round] {
            const int now = ++at_work;
            int before = most;
            while (before < now && !most.compare_exchange_weak(before, now)) {
            }
            if (round < 3) three_at_work.arrive_and_wait();
            --at_work;
        }));
    runner.wait_until_idle();
    CHECK(most == 3);
}

TEST_CASE("a pool that has nothing left to do ends, and finishes what is queued before") {
    std::atomic<int> ran = 0;
    test::Stop first;
    auto runner = std::make_optional<ThreadPoolRunner>(1);
    (*runner)(job([&] {
        first.halt();
        ++ran;
    }));
    for (int round = 0; round != 10; ++round) (*runner)(job([&] { ++ran; }));
    first.await_arrival();
    first.let_go();
    runner.reset();
    CHECK(ran == 11);
}

TEST_CASE("a pool lives as long as its last copy") {
    std::atomic<int> ran = 0;
    auto runner = std::make_optional<ThreadPoolRunner>(1);
    auto copy = std::make_optional(*runner);
    runner.reset();
    (*copy)(job([&] { ++ran; }));
    copy.reset();
    CHECK(ran == 1);
}

TEST_CASE("a full queue refuses, and has room again once a thread has taken a creation out") {
    const ThreadPoolRunner runner(1, 2);
    std::atomic<int> ran = 0;
    test::Stop first;
    runner(job([&] { first.halt(); }));
    first.await_arrival();
    runner(job([&] { ++ran; }));
    runner(job([&] { ++ran; }));
    CHECK_THROWS_AS(runner(job([&] { ++ran; })), kennel::CreationRefused);
    first.let_go();
    runner.wait_until_idle();
    CHECK(ran == 2);
    runner(job([&] { ++ran; }));
    runner.wait_until_idle();
    CHECK(ran == 3);
}

TEST_CASE("a refused creation is not kept") {
    const ThreadPoolRunner runner(1, 1);
    test::Stop first;
    runner(job([&] { first.halt(); }));
    first.await_arrival();
    runner(job([] {}));
    const auto held = std::make_shared<int>(1);
    CHECK_THROWS_AS(runner(job([held] {})), kennel::CreationRefused);
    CHECK(held.use_count() == 1);
    first.let_go();
}

TEST_CASE("a creation is let go as soon as it has run") {
    const ThreadPoolRunner runner(1);
    const auto held = std::make_shared<int>(1);
    runner(job([held] {}));
    runner.wait_until_idle();
    CHECK(held.use_count() == 1);
}

TEST_CASE("the last copy of a pool may go inside a creation that it runs") {
    for (int round = 0; round != 50; ++round) {
        const auto done = std::make_shared<test::Gate>();
        {
            auto owner = std::make_shared<std::optional<ThreadPoolRunner>>(std::in_place, 2U);
            const auto all_queued = std::make_shared<test::Gate>();
            (**owner)(job([owner, done, all_queued] {
                all_queued->pass();
                owner->reset();
                done->open();
            }));
            all_queued->open();
        }
        done->pass();
    }
}

TEST_CASE("threads give a pool work at the same time and none is lost") {
    std::atomic<int> ran = 0;
    {
        const ThreadPoolRunner runner(3, 100'000);
        test::run_together(4, [&](std::size_t) {
            for (int round = 0; round != 1000; ++round) runner(job([&] { ++ran; }));
        });
    }
    CHECK(ran == 4000);
}
