#include "kennel/kennel.hpp"

#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/halted_creation.hpp"
#include "support/hooked_proxy.hpp"
#include "support/locking_proxy.hpp"
#include "support/shared_store.hpp"
#include "support/threads.hpp"

#include <array>
#include <atomic>
#include <barrier>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CacheRegion;
using kennel::ConfigureOptions;
using kennel::Invalidation;
using kennel::OnLockTimeout;
using kennel::RecursiveCreation;
using kennel::testing::ManualClock;

/// A region on a clock that is turned by hand.
struct World {
    explicit World(const ConfigureOptions& options = {.expiration_time = 10s}) { region.configure("memory", options); }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    CacheRegion<> region{{.name = "test", .clock = clock}};
};

struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

} // namespace

TEST_CASE("of 50 threads that ask for a key at the same time, one creates", "[H4]") {
    const World world;
    std::latch all_here(50);
    std::atomic<int> created = 0;
    std::atomic<int> sum = 0;
    test::run_together(50, [&](std::size_t) {
        all_here.count_down();
        sum += world.region.get_or_create("key", [&] {
            all_here.wait();
            return ++created;
        });
    });
    CHECK(created == 1);
    CHECK(sum == 50);
    const auto counts = world.region.statistics();
    CHECK(counts.hits + counts.misses == 50);
    CHECK(counts.joined == counts.misses - 1);
}

TEST_CASE("while one thread creates, the others are served the old value at once") {
    const World world;
    world.region.set("key", 1);
    world.clock->advance(11s);
    test::HaltedCreation creation(world.region, "key", 2);
    std::atomic<int> sum = 0;
    test::run_together(10, [&](std::size_t) { sum += world.region.get_or_create("key", [] { return 100; }); });
    CHECK(sum == 10);
    CHECK(world.region.statistics().stale_hits == 10);
    CHECK(creation.finish() == 2);
    CHECK(world.region.get<int>("key") == 2);
    CHECK(world.region.statistics().created == 1);
}

TEST_CASE("nobody is served a hard-invalidated value, whoever creates") {
    World world;
    world.region.set("key", 1);
    world.region.invalidate(Invalidation::hard);
    test::HaltedCreation creation(world.region, "key", 2);
    auto waiting = test::on_another_thread([&] { return world.region.get_or_create("key", [] { return 3; }); });
    world.clock->await_waiters(1);
    CHECK_FALSE(world.region.get<int>("key"));
    CHECK(creation.finish() == 2);
    CHECK(waiting.get() == 2);
}

TEST_CASE("a soft-invalidated value is served to the others while one creates") {
    World world;
    world.region.set("key", 1);
    world.region.invalidate(Invalidation::soft);
    test::HaltedCreation creation(world.region, "key", 2);
    CHECK(world.region.get_or_create("key", [] { return 3; }) == 1);
    CHECK(creation.finish() == 2);
}

TEST_CASE("a call that accepts no stale value waits for who creates") {
    World world;
    world.region.set("key", 1);
    world.clock->advance(11s);
    test::HaltedCreation creation(world.region, "key", 2);
    auto strict = test::on_another_thread(
        [&] { return world.region.get_or_create("key", [] { return 3; }, {.stale_time = 0s}); });
    world.clock->await_waiters(1);
    CHECK(creation.finish() == 2);
    CHECK(strict.get() == 2);
}

TEST_CASE("everybody who waits gets a value that is not to be stored, from one creator run", "[defect-D3]") {
    const bool by_filter = GENERATE(true, false);
    const World world;
    std::atomic<int> created = 0;
    const auto create = [&](kennel::Creation& creation) {
        world.clock->await_waiters(5);
        if (!by_filter) creation.do_not_store();
        return ++created;
    };
    const auto is_stored = [&](int) { return !by_filter; };
    std::atomic<int> sum = 0;
    test::run_together(
        6, [&](std::size_t) { sum += world.region.get_or_create("key", create, {.should_cache_fn = is_stored}); });
    CHECK(created == 1);
    CHECK(sum == 6);
    CHECK_FALSE(world.region.get<int>("key"));
    CHECK(world.region.statistics().not_stored == 1);
    CHECK(world.region.statistics().joined == 5);
    CHECK(world.region.get_or_create("key", [] { return 9; }) == 9);
}

TEST_CASE("everybody who waits gets the creator's exception, and the next call starts anew", "[defect-D3]") {
    const World world;
    std::atomic<int> created = 0;
    std::atomic<int> errors = 0;
    test::run_together(6, [&](std::size_t) {
        try {
            (void)world.region.get_or_create("key", [&]() -> int {
                world.clock->await_waiters(5);
                ++created;
                throw Broken("no luck");
            });
        } catch (const Broken& error) {
            if (error.what() == std::string("no luck")) ++errors;
        }
    });
    CHECK(created == 1);
    CHECK(errors == 6);
    CHECK_FALSE(world.region.get<int>("key"));
    CHECK_FALSE(world.region.key_is_locked("key"));
    CHECK(world.region.get_or_create("key", [] { return 9; }) == 9);
    CHECK(world.region.statistics().creation_failed == 1);
}

TEST_CASE("a creator that throws leaves the old value as it was") {
    World world;
    world.region.set("key", 1);
    world.clock->advance(11s);
    CHECK_THROWS_AS(world.region.get_or_create("key", []() -> int { throw Broken("no luck"); }), Broken);
    CHECK(world.region.get<int>("key", {.ignore_expiration = true}) == 1);
    CHECK_FALSE(world.region.key_is_locked("key"));
}

TEST_CASE("callers of different types of one key each get theirs") {
    const World world;
    test::HaltedCreation number(world.region, "key", 1);
    auto text = test::on_another_thread(
        [&] { return world.region.get_or_create("key", [] { return std::string("one"); }); });
    world.clock->await_waiters(1);
    CHECK(number.finish() == 1);
    CHECK(text.get() == "one");
}

TEST_CASE("a creator may be slow only for its own key: no lock is held while it runs") {
    World world;
    test::HaltedCreation creation(world.region, "slow", 1);
    int other = 0;
    for (int key = 0; key != 100; ++key) {
        const std::string name = std::to_string(key); // some of them lie next to the slow one in every table
        other += world.region.get_or_create(name, [] { return 1; });
        world.region.set(name, 2);
        world.region.erase(name);
    }
    CHECK(other == 100);
    CHECK(world.region.key_is_locked("slow"));
    CHECK(creation.finish() == 1);
    CHECK_FALSE(world.region.key_is_locked("slow"));
}

TEST_CASE("a creator that asks for its own key gets an error that says so") {
    const World world;
    const auto create = [&] { return world.region.get_or_create("key", [] { return 1; }); };
    CHECK_THROWS_AS(world.region.get_or_create("key", create), RecursiveCreation);
    CHECK_FALSE(world.region.key_is_locked("key"));
    CHECK(world.region.get_or_create("key", [] { return 2; }) == 2);
}

TEST_CASE("a creator that asks for its own key gets an error also when there is an old value") {
    World world;
    world.region.set("key", 1);
    world.clock->advance(11s);
    const auto create = [&] { return world.region.get_or_create("key", [] { return 1; }); };
    CHECK_THROWS_AS(world.region.get_or_create("key", create), RecursiveCreation);
}

TEST_CASE("a creator that asks for its own key through another key gets an error") {
    const World world;
    const auto create_b = [&] { return world.region.get_or_create("a", [] { return 1; }); };
    const auto create_a = [&] { return world.region.get_or_create("b", create_b); };
    CHECK_THROWS_AS(world.region.get_or_create("a", create_a), RecursiveCreation);
    CHECK_FALSE(world.region.key_is_locked("a"));
    CHECK_FALSE(world.region.key_is_locked("b"));
}

TEST_CASE("a creator that refreshes its own key gets an error") {
    const World world;
    const auto create = [&] { return world.region.refresh("key", [] { return 1; }); };
    SECTION("from get_or_create") { CHECK_THROWS_AS(world.region.get_or_create("key", create), RecursiveCreation); }
    SECTION("from refresh") { CHECK_THROWS_AS(world.region.refresh("key", create), RecursiveCreation); }
    CHECK_FALSE(world.region.key_is_locked("key"));
    CHECK_FALSE(world.region.get<int>("key"));
}

TEST_CASE("creators of two threads that ask for each other's keys get an error and do not block") {
    const World world;
    for (int round = 0; round != 100; ++round) {
        const std::array<std::string, 2> keys{"a" + std::to_string(round), "b" + std::to_string(round)};
        std::latch both_create(2);
        std::atomic<int> errors = 0;
        test::run_together(2, [&](std::size_t index) {
            try {
                (void)world.region.get_or_create(keys[index], [&] {
                    both_create.arrive_and_wait();
                    return world.region.get_or_create(keys[1 - index], [] { return 1; });
                });
            } catch (const RecursiveCreation&) {
                ++errors;
            }
        });
        if (errors != 2) FAIL(errors << " callers were told in round " << round);
    }
}

TEST_CASE("creators that ask for one another's keys in no circle are never told that they do") {
    const World world;
    std::atomic<int> errors = 0;
    std::barrier round_over(2);
    test::run_together(2, [&](std::size_t index) {
        for (int round = 0; round != 1000; ++round) {
            const std::string low = "low" + std::to_string(round);
            const std::string high = "high" + std::to_string(round);
            const auto create_high = [&] { return world.region.get_or_create(low, [] { return 1; }); };
            try {
                if (index == 0) (void)world.region.get_or_create(low, [] { return 1; });
                (void)world.region.get_or_create(high, create_high);
            } catch (const RecursiveCreation&) {
                ++errors;
            }
            round_over.arrive_and_wait();
        }
    });
    CHECK(errors == 0);
}

TEST_CASE("a creator may ask for another key, also when that one is cached already", "[dogpile-32][dogpile-110]") {
    const World world;
    int inner = 0;
    const auto create_inner = [&] { return ++inner; };
    const auto create_outer = [&] { return 10 * world.region.get_or_create("inner", create_inner); };
    CHECK(world.region.get_or_create("outer", create_outer) == 10);
    world.region.erase("outer");
    CHECK(world.region.get_or_create("outer", create_outer) == 10);
    CHECK(inner == 1);
}

TEST_CASE("wrapped functions that call one another under different namespaces do not block", "[dogpile-110]") {
    World world;
    auto inner = world.region.cache_on_arguments("load", [](int id) { return id + 1; }, {.key_namespace = "inner"});
    auto outer = world.region.cache_on_arguments("load", [&](int id) { return 10 * inner(id); },
                                                 {.key_namespace = "outer"});
    CHECK(outer(1) == 20);
    outer.invalidate(1);
    CHECK(outer(1) == 20);
    CHECK(world.region.statistics().created == 3);
}

TEST_CASE("who has waited for lock_timeout gets an error, unless told otherwise") {
    World world({.expiration_time = 10s, .lock_timeout = 5s});
    test::HaltedCreation creation(world.region, "key", 1);
    const auto ask = [&](OnLockTimeout on_lock_timeout) {
        auto asking = test::on_another_thread([&, on_lock_timeout] {
            return world.region.get_or_create("key", [] { return 2; }, {.on_lock_timeout = on_lock_timeout});
        });
        world.clock->await_waiters(1);
        world.clock->advance(4s);
        world.clock->await_waiters(1);
        world.clock->advance(1s);
        return asking.get();
    };
    SECTION("throw_error") {
        CHECK_THROWS_AS(ask(OnLockTimeout::throw_error), kennel::CreationTimeout);
        CHECK(world.region.statistics().misses == 2);
    }
    SECTION("create_alone stores its value, and the slower creation is stored later") {
        CHECK(ask(OnLockTimeout::create_alone) == 2);
        CHECK(world.region.get<int>("key") == 2);
    }
    SECTION("serve_stale without any old value") {
        CHECK_THROWS_AS(ask(OnLockTimeout::serve_stale), kennel::CreationTimeout);
    }
    CHECK(creation.finish() == 1);
    CHECK(world.region.get<int>("key") == 1);
}

TEST_CASE("who has waited for lock_timeout may be served a value that is older than any promise") {
    World world(
        {.expiration_time = 10s, .stale_time = 5s, .lock_timeout = 5s, .on_lock_timeout = OnLockTimeout::serve_stale});
    world.region.set("key", 1, {.time_to_live = 1h});
    test::HaltedCreation creation(world.region, "key", 2, {.expiration_time = 0s, .stale_time = 0s});
    auto asking = test::on_another_thread(
        [&] { return world.region.get_or_create("key", [] { return 3; }, {.expiration_time = 0s, .stale_time = 0s}); });
    world.clock->await_waiters(1);
    world.clock->advance(5s);
    CHECK(asking.get() == 1);
    CHECK(creation.finish() == 2);
}

TEST_CASE("a hard-invalidated value is not served after lock_timeout either") {
    World world({.expiration_time = 10s, .lock_timeout = 5s, .on_lock_timeout = OnLockTimeout::serve_stale});
    world.region.set("key", 1);
    world.region.invalidate(Invalidation::hard);
    test::HaltedCreation creation(world.region, "key", 2);
    auto asking = test::on_another_thread([&] { return world.region.get_or_create("key", [] { return 3; }); });
    world.clock->await_waiters(1);
    world.clock->advance(5s);
    CHECK_THROWS_AS(asking.get(), kennel::CreationTimeout);
    CHECK(creation.finish() == 2);
}

TEST_CASE("a creation that came to nothing is taken over by one of those who waited for it") {
    const auto clock = std::make_shared<ManualClock>();
    const auto locks = std::make_shared<test::Locks>(clock);
    CacheRegion<> region({.clock = clock});
    region.configure(
        "memory", {.expiration_time = 10s, .wrap = {std::make_shared<test::LockingProxy>(locks)}, .lock_timeout = 5s});
    const auto mutex = locks->mutex("key");
    REQUIRE(mutex->try_acquire()); // another process creates
    std::atomic<int> created = 0;
    auto first = test::on_another_thread([&] { return region.get_or_create("key", [&] { return ++created; }); });
    clock->await_waiters(1);
    clock->advance(3s);
    auto second = test::on_another_thread([&] { return region.get_or_create("key", [&] { return ++created; }); });
    clock->await_waiters(2);
    clock->advance(2s);
    CHECK_THROWS_AS(first.get(), kennel::CreationTimeout);
    clock->await_waiters(1);
    mutex->release();
    CHECK(second.get() == 1);
    CHECK(created == 1);
}

TEST_CASE("a leader looks into the store once more, for the value that another process has made meanwhile") {
    const auto clock = std::make_shared<ManualClock>();
    const auto locks = std::make_shared<test::Locks>(clock);
    const test::SharedStore store(clock, test::source_of(locks));
    const CacheRegion<> one = store.process();
    const CacheRegion<> other = store.process();
    test::HaltedCreation creation(one, "key", 1);
    CHECK(other.key_is_locked("key"));
    auto asking = test::on_another_thread([&] { return other.get_or_create("key", [] { return 2; }); });
    clock->await_waiters(1);
    CHECK(creation.finish() == 1);
    CHECK(asking.get() == 1);
    CHECK(other.statistics().created == 0);
    CHECK(other.statistics().hits == 1);
    CHECK(locks->acquired() == 2);
    CHECK(locks->released() == 2);
    CHECK_FALSE(other.key_is_locked("key"));
}

TEST_CASE("a process is one waiter at the lock of the backend, however many threads ask", "[defect-D23]") {
    const auto clock = std::make_shared<ManualClock>();
    const auto locks = std::make_shared<test::Locks>(clock);
    CacheRegion<> region({.clock = clock});
    region.configure("memory", {.wrap = {std::make_shared<test::LockingProxy>(locks)}});
    const auto mutex = locks->mutex("key");
    REQUIRE(mutex->try_acquire());
    auto asking = test::on_another_thread(
        [&] { test::run_together(6, [&](std::size_t) { (void)region.get_or_create("key", [] { return 1; }); }); });
    clock->await_waiters(6);
    mutex->release();
    asking.get();
    CHECK(locks->asked() == 2); // the test's own and the leader's
    CHECK(locks->acquired() == locks->released());
    CHECK(region.statistics().created == 1);
}

TEST_CASE("the old value is served at once while another process creates") {
    const auto clock = std::make_shared<ManualClock>();
    const auto locks = std::make_shared<test::Locks>(clock);
    CacheRegion<> region({.clock = clock});
    region.configure("memory", {.expiration_time = 10s, .wrap = {std::make_shared<test::LockingProxy>(locks)}});
    region.set("key", 1);
    clock->advance(11s);
    const auto mutex = locks->mutex("key");
    REQUIRE(mutex->try_acquire());
    CHECK(region.get_or_create("key", [] { return 2; }) == 1);
    CHECK(region.statistics().stale_hits == 1);
    mutex->release();
    CHECK(region.get_or_create("key", [] { return 2; }) == 2);
}

TEST_CASE("who may not wait longer for another process creates alone, without the lock", "[defect-D5]") {
    const auto clock = std::make_shared<ManualClock>();
    const auto locks = std::make_shared<test::Locks>(clock);
    CacheRegion<> region({.clock = clock});
    region.configure("memory", {.wrap = {std::make_shared<test::LockingProxy>(locks)},
                                .lock_timeout = 5s,
                                .on_lock_timeout = OnLockTimeout::create_alone});
    const auto mutex = locks->mutex("key");
    REQUIRE(mutex->try_acquire());
    auto asking = test::on_another_thread([&] { return region.get_or_create("key", [] { return 2; }); });
    clock->await_waiters(1);
    clock->advance(5s);
    CHECK(asking.get() == 2);
    CHECK(locks->released() == 0);
    CHECK(mutex->locked());
    mutex->release();
}

TEST_CASE("two regions share no creation of one key, and each creates it once at a time", "[H4]") {
    std::array<CacheRegion<>, 2> regions;
    std::array<std::atomic<int>, 2> creating{};
    std::atomic<int> collisions = 0;
    std::atomic<int> strangers = 0;
    for (auto& region : regions) region.configure("memory");
    test::run_together(8, [&](std::size_t thread) {
        const std::size_t own = thread % 2;
        for (int round = 0; round != 500; ++round) {
            const std::size_t made_by = regions[own].get_or_create("key", [&](kennel::Creation& creation) {
                if (++creating[own] != 1) ++collisions;
                creation.do_not_store();
                --creating[own];
                return own;
            });
            if (made_by != own) ++strangers;
        }
    });
    CHECK(strangers == 0);
    CHECK(collisions == 0);
    for (const auto& region : regions) {
        const auto counts = region.statistics();
        CHECK(counts.misses == 2000);
        CHECK(counts.created == counts.misses - counts.joined);
        CHECK(counts.not_stored == counts.created);
    }
}

TEST_CASE("threads on one key that expires again and again create more than twice and never two at once",
          "[dogpile-18]") {
    const World world({.expiration_time = 1s});
    std::atomic<int> creating = 0;
    std::atomic<int> created = 0;
    std::atomic<int> collisions = 0;
    for (int round = 0; round != 5; ++round) {
        test::run_together(10, [&](std::size_t) {
            for (int repeat = 0; repeat != 20; ++repeat)
                (void)world.region.get_or_create("key", [&] {
                    if (++creating != 1) ++collisions;
                    ++created;
                    --creating;
                    return 1;
                });
        });
        world.clock->advance(2s);
    }
    CHECK(collisions == 0);
    CHECK(created == 5);
}
