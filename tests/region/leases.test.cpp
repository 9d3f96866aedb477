// Locks between processes whose lease runs out: of a holder that is slow, and of one that has died.

#include "kennel/kennel.hpp"

#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/halted_creation.hpp"
#include "support/leased_locks.hpp"
#include "support/shared_store.hpp"
#include "support/threads.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CacheRegion;
using kennel::Invalidation;
using kennel::OnLockTimeout;
using kennel::testing::ManualClock;

using Keys = std::vector<std::string>;
using Values = std::vector<int>;

constexpr std::chrono::seconds lease = 30s;

/// Two processes on one store, where values are fresh for an hour.
struct World {
    /// A process takes the lock of the key and dies.
    void die_with_lock_of(const std::string& key) const { REQUIRE(locks->mutex(key)->try_acquire()); }

    [[nodiscard]] auto ask_for(const std::string& key, int value) const {
        return test::on_another_thread([=, this] { return one.get_or_create(key, [=] { return value; }); });
    }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<test::LeasedLocks> locks = std::make_shared<test::LeasedLocks>(clock, lease);
    test::SharedStore store{clock, test::source_of(locks)};
    CacheRegion<> one = store.process({.expiration_time = 1h});
    CacheRegion<> other = store.process({.expiration_time = 1h});
};

} // namespace

TEST_CASE("a creator that overruns its lease makes a value all the same", "[H2][defect-D4]") {
    World world;
    CHECK(world.one.get_or_create("key", [&] {
        world.clock->advance(lease + 1s);
        return 1;
    }) == 1);
    CHECK(world.locks->released_too_late() == 1);
    CHECK(world.other.get<int>("key") == 1);
    CHECK(world.one.get_or_create_multi(Keys{"a", "b"}, [&](const Keys& keys) {
        world.clock->advance(lease + 1s);
        return Values(keys.size(), 2);
    }) == Values{2, 2});
    CHECK(world.locks->released_too_late() == 3);
    CHECK(world.other.get<int>("b") == 2);
}

TEST_CASE("a creator that overruns its lease does not give back the lock of whoever took it then", "[H2][defect-D4]") {
    World world;
    test::HaltedCreation first(world.one, "key", 1);
    CHECK_FALSE(world.locks->mutex("key")->try_acquire());
    world.clock->advance(lease);
    test::HaltedCreation second(world.other, "key", 2);
    SECTION("who still holds it") {
        CHECK(first.finish() == 1);
        CHECK_FALSE(world.locks->mutex("key")->try_acquire());
        CHECK(second.finish() == 2);
    }
    SECTION("who has given it back to a third one") {
        CHECK(second.finish() == 2);
        const auto third = world.locks->mutex("key");
        REQUIRE(third->try_acquire());
        CHECK(first.finish() == 1);
        CHECK(third->locked());
        CHECK_FALSE(world.locks->mutex("key")->try_acquire());
        third->release();
    }
    CHECK(world.locks->released_too_late() == 1);
    CHECK_FALSE(world.one.key_is_locked("key"));
    CHECK(world.one.statistics().writes_failed + world.one.statistics().locks_failed == 0);
}

TEST_CASE("of two creations of one key in one process each has a lock of its own", "[H2]") {
    World world;
    test::HaltedCreation first(world.one, "key", 1);
    world.clock->advance(lease);
    world.one.erase("key"); // so that the next one does not join the first
    test::HaltedCreation second(world.one, "key", 2);
    CHECK(first.finish() == 1);
    CHECK_FALSE(world.locks->mutex("key")->try_acquire());
    CHECK(second.finish() == 2);
    CHECK(world.locks->mutex("key")->try_acquire());
    CHECK(world.locks->released_too_late() == 1);
    CHECK(world.other.get<int>("key") == 2);
}

TEST_CASE("a process that dies while it holds a lock holds the others up until its lease is over", "[H1][defect-D6]") {
    World world;
    SECTION("when there is no value") {}
    SECTION("when the value is hard-invalidated") {
        world.one.set("key", 1);
        world.one.invalidate(Invalidation::hard);
    }
    world.die_with_lock_of("key");
    auto waiting = world.ask_for("key", 2);
    world.clock->await_waiters(1);
    world.clock->advance(lease - 1s);
    world.clock->await_waiters(1);
    CHECK(world.one.statistics().created == 0);
    world.clock->advance(1s);
    CHECK(waiting.get() == 2);
    CHECK_FALSE(world.other.key_is_locked("key"));
    CHECK(world.other.get_or_create("key", [] { return 3; }) == 2);
}

TEST_CASE("a process that dies while it holds a lock keeps the old value alive for its lease and no longer",
          "[H1][defect-D6]") {
    World world;
    world.one.set("key", 1);
    world.clock->advance(1h + 1s);
    world.die_with_lock_of("key");
    CHECK(world.one.get_or_create("key", [] { return 2; }) == 1);
    CHECK(world.other.get_or_create("key", [] { return 2; }) == 1);
    world.clock->advance(lease);
    CHECK(world.one.get_or_create("key", [] { return 2; }) == 2);
    CHECK(world.other.get<int>("key") == 2);
}

TEST_CASE("a process that dies between taking a lock and hearing of it holds the others up until its lease is over",
          "[H1]") {
    World world;
    world.locks->lose_next_answer();
    CHECK(world.one.get_or_create("key", [] { return 1; }) == 1); // it lives, knows of no lock, and creates without
    CHECK(world.one.statistics().locks_failed == 1);
    CHECK(world.other.key_is_locked("key"));
    CHECK(world.other.get_or_create("key", [] { return 2; }) == 1);
    world.one.erase("key");
    auto waiting = world.ask_for("key", 3);
    world.clock->await_waiters(1);
    world.clock->advance(lease);
    CHECK(waiting.get() == 3);
    CHECK_FALSE(world.other.key_is_locked("key"));
}

TEST_CASE("a process that dies with the lock of one of many keys holds up that key until its lease is over",
          "[H1][defect-D6]") {
    World world;
    world.die_with_lock_of("b");
    auto many = test::on_another_thread([&] {
        return world.one.get_or_create_multi(Keys{"a", "b", "c"},
                                             [](const Keys& keys) { return Values(keys.size(), 2); });
    });
    world.clock->await_waiters(1);
    CHECK(world.other.get_multi<int>({"a", "c"}) == std::vector<std::optional<int>>{2, 2});
    world.clock->advance(lease);
    CHECK(many.get() == Values{2, 2, 2});
    for (const char* const key : {"a", "b", "c"}) CHECK_FALSE(world.other.key_is_locked(key));
}

TEST_CASE("who may not wait for a process that has died is answered when its time is over, and takes no lock",
          "[defect-D5][defect-D6]") {
    World world;
    world.die_with_lock_of("key");
    const kennel::TimeSpan timeout = GENERATE(as<kennel::TimeSpan>(), 0s, 5s);
    const auto ask = [&](OnLockTimeout on_lock_timeout) {
        auto asking = test::on_another_thread([&, on_lock_timeout] {
            return world.one.get_or_create("key", [] { return 2; },
                                           {.lock_timeout = timeout, .on_lock_timeout = on_lock_timeout});
        });
        if (timeout != kennel::TimeSpan()) {
            world.clock->await_waiters(1);
            world.clock->advance(timeout);
        }
        return asking.get();
    };
    SECTION("throw_error") {
        CHECK_THROWS_AS(ask(OnLockTimeout::throw_error), kennel::CreationTimeout);
        CHECK_FALSE(world.one.get<int>("key"));
    }
    SECTION("create_alone") {
        CHECK(ask(OnLockTimeout::create_alone) == 2);
        CHECK(world.other.get<int>("key") == 2);
    }
    SECTION("serve_stale without any old value") {
        CHECK_THROWS_AS(ask(OnLockTimeout::serve_stale), kennel::CreationTimeout);
    }
    CHECK(world.locks->mutex("key")->locked()); // still that of the one who has died
    CHECK(world.locks->released_too_late() == 0);
}
