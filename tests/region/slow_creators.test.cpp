// Creators that hang, and creators that take longer than their values are fresh.

#include "kennel/kennel.hpp"

#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/halted_creation.hpp"
#include "support/threads.hpp"

#include <future>
#include <memory>
#include <optional>
#include <utility>

namespace {

using namespace std::chrono_literals;
using kennel::CacheRegion;
using kennel::OnLockTimeout;
using kennel::testing::ManualClock;

/// A region with an old value under "key", which may be served for 19 seconds more.
struct World {
    explicit World(kennel::AsyncCreationRunner runner = {})
        : region({.async_creation_runner = std::move(runner), .clock = clock}) {
        region.configure("memory", {.expiration_time = 10s, .stale_time = 20s, .lock_timeout = 5s});
        region.set("key", 1);
        clock->advance(11s);
    }

    [[nodiscard]] auto ask(OnLockTimeout on_lock_timeout) const {
        auto asking = test::on_another_thread(
            [=, this] { return region.get_or_create("key", [] { return 3; }, {.on_lock_timeout = on_lock_timeout}); });
        clock->await_waiters(1);
        clock->advance(5s);
        return asking.get();
    }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    CacheRegion<> region;
};

/// Somebody else hangs in the creation of "key".
void check_that_a_hanging_creation_keeps_nothing_alive(const World& world) {
    CHECK(world.region.get_or_create("key", [] { return 3; }) == 1);
    world.clock->advance(18s);
    CHECK(world.region.get_or_create("key", [] { return 3; }) == 1);
    world.clock->advance(1001ms);
    CHECK_THROWS_AS(world.ask(OnLockTimeout::throw_error), kennel::CreationTimeout);
    CHECK_FALSE(world.region.actual_backend()->get("key"));
    CHECK(world.ask(OnLockTimeout::create_alone) == 3);
    CHECK(world.region.get_or_create("key", [] { return 4; }) == 3);
}

} // namespace

TEST_CASE("a creation in place that hangs does not keep the old value alive", "[H6]") {
    const World world;
    test::HaltedCreation hanging(world.region, "key", 2);
    check_that_a_hanging_creation_keeps_nothing_alive(world);
    CHECK(hanging.finish() == 2);
    CHECK(world.region.get<int>("key") == 2);
}

TEST_CASE("a creation in the background that hangs does not keep the old value alive", "[H6]") {
    std::future<void> running;
    const World world([&](const kennel::CreationJob& job) { running = test::on_another_thread(job); });
    const auto hanging = std::make_shared<test::Stop>();
    CHECK(world.region.get_or_create("key", [hanging] { return hanging->halt(), 2; }) == 1);
    hanging->await_arrival();
    check_that_a_hanging_creation_keeps_nothing_alive(world);
    hanging->let_go();
    running.get();
    CHECK(world.region.get<int>("key") == 2);
}

TEST_CASE("a value whose creation takes longer than it is fresh is stored, and fresh from then on", "[H6]") {
    const World world;
    CHECK(world.region.get_or_create("key", [&] {
        world.clock->advance(25s);
        return 2;
    }) == 2);
    world.clock->advance(10s);
    CHECK(world.region.get<int>("key") == 2);
    world.clock->advance(1ms);
    CHECK_FALSE(world.region.get<int>("key"));
}

TEST_CASE("values that are created in the background more slowly than they expire arrive one after the other", "[H6]") {
    std::optional<kennel::CreationJob> job;
    const World world([&](kennel::CreationJob given) { job = std::move(given); });
    for (int round = 1; round != 5; ++round) {
        CHECK(world.region.get_or_create("key", [&world, round] {
            world.clock->advance(15s);
            return round + 1;
        }) == round);
        CHECK(world.region.get_or_create("key", [] { return 100; }) == round);
        (*job)();
        CHECK(world.region.get<int>("key") == round + 1);
        world.clock->advance(11s);
    }
    CHECK(world.region.statistics().created == 4);
    job.reset();
}
