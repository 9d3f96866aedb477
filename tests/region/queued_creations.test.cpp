#include "kennel/kennel.hpp"

#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/locking_proxy.hpp"
#include "support/threads.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CacheRegion;
using kennel::CreateOptions;
using kennel::CreationJob;
using kennel::testing::ManualClock;

using Keys = std::vector<std::string>;
using Values = std::vector<int>;

const CreateOptions<int> nothing_old{.stale_time = 0s};

/// A region with values for the keys "a" to "d" that have expired, whose creations go to a runner.
struct World {
    explicit World(kennel::AsyncCreationRunner runner)
        : region({.async_creation_runner = std::move(runner), .clock = clock}) {
        region.configure("memory", {.expiration_time = 10s, .wrap = {std::make_shared<test::LockingProxy>(locks)}});
        expire();
    }

    void expire() {
        region.set_multi({{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}});
        clock->advance(11s);
    }

    [[nodiscard]] bool are_locks_free() const { return locks->acquired() == locks->released(); }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<test::Locks> locks = std::make_shared<test::Locks>(clock);
    CacheRegion<> region;
};

/// The same with a runner that queues and runs nothing by itself.
struct QueuingWorld : World {
    QueuingWorld() : World([this](CreationJob job) { jobs.push_back(std::move(job)); }) {}

    std::vector<CreationJob> jobs{};
};

/// A creator whose copies count together; it makes the number of calls so far and one more.
struct Counting {
    std::shared_ptr<std::atomic<int>> calls = std::make_shared<std::atomic<int>>(0);

    int operator()() const { return 1 + ++*calls; }
};

/// A creator that stops while it is copied for the background: its key's flight has a leader, and nothing is queued yet.
struct SlowToCopy {
    explicit SlowToCopy(std::shared_ptr<test::Stop> stop) : copying(std::move(stop)) {}
    SlowToCopy(const SlowToCopy& other) : copying(other.copying), counting(other.counting), fails(other.fails) {
        copying->halt();
        if (fails) throw std::runtime_error("cannot be copied");
    }
    SlowToCopy(SlowToCopy&&) = default;
    SlowToCopy& operator=(const SlowToCopy&) = delete;
    SlowToCopy& operator=(SlowToCopy&&) = delete;
    ~SlowToCopy() = default;

    int operator()() const { return counting(); }

    std::shared_ptr<test::Stop> copying;
    Counting counting{};
    bool fails = false;
};

} // namespace

TEST_CASE("a creator on a pool's only thread gets a value whose creation is queued behind it") {
    const kennel::ThreadPoolRunner runner(1);
    World world(runner);
    const auto& region = world.region;
    const auto creating = std::make_shared<test::Stop>();
    const Counting make_a;
    const Counting make_b;
    const bool asks_for_many = GENERATE(false, true);
    const bool has_limit = GENERATE(false, true); // which never comes, for the clock stands still
    CHECK(region.get_or_create("a", [=, &region] {
        creating->halt();
        CreateOptions<int> options = nothing_old;
        if (has_limit) options.lock_timeout = 5s;
        if (!asks_for_many) return 10 * make_a() + region.get_or_create("b", make_b, options);
        const Values many = region.get_or_create_multi(
            {"b", "c"}, [](const Keys& keys) { return Values(keys.size(), 7); }, options);
        return 10 * make_a() + many.front();
    }) == 1);
    creating->await_arrival();
    CHECK(region.get_or_create("b", make_b) == 1);
    creating->let_go();
    runner.wait_until_idle();
    CHECK(region.get<int>("a") == 22);
    CHECK(region.get<int>("b") == 2);
    CHECK(*make_a.calls == 1);
    CHECK(*make_b.calls == 1);
    CHECK(world.are_locks_free());
}

TEST_CASE("a creator on a pool's only thread gets a value whose creation is queued while it waits") {
    const kennel::ThreadPoolRunner runner(1);
    World world(runner);
    const auto& region = world.region;
    const SlowToCopy make_b(std::make_shared<test::Stop>());
    auto leader = test::on_another_thread([&] { return region.get_or_create("b", make_b); });
    make_b.copying->await_arrival();
    CHECK(region.get_or_create("a", [&region, make = make_b.counting] {
        return 10 + region.get_or_create("b", make, nothing_old);
    }) == 1);
    world.clock->await_waiters(1);
    make_b.copying->let_go();
    CHECK(leader.get() == 1);
    runner.wait_until_idle();
    CHECK(region.get<int>("a") == 12);
    CHECK(region.get<int>("b") == 2);
    CHECK(*make_b.counting.calls == 1);
    CHECK(world.are_locks_free());
}

TEST_CASE("all threads of a pool may need what is queued behind them") {
    const kennel::ThreadPoolRunner runner(2);
    World world(runner);
    const auto& region = world.region;
    const auto creating = std::make_shared<std::array<test::Stop, 2>>();
    const Counting make_c;
    const Counting make_d;
    (void)region.get_or_create("a", [&region, creating, make_c] {
        (*creating)[0].halt();
        return 10 + region.get_or_create("c", make_c, nothing_old);
    });
    (void)region.get_or_create("b", [&region, creating, make_c, make_d] {
        (*creating)[1].halt();
        return 100 + region.get_or_create("d", make_d, nothing_old) + region.get_or_create("c", make_c, nothing_old);
    });
    for (const test::Stop& stop : *creating) stop.await_arrival();
    CHECK(region.get_or_create("c", make_c) == 1);
    CHECK(region.get_or_create("d", make_d) == 1);
    for (test::Stop& stop : *creating) stop.let_go();
    runner.wait_until_idle();
    CHECK(region.get<int>("a") == 12);
    CHECK(region.get<int>("b") == 104);
    CHECK(*make_c.calls + *make_d.calls == 2);
    CHECK(world.are_locks_free());
}

TEST_CASE("a circle that leads through a queue is found, and nobody blocks") {
    const kennel::ThreadPoolRunner runner(1);
    World world(runner);
    const auto& region = world.region;
    const auto creating = std::make_shared<test::Stop>();
    const auto ask = [&region](const char* key) { return region.get_or_create(key, [] { return 3; }, nothing_old); };
    (void)region.get_or_create("a", [ask, creating] {
        creating->halt();
        return ask("b");
    });
    creating->await_arrival();
    (void)region.get_or_create("b", [ask] { return ask("a"); });
    creating->let_go();
    runner.wait_until_idle();
    CHECK(region.statistics().creation_failed == 2);
    CHECK_FALSE(region.key_is_locked("a"));
    CHECK_FALSE(region.key_is_locked("b"));
    CHECK(world.are_locks_free());
}

TEST_CASE("a value whose creation is queued is created by who needs it, and the runner has nothing left to do") {
    QueuingWorld world;
    const Counting make;
    CHECK(world.region.get_or_create("a", make) == 1);
    CHECK(world.region.get_or_create("a", [] { return 9; }) == 1);
    CHECK(world.region.get_or_create("a", [] { return 9; }, nothing_old) == 2);
    CHECK(world.are_locks_free());
    CHECK_FALSE(world.region.key_is_locked("a"));
    for (const CreationJob& job : world.jobs) job();
    CHECK(world.region.get<int>("a") == 2);
    CHECK(*make.calls == 1);
    const auto counts = world.region.statistics();
    CHECK(counts.created == 1);
    CHECK(counts.stale_hits == 2);
    CHECK(counts.joined == 1);
}

TEST_CASE("a caller with a lock_timeout leaves a queued creation to the runner, and does as it was told") {
    QueuingWorld world;
    const Counting make;
    CHECK(world.region.get_or_create("a", make) == 1);
    auto asking = test::on_another_thread(
        [&] { return world.region.get_or_create("a", [] { return 9; }, {.stale_time = 0s, .lock_timeout = 5s}); });
    world.clock->await_waiters(1);
    SECTION("it gets the value when the runner is in time") {
        world.jobs.front()();
        CHECK(asking.get() == 2);
    }
    SECTION("it gets an error when the runner is late") {
        world.clock->advance(5s);
        CHECK_THROWS_AS(asking.get(), kennel::CreationTimeout);
        CHECK(*make.calls == 0);
        world.jobs.front()();
    }
    CHECK(world.region.get<int>("a") == 2);
    CHECK(world.are_locks_free());
}

TEST_CASE("a queued creation is begun once, however many need its value and whatever the runner does") {
    for (int round = 0; round != 100; ++round) {
        QueuingWorld world;
        const Counting make;
        (void)world.region.get_or_create("a", make);
        std::atomic<int> wrong = 0;
        test::run_together(4, [&](std::size_t thread) {
            if (thread == 0) world.jobs.front()();
            else if (world.region.get_or_create("a", make, nothing_old) != 2) ++wrong;
        });
        const bool is_right = wrong == 0 && *make.calls == 1 && world.are_locks_free();
        if (!is_right) FAIL("in round " << round);
    }
}

TEST_CASE("what a queued creation throws reaches who has begun it, and the next caller tries again") {
    QueuingWorld world;
    CHECK(world.region.get_or_create("a", []() -> int { throw std::range_error("no luck"); }) == 1);
    CHECK_THROWS_AS(world.region.get_or_create("a", [] { return 2; }, nothing_old), std::range_error);
    CHECK(world.are_locks_free());
    CHECK(world.region.get_or_create("a", [] { return 3; }, nothing_old) == 3);
}

TEST_CASE("who needs a value of another type than the queued creation makes gets its own") {
    QueuingWorld world;
    CHECK(world.region.get_or_create("a", [] { return 2; }) == 1);
    CHECK(world.region.get_or_create("a", [] { return std::string("text"); }) == "text");
    CHECK(world.region.statistics().created == 2);
    CHECK(world.are_locks_free());
}

TEST_CASE("whoever waits for a creation that comes to nothing before it is queued takes it over") {
    QueuingWorld world;
    SlowToCopy make(std::make_shared<test::Stop>());
    make.fails = true;
    auto leader = test::on_another_thread([&] { return world.region.get_or_create("a", make); });
    make.copying->await_arrival();
    auto waiting = test::on_another_thread(
        [&] { return world.region.get_or_create("a", [] { return 3; }, nothing_old); });
    world.clock->await_waiters(1);
    make.copying->let_go();
    CHECK_THROWS_AS(leader.get(), std::runtime_error);
    CHECK(waiting.get() == 3);
    CHECK(world.are_locks_free());
}

TEST_CASE("a soft timeout without end does not make a pool wait for itself") {
    const kennel::ThreadPoolRunner runner(1);
    World world(runner);
    const auto& region = world.region;
    CHECK(region.get_or_create("a", [&region] {
        return 10 + region.get_or_create("b", [] { return 2; }, {.soft_timeout = kennel::unlimited});
    }) == 1);
    runner.wait_until_idle();
    CHECK(region.get<int>("a") == 12);
    CHECK(region.get<int>("b") == 2);
}

TEST_CASE("creators in a small pool may ask for one another's keys as they like, as long as there is no circle") {
    const kennel::ThreadPoolRunner runner(2);
    World world(runner);
    const Keys keys{"a", "b", "c", "d"};
    std::array<std::atomic<int>, 4> creating{};
    std::atomic<int> collisions = 0;
    std::atomic<int> wrong = 0;
    struct Asking {
        const CacheRegion<>& region;
        const Keys& keys;
        std::array<std::atomic<int>, 4>& creating;
        std::atomic<int>& collisions;
        std::size_t index;

        int operator()() const { // the value of the next key, which only the last creator does not need
            if (++creating[index] != 1) ++collisions;
            const int value = index + 1 == keys.size() ? 2 : region.get_or_create(keys[index + 1], next(), nothing_old);
            --creating[index];
            return value;
        }
        [[nodiscard]] Asking next() const { return {region, keys, creating, collisions, index + 1}; }
    };
    for (int round = 0; round != 30; ++round) {
        test::run_together(4, [&](std::size_t thread) {
            std::minstd_rand random(static_cast<unsigned>(4 * round) + static_cast<unsigned>(thread) + 1);
            for (int call = 0; call != 10; ++call) {
                const std::size_t index = random() % keys.size();
                const int value = world.region.get_or_create(keys[index],
                                                             Asking{world.region, keys, creating, collisions, index});
                if (value != 1 && value != 2) ++wrong;
            }
        });
        runner.wait_until_idle();
        world.expire();
    }
    CHECK(collisions == 0);
    CHECK(wrong == 0);
    CHECK(world.are_locks_free());
}
