#include "kennel/backends/redis/one_at_a_time.hpp"

#include "support/catch.hpp"
#include "support/threads.hpp"

#include <chrono>
#include <mutex>

using kennel::detail::OneAtATime;

TEST_CASE("only one thread works at a time, and the others give up at their deadline") {
    OneAtATime work;
    REQUIRE(work.try_lock());
    CHECK_FALSE(work.try_lock());
    CHECK_FALSE(work.try_lock_until(std::chrono::steady_clock::now()));
    CHECK_FALSE(work.try_lock_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(1)));
    work.unlock();
    CHECK(work.try_lock_until(kennel::at_once));
}

TEST_CASE("who waits to work is let in when the other one has done") {
    OneAtATime work;
    int count = 0;
    test::run_together(4, [&](std::size_t) {
        for (int round = 0; round != 100; ++round) {
            const std::lock_guard lock(work);
            ++count;
        }
    });
    CHECK(count == 400);
}
