#include "kennel/kennel.hpp"

#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/locking_proxy.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CacheRegion;
using kennel::CreationJob;
using kennel::Invalidation;
using kennel::testing::ManualClock;

/// A region with a value under "key" that has expired, whose creations go to a runner.
struct World {
    explicit World(kennel::AsyncCreationRunner runner)
        : region({.async_creation_runner = std::move(runner), .clock = clock}) {
        region.configure("memory", {.expiration_time = 10s, .wrap = {std::make_shared<test::LockingProxy>(locks)}});
        region.set("key", 1);
        clock->advance(11s);
    }

    [[nodiscard]] bool are_locks_free() const { return locks->acquired() == locks->released(); }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<test::Locks> locks = std::make_shared<test::Locks>(clock);
    CacheRegion<> region;
};

struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

int two() { return 2; }

} // namespace

TEST_CASE("the first value is created in place, the next one by the runner, which gets the caller's key",
          "[dogpile-79]") {
    std::vector<CreationJob> jobs;
    World world([&](CreationJob job) { jobs.push_back(std::move(job)); });
    CHECK(world.region.get_or_create("new key", [] { return 5; }) == 5);
    CHECK(jobs.empty());
    CHECK(world.region.get_or_create("key", [] { return 2; }) == 1);
    REQUIRE(jobs.size() == 1);
    CHECK(jobs.front().key() == "key");
    CHECK(world.region.key_is_locked("key"));
    CHECK(world.region.get_or_create("key", [] { return 3; }) == 1);
    CHECK(jobs.size() == 1);
    jobs.front()();
    CHECK(world.region.get_or_create("key", [] { return 4; }) == 2);
    CHECK_FALSE(world.region.key_is_locked("key"));
    CHECK(world.are_locks_free());
}

TEST_CASE("a wrapped function's creation goes to the runner with its arguments, also after a soft invalidation",
          "[dogpile-80]") {
    std::vector<CreationJob> jobs;
    World world([&](CreationJob job) { jobs.push_back(std::move(job)); });
    int calls = 0;
    auto join = world.region.cache_on_arguments(
        "join", [&](const std::string& left, int right) { return left + std::to_string(right + 0 * ++calls); });
    {
        const std::string argument = "an argument that is too long to be kept in place ";
        CHECK(join(argument, 5) == argument + "5");
        world.region.invalidate(Invalidation::soft);
        CHECK(join(argument, 5) == argument + "5");
    }
    REQUIRE(jobs.size() == 1);
    CHECK(calls == 1);
    jobs.front()();
    CHECK(calls == 2);
    CHECK(join("an argument that is too long to be kept in place ", 5) ==
          "an argument that is too long to be kept in place 5");
    CHECK(calls == 2);
}

TEST_CASE("a hard-invalidated value is not served, so it is created in place") {
    int jobs = 0;
    World world([&](const CreationJob&) { ++jobs; });
    world.region.invalidate(Invalidation::hard);
    CHECK(world.region.get_or_create("key", [] { return 2; }) == 2);
    CHECK(jobs == 0);
}

TEST_CASE("a runner may run the creation at once, in the caller's thread", "[dogpile-81]") {
    World world([](const CreationJob& job) { job(); });
    CHECK(world.region.get_or_create("key", [] { return 2; }) == 1);
    CHECK(world.region.get<int>("key") == 2);
    CHECK(world.are_locks_free());
}

TEST_CASE("the lock of the backend is given back by another thread than the one that took it", "[H3][dogpile-82]") {
    std::optional<CreationJob> job;
    World world([&](CreationJob given) { job = std::move(given); });
    CHECK(world.region.get_or_create("key", [] { return 2; }) == 1);
    CHECK(world.locks->mutex("key")->locked());
    std::jthread([&] { (*job)(); }).join();
    CHECK_FALSE(world.locks->mutex("key")->locked());
    CHECK(world.region.get<int>("key") == 2);
}

TEST_CASE("the creation is done in place when the runner throws", "[background]") {
    World world([](const CreationJob&) { throw std::runtime_error("no room"); });
    CHECK(world.region.get_or_create("key", [] { return 2; }) == 2);
    CHECK(world.region.statistics().runner_refused == 1);
    CHECK(world.are_locks_free());
}

TEST_CASE("a runner that throws after it has run the creation does not cause a second one") {
    World world([](const CreationJob& job) {
        job();
        throw std::runtime_error("too late");
    });
    int created = 0;
    CHECK(world.region.get_or_create("key", [&] { return 1 + ++created; }) == 1);
    CHECK(world.region.get<int>("key") == 2);
    CHECK(created == 1); // the copy's count begins at the caller's, so a second run would show here
    CHECK(world.region.statistics().created == 1);
}

TEST_CASE("a creation whose runner has dropped it is given up, and the next caller tries again") {
    bool drops = true;
    World world([&](const CreationJob& job) {
        if (!drops) job();
    });
    CHECK(world.region.get_or_create("key", [] { return 2; }) == 1);
    CHECK_FALSE(world.region.key_is_locked("key"));
    CHECK(world.are_locks_free());
    drops = false;
    CHECK(world.region.get_or_create("key", [] { return 3; }) == 1);
    CHECK(world.region.get<int>("key") == 3);
}

TEST_CASE("a creation that the runner runs twice runs once") {
    World world([](const CreationJob& job) {
        const CreationJob copy = job; // NOLINT(*-unnecessary-copy-*): that is what is tested
        test::run_together(2, [&](std::size_t) { copy(); });
        job();
    });
    auto created = std::make_shared<std::atomic<int>>(0);
    CHECK(world.region.get_or_create("key", [created] { return 1 + ++*created; }) == 1);
    CHECK(*created == 1);
    CHECK(world.region.get<int>("key") == 2);
}

TEST_CASE("a creation may outlive the last handle of its region") {
    std::optional<CreationJob> job;
    const auto created = std::make_shared<std::atomic<int>>(0);
    std::weak_ptr<kennel::CacheBackend> backend;
    {
        World world([&](CreationJob given) { job = std::move(given); });
        backend = world.region.backend();
        CHECK(world.region.get_or_create("key", [created] { return ++*created; }) == 1);
    }
    REQUIRE(job);
    SECTION("and run then") {
        (*job)();
        CHECK(*created == 1);
    }
    SECTION("and be dropped then") {}
    job.reset();
    CHECK(backend.expired());
}

TEST_CASE("a creator in the background that throws leaves the old value, and the next caller tries again") {
    std::optional<CreationJob> job;
    World world([&](CreationJob given) { job = std::move(given); });
    CHECK(world.region.get_or_create("key", []() -> int { throw Broken("no luck"); }) == 1);
    (*job)();
    CHECK(world.region.statistics().creation_failed == 1);
    CHECK(world.are_locks_free());
    CHECK(world.region.get_or_create("key", [] { return 3; }) == 1);
    (*job)();
    CHECK(world.region.get<int>("key") == 3);
}

TEST_CASE("the filter and the creation decide about storing in the background, too") {
    std::optional<CreationJob> job;
    World world([&](CreationJob given) { job = std::move(given); });
    SECTION("should_cache_fn") {
        CHECK(world.region.get_or_create("key", [] { return 2; }, {.should_cache_fn = [](int) { return false; }}) == 1);
    }
    SECTION("do_not_store") {
        CHECK(world.region.get_or_create("key", [](kennel::Creation& creation) {
            creation.do_not_store();
            return *creation.previous<int>() + 1;
        }) == 1);
    }
    (*job)();
    CHECK(world.region.statistics().not_stored == 1);
    CHECK(world.region.get<int>("key", {.ignore_expiration = true}) == 1);
}

TEST_CASE("a creator in the background that asks for its own key gets an error, and nobody blocks") {
    std::optional<CreationJob> job;
    World world([&](CreationJob given) { job = std::move(given); });
    const CacheRegion<>& region = world.region;
    CHECK(region.get_or_create("key", [&region] { return region.get_or_create("key", [] { return 3; }); }) == 1);
    (*job)();
    CHECK(region.statistics().creation_failed == 1);
    CHECK_FALSE(region.key_is_locked("key"));
    job.reset();
}

TEST_CASE("a creator that can only be moved is run in place") {
    int jobs = 0;
    World world([&](const CreationJob&) { ++jobs; });
    CHECK(world.region.get_or_create("key", [number = std::make_unique<int>(2)] { return *number; }) == 2);
    CHECK(jobs == 0);
}

TEST_CASE("a free function goes to the runner like every other creator") {
    std::optional<CreationJob> job;
    World world([&](CreationJob given) { job = std::move(given); });
    CHECK(world.region.get_or_create("key", two) == 1);
    REQUIRE(job);
    (*job)();
    CHECK(world.region.get<int>("key") == 2);
}

TEST_CASE("the creation is done in place when the queue of a pool is full") {
    kennel::ThreadPoolRunner runner(1, 1);
    World world(runner);
    world.region.set_multi<int>({{"first", 1}, {"second", 1}, {"third", 1}});
    world.clock->advance(11s);
    const auto creating = std::make_shared<test::Stop>();
    CHECK(world.region.get_or_create("first", [creating] { return creating->halt(), 2; }) == 1);
    creating->await_arrival();
    CHECK(world.region.get_or_create("second", two) == 1);
    CHECK(world.region.get_or_create("third", two) == 2);
    CHECK(world.region.statistics().runner_refused == 1);
    creating->let_go();
    runner.wait_until_idle();
    CHECK(world.region.get<int>("first") == 2);
    CHECK(world.region.get<int>("second") == 2);
}

TEST_CASE("with a soft timeout the caller takes the old value once it has passed, and the new one is there later") {
    World world({});
    const auto creating = std::make_shared<test::Stop>();
    auto asking = test::on_another_thread([&] {
        return world.region.get_or_create("key",
                                          [creating] {
                                              creating->halt();
                                              return 2;
                                          },
                                          {.soft_timeout = 2s});
    });
    creating->await_arrival();
    world.clock->await_waiters(1);
    world.clock->advance(2s);
    CHECK(asking.get() == 1);
    auto strict = test::on_another_thread(
        [&] { return world.region.get_or_create("key", [] { return 3; }, {.stale_time = 0s}); });
    world.clock->await_waiters(1);
    creating->let_go();
    CHECK(strict.get() == 2);
    CHECK(world.region.get<int>("key") == 2);
    CHECK(world.region.statistics().stale_hits == 1);
}

TEST_CASE("with a soft timeout the caller gets the new value when it is made in time") {
    World world({});
    CHECK(world.region.get_or_create("key", [] { return 2; }, {.soft_timeout = 2s}) == 2);
    CHECK(world.region.get<int>("key") == 2);
    CHECK(world.region.statistics().stale_hits == 0);
}

TEST_CASE("with a soft timeout a creator that throws in time leaves the caller with the old value") {
    World world({});
    CHECK(world.region.get_or_create("key", []() -> int { throw Broken("no luck"); }, {.soft_timeout = 2s}) == 1);
    CHECK(world.region.statistics().creation_failed == 1);
}

TEST_CASE("the region's own runner serves calls with a soft timeout, too") {
    std::optional<CreationJob> job;
    World world([&](CreationJob given) { job = std::move(given); });
    auto asking = test::on_another_thread(
        [&] { return world.region.get_or_create("key", [] { return 2; }, {.soft_timeout = 2s}); });
    world.clock->await_waiters(1);
    (*job)();
    CHECK(asking.get() == 2);
}

TEST_CASE("on a pool of threads a key is created once however many ask") {
    kennel::ThreadPoolRunner runner(2);
    World world(runner);
    const auto created = std::make_shared<std::atomic<int>>(0);
    std::atomic<int> wrong = 0;
    for (int round = 1; round != 20; ++round) {
        test::run_together(4, [&](std::size_t) {
            const int value = world.region.get_or_create("key", [created] { return 1 + ++*created; });
            if (value != round && value != round + 1) ++wrong;
        });
        runner.wait_until_idle();
        world.clock->advance(11s);
    }
    CHECK(wrong == 0);
    CHECK(*created == 19);
    CHECK(world.are_locks_free());
}

TEST_CASE("the last handle of a region may go inside a creation on the region's own pool") {
    for (int round = 0; round != 50; ++round) {
        const auto done = std::make_shared<test::Gate>();
        const auto clock = std::make_shared<ManualClock>();
        const auto go_on = std::make_shared<test::Gate>();
        std::weak_ptr<kennel::CacheBackend> backend;
        {
            auto region = std::make_shared<CacheRegion<>>(
                kennel::RegionOptions{.async_creation_runner = kennel::ThreadPoolRunner(2), .clock = clock});
            region->configure("memory", {.expiration_time = 10s});
            region->set("key", 1);
            clock->advance(11s);
            backend = region->backend();
            CHECK(region->get_or_create("key", [done, go_on, region]() mutable {
                go_on->pass();
                region.reset();
                done->open();
                return 2;
            }) == 1);
        }
        go_on->open();
        done->pass();
        for (int turn = 0; turn != 1'000'000 && !backend.expired(); ++turn) std::this_thread::yield();
        if (!backend.expired()) FAIL("the region is still there in round " << round);
    }
}
