#include "kennel/kennel.hpp"

#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/counting_backend.hpp"
#include "support/failing_backend.hpp"
#include "support/halted_creation.hpp"
#include "support/locking_proxy.hpp"
#include "support/threads.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CacheRegion;
using kennel::ConfigureOptions;
using kennel::OnLockTimeout;
using kennel::testing::ManualClock;

using Keys = std::vector<std::string>;
using Values = std::vector<int>;

struct World {
    explicit World(ConfigureOptions options = {}, test::Locks::Scope scope = test::Locks::Scope::key,
                   kennel::KeyMangler mangler = {})
        : locks(std::make_shared<test::Locks>(clock, scope)),
          region({.key_mangler = std::move(mangler), .clock = clock}) {
        options.expiration_time = 10s;
        options.wrap = {std::make_shared<test::LockingProxy>(locks)};
        region.configure("memory", options);
    }

    [[nodiscard]] bool are_locks_free() const { return locks->acquired() == locks->released(); }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<test::Locks> locks;
    CacheRegion<> region;
};

Values ones(const Keys& keys) { return Values(keys.size(), 1); }

struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Has a form in bytes for positive numbers only.
struct PickySerializer {
    [[nodiscard]] std::string serialize(int number) const {
        if (number < 0) throw kennel::SerializationError("a negative number has no form");
        return std::to_string(number);
    }
    template <class Type>
    [[nodiscard]] Type deserialize(std::string_view bytes) const {
        return std::stoi(std::string(bytes));
    }
};

/// A region on a backend that keeps bytes, and what it has told of writes.
struct PickyWorld {
    explicit PickyWorld(kennel::ProxyList wrap = {}) { region.configure("memory_bytes", {.wrap = std::move(wrap)}); }

    std::vector<std::string> failures{}; ///< key and text of each
    CacheRegion<PickySerializer> region{{.listener = [this](const kennel::Event& event) {
        if (event.kind == kennel::EventKind::write_failed)
            failures.push_back(std::string(event.key) + ": " + std::string(event.detail));
    }}};
};

} // namespace

TEST_CASE("calls for the same missing keys at the same time run the creator once per key", "[defect-D1]") {
    World world;
    std::latch all_here(5);
    std::atomic<int> created = 0;
    std::atomic<int> sum = 0;
    test::run_together(5, [&](std::size_t) {
        all_here.count_down();
        const Values values = world.region.get_or_create_multi(Keys{"a", "b"}, [&](const Keys& keys) {
            all_here.wait();
            created += static_cast<int>(keys.size());
            return ones(keys);
        });
        sum += values[0] + values[1];
    });
    CHECK(created == 2);
    CHECK(sum == 10);
    CHECK(world.are_locks_free());
}

TEST_CASE("calls that overlap in any way do not block and never create a key at the same time", "[dogpile-19]") {
    constexpr std::size_t key_count = 10;
    World world;
    std::array<std::atomic<int>, key_count> creating{};
    std::atomic<int> collisions = 0;
    std::atomic<int> empty_calls = 0;
    std::atomic<int> wrong_values = 0;
    const auto create = [&](const Keys& keys, kennel::Creation& creation) {
        if (keys.empty()) ++empty_calls;
        Values values;
        for (const std::string& key : keys) {
            const auto number = static_cast<std::size_t>(std::stoi(key));
            if (++creating[number] != 1) ++collisions;
            values.push_back(std::stoi(key));
        }
        for (const std::string& key : keys) --creating[static_cast<std::size_t>(std::stoi(key))];
        creation.do_not_store();
        return values;
    };
    test::run_together(6, [&](std::size_t thread) {
        std::minstd_rand random(static_cast<unsigned>(thread) + 1);
        for (int round = 0; round != 300; ++round) {
            Keys keys;
            for (std::size_t count = random() % key_count + 1; count != 0; --count)
                keys.push_back(std::to_string(random() % key_count));
            const Values values = world.region.get_or_create_multi(keys, create);
            for (std::size_t index = 0; index != keys.size(); ++index)
                if (std::to_string(values[index]) != keys[index]) ++wrong_values;
        }
    });
    CHECK(collisions == 0);
    CHECK(empty_calls == 0);
    CHECK(wrong_values == 0);
    CHECK(world.are_locks_free());
    for (std::size_t key = 0; key != key_count; ++key) CHECK_FALSE(world.region.key_is_locked(std::to_string(key)));
}

TEST_CASE("a call for many joins the creation of one, and a call for one joins the creation of many") {
    World world;
    test::HaltedCreation one(world.region, "a", 1);
    test::HaltedCreations many(world.region, {"c", "a", "b"}, 2);
    CHECK(many.created() == Keys{"b", "c"});
    auto joining = test::on_another_thread([&] { return world.region.get_or_create("b", [] { return 3; }); });
    world.clock->await_waiters(1);
    many.let_go();
    CHECK(joining.get() == 2);
    world.clock->await_waiters(1); // the call for many waits for "a" only now
    CHECK(one.finish() == 1);
    CHECK(many.finish() == Values{2, 1, 2});
    CHECK(world.region.statistics().joined == 2);
}

TEST_CASE("while one call creates many, the others get the old values at once") {
    World world;
    world.region.set_multi<int>({{"a", 1}, {"b", 1}});
    world.clock->advance(11s);
    test::HaltedCreations creation(world.region, {"a", "b"}, 2);
    Keys asked;
    CHECK(world.region.get_or_create_multi(Keys{"a", "b", "c"}, [&](const Keys& keys) {
        asked = keys;
        return Values(keys.size(), 3);
    }) == Values{1, 1, 3});
    CHECK(asked == Keys{"c"});
    CHECK(creation.finish() == Values{2, 2});
    CHECK(world.region.statistics().stale_hits == 2);
}

TEST_CASE("a key that is asked for twice is created once, and the values are in the order of the keys") {
    World world;
    Keys asked;
    const auto create = [&](const Keys& keys) {
        asked = keys;
        Values values;
        for (const std::string& key : keys) values.push_back(std::stoi(key));
        return values;
    };
    CHECK(world.region.get_or_create_multi(Keys{"3", "1", "3", "2"}, create) == Values{3, 1, 3, 2});
    CHECK(asked == Keys{"1", "2", "3"});
}

TEST_CASE("a creator of many that returns the wrong number of values is an error for all, and leaves nothing",
          "[defect-D13]") {
    const std::size_t count = GENERATE(0U, 1U, 3U);
    World world;
    test::Gate creating;
    std::atomic<int> errors = 0;
    test::run_together(2, [&](std::size_t thread) {
        try {
            if (thread != 0) creating.pass();
            (void)world.region.get_or_create_multi(Keys{"a", "b"}, [&](const Keys&) {
                creating.open();
                world.clock->await_waiters(1);
                return Values(count, 1);
            });
        } catch (const kennel::ValidationError&) {
            ++errors;
        }
    });
    CHECK(errors == 2);
    CHECK(world.region.get_multi<int>({"a", "b"}) == std::vector<std::optional<int>>(2));
    CHECK_FALSE(world.region.key_is_locked("a"));
    CHECK(world.are_locks_free());
    CHECK(world.region.get_or_create_multi(Keys{"a", "b"}, ones) == Values{1, 1});
}

TEST_CASE("an exception of a creator of many reaches all who wait for any of its keys") {
    World world;
    const auto create = [&](const Keys&) -> Values {
        world.clock->await_waiters(2);
        throw Broken("no luck");
    };
    test::Gate creating;
    std::atomic<int> errors = 0;
    test::run_together(3, [&](std::size_t thread) {
        try {
            if (thread != 0) creating.pass();
            (void)world.region.get_or_create_multi(thread == 1 ? Keys{"b"} : Keys{"b", "c"}, [&](const Keys& keys) {
                creating.open();
                return create(keys);
            });
        } catch (const Broken&) {
            ++errors;
        }
    });
    CHECK(errors == 3);
    CHECK(world.are_locks_free());
    CHECK(world.region.get_or_create_multi(Keys{"b", "c"}, ones) == Values{1, 1});
}

TEST_CASE("whoever waits for a key that the creator of a map has left out gets none either") {
    World world;
    test::Stop creating;
    std::atomic<int> created = 0;
    const auto create = [&](const Keys& keys) {
        if (++created == 1) creating.halt();
        std::map<std::string, int> values;
        for (const std::string& key : keys)
            if (key != "absent") values[key] = 1;
        return values;
    };
    auto leader = test::on_another_thread(
        [&] { return world.region.get_or_create_multi(Keys{"absent", "a"}, create); });
    creating.await_arrival();
    auto joining = test::on_another_thread(
        [&] { return world.region.get_or_create_multi(Keys{"absent", "a"}, create); });
    auto strict = test::on_another_thread([&] { return world.region.get_or_create("absent", [] { return 5; }); });
    world.clock->await_waiters(2);
    creating.let_go();
    CHECK(leader.get() == std::map<std::string, int>{{"a", 1}});
    CHECK(joining.get() == std::map<std::string, int>{{"a", 1}});
    CHECK(strict.get() == 5);
    CHECK(created == 1);
}

TEST_CASE("keys that are mangled to one, and so have one lock, do not block the call", "[defect-D13]") {
    World world({}, test::Locks::Scope::key, [](std::string_view key) { return std::string(key.substr(0, 1)); });
    CHECK(world.region.get_or_create_multi(Keys{"a1", "a2", "b"}, ones) == Values{1, 1, 1});
    CHECK(world.locks->acquired() == 2);
    CHECK(world.are_locks_free());
}

TEST_CASE("a backend with one lock for all keys does not block the call", "[defect-D13]") {
    World world({}, test::Locks::Scope::all);
    CHECK(world.region.get_or_create_multi(Keys{"a", "b", "c"}, ones) == Values{1, 1, 1});
    CHECK(world.locks->acquired() == 1);
    CHECK(world.are_locks_free());
}

TEST_CASE("calls for many on one lock for all keys do not block one another") {
    World world({}, test::Locks::Scope::all);
    std::atomic<int> wrong = 0;
    test::run_together(4, [&](std::size_t thread) {
        std::minstd_rand random(static_cast<unsigned>(thread) + 1);
        for (int round = 0; round != 100; ++round) {
            const Keys keys{std::to_string(random() % 5), std::to_string(random() % 5), std::to_string(random() % 5)};
            if (world.region.get_or_create_multi(keys, ones) != Values{1, 1, 1}) ++wrong;
            if (round % 7 == 0) world.region.erase(keys[0]);
            if (round % 11 == 0) world.region.invalidate();
        }
    });
    CHECK(wrong == 0);
    CHECK(world.are_locks_free());
}

TEST_CASE("a lock that cannot be asked is done without, and the locks taken before are given back", "[defect-D13]") {
    World world;
    world.locks->fail_at(2);
    CHECK(world.region.get_or_create_multi(Keys{"a", "b", "c"}, ones) == Values{1, 1, 1});
    CHECK(world.locks->acquired() == 2);
    CHECK(world.are_locks_free());
    CHECK(world.region.statistics().locks_failed == 1);
}

TEST_CASE("a creator of many that asks for one of its keys gets an error that says so") {
    World world;
    const auto create = [&](const Keys& keys) {
        (void)world.region.get_or_create("b", [] { return 1; });
        return ones(keys);
    };
    CHECK_THROWS_AS(world.region.get_or_create_multi(Keys{"a", "b"}, create), kennel::RecursiveCreation);
    const auto create_many = [&](const Keys& keys) { return world.region.get_or_create_multi(keys, ones); };
    CHECK_THROWS_AS(world.region.get_or_create_multi(Keys{"a", "b"}, create_many), kennel::RecursiveCreation);
    CHECK(world.are_locks_free());
    CHECK_FALSE(world.region.key_is_locked("a"));
}

TEST_CASE("creators of many on two threads that ask for each other's keys get an error and do not block") {
    World world;
    for (int round = 0; round != 50; ++round) {
        const std::string suffix = std::to_string(round);
        const std::array<Keys, 2> keys{Keys{"a" + suffix, "c" + suffix}, Keys{"b" + suffix, "d" + suffix}};
        std::latch both_create(2);
        std::atomic<int> errors = 0;
        test::run_together(2, [&](std::size_t index) {
            try {
                (void)world.region.get_or_create_multi(keys[index], [&](const Keys&) {
                    both_create.arrive_and_wait();
                    return world.region.get_or_create_multi(keys[1 - index], ones);
                });
            } catch (const kennel::RecursiveCreation&) {
                ++errors;
            }
        });
        if (errors != 2) FAIL(errors << " callers were told in round " << round);
    }
    CHECK(world.are_locks_free());
}

TEST_CASE("a call for many never waits for a lock while somebody may wait for it") {
    World world;
    const auto lock_of_b = world.locks->mutex("b");
    REQUIRE(lock_of_b->try_acquire()); // another process creates "b", whose creator is about to ask for "a"
    auto many = test::on_another_thread([&] { return world.region.get_or_create_multi(Keys{"a", "b", "c"}, ones); });
    world.clock->await_waiters(1);
    CHECK(world.region.get<int>("a") == 1); // and finds it, for "b" is waited for only now
    CHECK(world.region.get<int>("c") == 1);
    CHECK(world.locks->acquired() == 3);
    CHECK(world.locks->released() == 2);
    lock_of_b->release();
    CHECK(many.get() == Values{1, 1, 1});
    CHECK(world.are_locks_free());
}

TEST_CASE("a call for many waits once for all its keys, and then does as it was told") {
    World world({.lock_timeout = 5s});
    test::HaltedCreations creation(world.region, {"a", "b", "c"}, 1);
    const auto ask = [&](OnLockTimeout on_lock_timeout) {
        auto asking = test::on_another_thread([&, on_lock_timeout] {
            return world.region.get_or_create_multi(Keys{"a", "b", "c"},
                                                    [](const Keys& keys) { return Values(keys.size(), 2); },
                                                    {.on_lock_timeout = on_lock_timeout});
        });
        world.clock->await_waiters(1);
        world.clock->advance(5s);
        return asking.get();
    };
    SECTION("throw_error") { CHECK_THROWS_AS(ask(OnLockTimeout::throw_error), kennel::CreationTimeout); }
    SECTION("create_alone") { CHECK(ask(OnLockTimeout::create_alone) == Values{2, 2, 2}); }
    SECTION("serve_stale") { CHECK_THROWS_AS(ask(OnLockTimeout::serve_stale), kennel::CreationTimeout); }
    CHECK(creation.finish() == Values{1, 1, 1});
    CHECK(world.are_locks_free());
}

TEST_CASE("a call for many that has waited too long for another process does as it was told") {
    World world({.stale_time = 0s, .lock_timeout = 5s});
    world.region.set("b", 7);
    world.clock->advance(11s);
    const auto lock_of_b = world.locks->mutex("b");
    REQUIRE(lock_of_b->try_acquire());
    const auto ask = [&](OnLockTimeout on_lock_timeout) {
        auto asking = test::on_another_thread([&, on_lock_timeout] {
            return world.region.get_or_create_multi(Keys{"a", "b"}, ones, {.on_lock_timeout = on_lock_timeout});
        });
        world.clock->await_waiters(1);
        world.clock->advance(5s);
        return asking.get();
    };
    SECTION("throw_error") {
        CHECK_THROWS_AS(ask(OnLockTimeout::throw_error), kennel::CreationTimeout);
        CHECK_FALSE(world.region.key_is_locked("a"));
    }
    SECTION("create_alone") { CHECK(ask(OnLockTimeout::create_alone) == Values{1, 1}); }
    lock_of_b->release();
    CHECK(world.are_locks_free());
    CHECK(world.region.get_or_create_multi(Keys{"a", "b"}, ones) == Values{1, 1});
}

TEST_CASE("a call for many may take what there is, however old, when another process takes too long") {
    World world({.lock_timeout = 5s, .on_lock_timeout = OnLockTimeout::serve_stale});
    world.region.set("b", 7);
    const auto lock_of_b = world.locks->mutex("b");
    REQUIRE(lock_of_b->try_acquire());
    auto asking = test::on_another_thread([&] {
        return world.region.get_or_create_multi(Keys{"a", "b"}, ones, {.expiration_time = 0s, .stale_time = 0s});
    });
    world.clock->await_waiters(1);
    world.clock->advance(5s);
    CHECK(asking.get() == Values{1, 7});
    lock_of_b->release();
}

TEST_CASE("a creation of many that throws leaves its keys to whoever asks next") {
    World world;
    test::Stop creating;
    auto giving_up = test::on_another_thread([&] {
        return world.region.get_or_create_multi(Keys{"a", "b"}, [&](const Keys& keys) -> Values {
            creating.halt();
            throw Broken(keys.front());
        });
    });
    creating.await_arrival();
    auto waiting = test::on_another_thread([&] { return world.region.get_or_create("b", [] { return 2; }); });
    world.clock->await_waiters(1);
    creating.let_go();
    CHECK_THROWS_AS(giving_up.get(), Broken);
    CHECK_THROWS_AS(waiting.get(), Broken);
    CHECK(world.region.get_or_create("b", [] { return 2; }) == 2);
}

TEST_CASE("of many created values, one that has no form in bytes is reported by its key, and the others are stored") {
    const auto proxy = std::make_shared<kennel::testing_support::CountingProxy>();
    PickyWorld world({proxy});
    const auto create = [](const Keys& keys) {
        Values values;
        for (const std::string& key : keys) values.push_back(key == "b" ? -1 : 1);
        return values;
    };
    const auto create_again = GENERATE(false, true);
    const Values values = create_again ? world.region.refresh_multi({"a", "b", "c"}, create)
                                       : world.region.get_or_create_multi({"a", "b", "c"}, create);
    CHECK(values == Values{1, -1, 1});
    CHECK(world.region.get_multi<int>({"a", "b", "c"}) == std::vector<std::optional<int>>{1, {}, 1});
    CHECK(world.failures == std::vector<std::string>{"b: a negative number has no form"});
    CHECK(world.region.statistics().writes_failed == 1);
    CHECK(world.region.statistics().created == 1);
    CHECK(proxy->set_multis == 1);
    CHECK_FALSE(world.region.key_is_locked("b"));
}

TEST_CASE("many values of which none has a form in bytes go to their callers, and nothing is stored") {
    const auto proxy = std::make_shared<kennel::testing_support::CountingProxy>();
    PickyWorld world({proxy});
    const auto create = [](const Keys& keys) { return Values(keys.size(), -1); };
    CHECK(world.region.get_or_create_multi({"a", "b"}, create) == Values{-1, -1});
    CHECK(world.failures.size() == 2);
    CHECK(proxy->sets + proxy->set_multis == 0);
}

TEST_CASE("when many values cannot be written, those that were to be written are named") {
    const auto proxy = std::make_shared<kennel::testing_support::FailingProxy>();
    PickyWorld world({proxy});
    proxy->writes_fail = true;
    const kennel::CreateOptions<int> not_b{.should_cache_fn = [](int, std::string_view key) { return key != "b"; }};
    CHECK(world.region.get_or_create_multi({"a", "b", "c"}, ones, not_b) == Values{1, 1, 1});
    CHECK(world.failures == std::vector<std::string>{"a, c: the store cannot be written"});
    CHECK(world.region.statistics().not_stored == 1);
}
