#include "kennel/kennel.hpp"

#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/failing_backend.hpp"
#include "support/halted_creation.hpp"
#include "support/hooked_proxy.hpp"
#include "support/locking_proxy.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::BackendError;
using kennel::CacheRegion;
using kennel::EventKind;
using kennel::OnFailure;
using kennel::testing::ManualClock;
using kennel::testing_support::FailingProxy;

struct World {
    explicit World(kennel::ConfigureOptions options = {}) {
        options.expiration_time = 10s;
        options.wrap = {proxy, std::make_shared<test::LockingProxy>(locks)};
        region.configure("memory", options);
    }

    [[nodiscard]] std::vector<EventKind> heard() const {
        const std::lock_guard lock(*mutex);
        return *events;
    }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<test::Locks> locks = std::make_shared<test::Locks>(clock);
    std::shared_ptr<FailingProxy> proxy = std::make_shared<FailingProxy>();
    std::shared_ptr<std::mutex> mutex = std::make_shared<std::mutex>();
    std::shared_ptr<std::vector<EventKind>> events = std::make_shared<std::vector<EventKind>>();
    CacheRegion<> region{{.clock = clock, .listener = [this](const kennel::Event& event) {
                              const std::lock_guard lock(*mutex);
                              events->push_back(event.kind);
                          }}};
};

bool contains(const std::vector<EventKind>& events, EventKind kind) {
    return std::find(events.begin(), events.end(), kind) != events.end();
}

/// The value of a user whose copy constructor fails.
struct Uncopyable {
    Uncopyable() = default;
    Uncopyable(const Uncopyable& /*other*/) {
        if (is_failing) throw std::runtime_error("cannot be copied");
    }
    Uncopyable& operator=(const Uncopyable&) = default;
    ~Uncopyable() = default;

    static inline std::atomic<bool> is_failing = false;
};

} // namespace

TEST_CASE("when the store cannot be read, reading misses, is counted and told") {
    World world;
    world.region.set("key", 1);
    world.proxy->reads_fail = true;
    CHECK_FALSE(world.region.get<int>("key"));
    CHECK(world.region.get_multi<int>({"key", "b"}) == std::vector<std::optional<int>>(2));
    CHECK_FALSE(world.region.get_value_metadata<int>("key"));
    const auto answer = world.region.look_up<int>("key");
    CHECK(answer.is_error());
    CHECK(answer.error() == "the store cannot be read");
    CHECK(world.region.statistics().reads_failed == 4);
    CHECK(world.region.statistics().misses == 5);
    CHECK(contains(world.heard(), EventKind::read_failed));
    world.proxy->reads_fail = false;
    CHECK(world.region.get<int>("key") == 1);
}

TEST_CASE("when the store cannot be read, one thread of the process creates and the others get its value",
          "[defect-D20]") {
    World world;
    world.region.set("key", 1);
    world.proxy->reads_fail = true;
    std::atomic<int> created = 0;
    std::atomic<int> sum = 0;
    test::run_together(6, [&](std::size_t) {
        sum += world.region.get_or_create("key", [&] {
            world.clock->await_waiters(5);
            return 1 + ++created;
        });
    });
    CHECK(created == 1);
    CHECK(sum == 12);
    world.proxy->reads_fail = false;
    CHECK(world.region.get<int>("key") == 2);
}

TEST_CASE("a region that is told so throws when the store cannot be read, but creates all the same") {
    World world({.on_read_failure = OnFailure::throw_error});
    world.proxy->reads_fail = true;
    CHECK_THROWS_AS(world.region.get<int>("key"), BackendError);
    CHECK_THROWS_AS(world.region.get_multi<int>({"key"}), BackendError);
    CHECK(world.region.look_up<int>("key").is_error());
    CHECK(world.region.statistics().reads_failed == 3);
    CHECK(world.region.get_or_create("key", [] { return 2; }) == 2);
    CHECK(world.region.get_or_create_multi(std::vector<std::string>{"b"}, [](const auto& keys) {
        return std::vector<int>(keys.size(), 3);
    }) == std::vector<int>{3});
}

TEST_CASE("when the store cannot be written, set and erase throw and tell, and what was stored is there still") {
    World world;
    world.region.set("key", 1);
    world.proxy->writes_fail = true;
    CHECK_THROWS_AS(world.region.set("key", 2), BackendError);
    CHECK_THROWS_AS(world.region.set_multi<int>({{"key", 2}, {"b", 2}}), BackendError);
    CHECK_THROWS_AS(world.region.erase("key"), BackendError);
    CHECK_THROWS_AS(world.region.erase_multi({"key", "b"}), BackendError);
    CHECK(world.region.statistics().writes_failed == 4);
    CHECK(world.heard() == std::vector<EventKind>(4, EventKind::write_failed));
    CHECK(world.region.get<int>("key") == 1);
    CHECK_FALSE(world.region.key_is_locked("key"));
}

TEST_CASE("when the store cannot be written, a created value goes to its callers all the same", "[defect-D20]") {
    World world;
    world.proxy->writes_fail = true;
    CHECK(world.region.get_or_create("key", [] { return 2; }) == 2);
    CHECK(world.region.get_or_create_multi(std::vector<std::string>{"a", "b"}, [](const auto& keys) {
        return std::vector<int>(keys.size(), 3);
    }) == std::vector<int>{3, 3});
    CHECK(world.region.refresh("key", [] { return 4; }) == 4);
    CHECK(world.region.statistics().writes_failed == 3);
    CHECK(world.region.statistics().created == 3);
    CHECK_FALSE(world.region.key_is_locked("key"));
    CHECK(world.locks->acquired() == world.locks->released());
}

TEST_CASE("a region that is told so loses writes without an error") {
    World world({.on_write_failure = OnFailure::degrade});
    world.proxy->writes_fail = true;
    CHECK_NOTHROW(world.region.set("key", 1));
    CHECK_NOTHROW(world.region.erase("key"));
    CHECK(world.region.statistics().writes_failed == 2);
}

TEST_CASE("a store that is all gone costs one creation for each call") {
    World world;
    world.proxy->reads_fail = world.proxy->writes_fail = world.proxy->locks_fail = true;
    for (int call = 0; call != 3; ++call) CHECK(world.region.get_or_create("key", [=] { return call; }) == call);
    CHECK(world.region.statistics().created == 3);
    CHECK(world.region.statistics().locks_failed == 3);
    CHECK(contains(world.heard(), EventKind::lock_failed));
}

TEST_CASE("a lock that cannot be asked is done without, still once per process") {
    World world;
    world.proxy->locks_fail = true;
    std::atomic<int> created = 0;
    test::run_together(4, [&](std::size_t) {
        (void)world.region.get_or_create("key", [&] {
            world.clock->await_waiters(3);
            return ++created;
        });
    });
    CHECK(created == 1);
    CHECK(world.region.statistics().locks_failed == 1);
    CHECK(world.region.get<int>("key") == 1);
}

TEST_CASE("a store that fails while others wait leaves nobody waiting") {
    World world;
    test::HaltedCreation creation(world.region, "key", 1);
    auto waiting = test::on_another_thread([&] { return world.region.get_or_create("key", [] { return 2; }); });
    world.clock->await_waiters(1);
    world.proxy->reads_fail = world.proxy->writes_fail = true;
    CHECK(creation.finish() == 1);
    CHECK(waiting.get() == 1);
}

TEST_CASE("a listener that throws changes nothing", "[fault-31]") {
    const auto clock = std::make_shared<ManualClock>();
    CacheRegion<> region({.clock = clock, .listener = [](const kennel::Event&) { throw std::runtime_error("deaf"); }});
    const auto proxy = std::make_shared<FailingProxy>();
    region.configure("memory", {.expiration_time = 10s, .wrap = {proxy}});
    CHECK(region.get_or_create("key", [] { return 1; }) == 1);
    CHECK(region.get<int>("key") == 1);
    CHECK_FALSE(region.get<int>("absent"));
    proxy->reads_fail = proxy->writes_fail = proxy->locks_fail = true;
    CHECK(region.get_or_create("key", [] { return 2; }) == 2);
    CHECK_THROWS_AS(region.erase("key"), BackendError);
}

TEST_CASE("a listener may use the region that it listens to") {
    CacheRegion<>* heard = nullptr;
    int calls = 0;
    CacheRegion<> region({.listener = [&](const kennel::Event& event) {
        ++calls;
        if (event.kind == EventKind::created && event.key == "key") {
            heard->set("created", 1);
            (void)heard->get_or_create("key", [] { return 5; });
        }
    }});
    heard = &region;
    region.configure("memory");
    CHECK(region.get_or_create("key", [] { return 1; }) == 1);
    CHECK(region.get<int>("created") == 1);
    CHECK(region.get<int>("key") == 1);
    CHECK(calls > 1);
}

TEST_CASE("what throws on the way leaves no lock held, nothing stored and nobody waiting", "[fault-31]") {
    int failing_call = 0;
    const auto fail = [&] {
        if (failing_call > 0 && --failing_call == 0) throw std::runtime_error("thrown on the way");
    };
    const auto clock = std::make_shared<ManualClock>();
    const auto locks = std::make_shared<test::Locks>(clock);
    CacheRegion<> region(
        {.key_mangler = [&](std::string_view key) { return fail(), std::string(key); }, .clock = clock});
    region.configure("memory", {.expiration_time = 10s, .wrap = {std::make_shared<test::LockingProxy>(locks)}});
    const auto is_unlocked = [&] {
        return locks->acquired() == locks->released() && !region.key_is_locked("key") && !region.key_is_locked("b");
    };
    const auto create_many = [&](const std::vector<std::string>& keys) { return std::vector<int>(keys.size(), 2); };
    const std::vector<std::string> keys{"b", "key"};
    const std::function<void()> calls[] = {
        [&] { (void)region.get_or_create("key", [] { return 2; }); },
        [&] { (void)region.refresh("key", [] { return 2; }); },
        [&] { (void)region.get_or_create_multi(keys, create_many); },
        [&] { region.set("key", 2); },
        [&] { region.set_multi<int>({{"key", 2}, {"b", 2}}); },
        [&] { region.erase("key"); },
        [&] { region.erase_multi(keys); },
        [&] { (void)region.get<int>("key"); },
        [&] { (void)region.get_multi<int>(keys); },
    };
    for (const bool is_stale : {false, true}) {
        for (const auto& call : calls) {
            for (int number = 1;; ++number) {
                region.erase_multi(keys);
                if (is_stale) region.set_multi<int>({{"key", 1}, {"b", 1}});
                if (is_stale) clock->advance(11s);
                failing_call = number;
                try {
                    call();
                } catch (const std::runtime_error& error) {
                    if (error.what() != std::string("thrown on the way")) FAIL(error.what());
                }
                const bool has_thrown = failing_call == 0;
                failing_call = 0;
                if (!is_unlocked()) FAIL("a lock is held");
                if (!has_thrown) break;
            }
        }
    }
    CHECK(region.get_or_create("another key", [] { return 3; }) == 3);
}

TEST_CASE("a filter that throws is an error of the creation for everybody, and nothing is stored", "[fault-31]") {
    World world;
    std::atomic<int> errors = 0;
    test::run_together(3, [&](std::size_t) {
        try {
            (void)world.region.get_or_create(
                "key",
                [&] {
                    world.clock->await_waiters(2);
                    return 1;
                },
                {.should_cache_fn = [](int) -> bool { throw std::runtime_error("no opinion"); }});
        } catch (const std::runtime_error& error) {
            if (error.what() == std::string("no opinion")) ++errors;
        }
    });
    CHECK(errors == 3);
    CHECK_FALSE(world.region.get<int>("key"));
    CHECK_FALSE(world.region.key_is_locked("key"));
    CHECK(world.locks->acquired() == world.locks->released());
}

TEST_CASE("a key generator that throws reaches the caller before anything is locked", "[fault-31]") {
    World world;
    int calls = 0;
    auto load = world.region.cache_on_arguments(
        "load", [&](int) { return ++calls; },
        {.function_key_generator = [](const auto&...) -> std::string { throw std::runtime_error("no key"); }});
    CHECK_THROWS_AS(load(1), std::runtime_error);
    CHECK(calls == 0);
    CHECK(world.locks->asked() == 0);
}

TEST_CASE("a value that cannot be copied out of the store is the caller's error and leaves nothing locked",
          "[fault-31]") {
    World world;
    Uncopyable::is_failing = false;
    const auto create = [] { return Uncopyable(); };
    (void)world.region.get_or_create("key", create);
    Uncopyable::is_failing = true;
    CHECK_THROWS_AS(world.region.get_or_create("key", create), std::runtime_error);
    CHECK_THROWS_AS(world.region.get_or_create("another key", create), std::runtime_error);
    CHECK_THROWS_AS(
        world.region.get_or_create_multi(std::vector<std::string>{"key", "third key"},
                                         [](const auto& keys) { return std::vector<Uncopyable>(keys.size()); }),
        std::runtime_error);
    Uncopyable::is_failing = false;
    for (const char* key : {"key", "another key", "third key"}) CHECK_FALSE(world.region.key_is_locked(key));
    CHECK(world.locks->acquired() == world.locks->released());
    CHECK_NOTHROW(world.region.get_or_create("another key", create));
}

TEST_CASE("a runner or a copy of the creator that throws leaves nothing locked", "[fault-31]") {
    struct Creator {
        Creator() = default;
        Creator(const Creator& /*other*/) { throw std::runtime_error("cannot be copied"); }
        Creator& operator=(const Creator&) = default;
        ~Creator() = default;
        int operator()() const { return 2; }
    };
    const auto clock = std::make_shared<ManualClock>();
    CacheRegion<> region({.async_creation_runner = [](const kennel::CreationJob& job) { job(); }, .clock = clock});
    region.configure("memory", {.expiration_time = 10s});
    region.set("key", 1);
    clock->advance(11s);
    const Creator creator;
    CHECK_THROWS_AS(region.get_or_create("key", creator), std::runtime_error);
    CHECK_FALSE(region.key_is_locked("key"));
    CHECK(region.get_or_create("key", [] { return 3; }) == 1);
    CHECK(region.get<int>("key") == 3);
}

TEST_CASE("look_up answers with an error, whatever the backend throws and whatever the region is told") {
    const auto proxy = std::make_shared<test::HookedProxy>();
    const OnFailure on_read_failure = GENERATE(OnFailure::degrade, OnFailure::throw_error);
    CacheRegion<> region;
    region.configure("memory", {.wrap = {proxy}, .on_read_failure = on_read_failure});
    region.set("key", 1);
    const auto check = [&](const std::string& text) {
        const auto answer = region.look_up<int>("key");
        CHECK(answer.is_error());
        CHECK(answer.error() == text);
        CHECK(answer.backend() == "memory");
        CHECK_FALSE(answer.has_value());
    };
    proxy->before_get = [](std::string_view) { throw BackendError("it is away"); };
    check("it is away");
    proxy->before_get = [](std::string_view) { throw std::runtime_error("it is broken"); };
    check("it is broken");
    proxy->before_get = [](std::string_view) { throw 5; };
    check("an exception that is not a std::exception");
    CHECK(region.statistics().misses == 3);
    CHECK(region.statistics().reads_failed == 3);
    proxy->before_get = nullptr;
    CHECK(region.look_up<int>("key").value() == 1);
}

TEST_CASE("look_up lets through what is no failure of the backend") {
    CacheRegion<> region;
    CHECK_THROWS_AS(region.look_up<int>("key"), kennel::RegionNotConfigured);
    region.configure("memory");
    Uncopyable::is_failing = false;
    region.set("key", Uncopyable());
    Uncopyable::is_failing = true;
    CHECK_THROWS_AS(region.look_up<Uncopyable>("key"), std::runtime_error);
    Uncopyable::is_failing = false;
}

TEST_CASE("a lock that cannot be asked is told, and says nothing of who creates elsewhere") {
    World world;
    world.proxy->locks_fail = true;
    CHECK_FALSE(world.region.key_is_locked("key"));
    CHECK(world.region.statistics().locks_failed == 1);
    CHECK(world.heard() == std::vector<EventKind>{EventKind::lock_failed});
    test::HaltedCreation creation(world.region, "key", 1);
    CHECK(world.region.key_is_locked("key"));
    CHECK_FALSE(world.region.key_is_locked("another key"));
    CHECK(creation.finish() == 1);
}

TEST_CASE("a lock that is there and does not say whether it is locked is one that cannot be asked") {
    struct MuteMutex final : kennel::CacheMutex {
        [[nodiscard]] bool acquire(kennel::SteadyTime /*deadline*/) override { return true; }
        void release() noexcept override {}
        [[nodiscard]] bool locked() override { throw BackendError("it does not say"); }
    };
    const test::LockSource mute = [](std::string_view) { return std::make_shared<MuteMutex>(); };
    CacheRegion<> region;
    region.configure("memory", {.wrap = {std::make_shared<test::LockingProxy>(mute)}});
    CHECK_FALSE(region.key_is_locked("key"));
    CHECK(region.statistics().locks_failed == 1);
}
