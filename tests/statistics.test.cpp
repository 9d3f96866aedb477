#include "kennel/statistics.hpp"

#include "kennel/kennel.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/failing_backend.hpp"
#include "support/halted_creation.hpp"
#include "support/locking_proxy.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::OnLockTimeout;
using kennel::testing::ManualClock;

using Keys = std::vector<std::string>;

/// The counters by name, without those that are zero.
using Counts = std::map<std::string, std::uint64_t>;

Counts counts_of(const kennel::RegionStatistics& statistics) {
    const Counts all{{"hits", statistics.hits},
                     {"stale_hits", statistics.stale_hits},
                     {"misses", statistics.misses},
                     {"joined", statistics.joined},
                     {"created", statistics.created},
                     {"creation_failed", statistics.creation_failed},
                     {"not_stored", statistics.not_stored},
                     {"writes_dropped", statistics.writes_dropped},
                     {"hard_invalidated", statistics.hard_invalidated},
                     {"version_differs", statistics.version_differs},
                     {"not_understood", statistics.not_understood},
                     {"reads_failed", statistics.reads_failed},
                     {"writes_failed", statistics.writes_failed},
                     {"locks_failed", statistics.locks_failed},
                     {"locks_lost", statistics.locks_lost},
                     {"runner_refused", statistics.runner_refused}};
    Counts counts;
    for (const auto& [name, count] : all)
        if (count != 0) counts[name] = count;
    return counts;
}

/// A region with a fresh value under "fresh" and one that has expired under "stale".
struct World {
    explicit World(kennel::AsyncCreationRunner runner = {})
        : region({.async_creation_runner = std::move(runner), .clock = clock}) {
        region.configure(
            "memory",
            {.expiration_time = 10s, .wrap = {proxy, std::make_shared<test::LockingProxy>(locks)}, .lock_timeout = 5s});
        region.set("stale", 1);
        clock->advance(11s);
        region.set("fresh", 1);
    }

    /// What has been counted since the last time.
    [[nodiscard]] Counts counted() const {
        const Counts counts = counts_of(region.statistics());
        region.reset_statistics();
        return counts;
    }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<kennel::testing_support::FailingProxy> proxy =
        std::make_shared<kennel::testing_support::FailingProxy>();
    std::shared_ptr<test::Locks> locks = std::make_shared<test::Locks>(clock);
    kennel::CacheRegion<> region;
};

int one() { return 1; }
std::vector<int> ones(const Keys& keys) { return std::vector<int>(keys.size(), 1); }

} // namespace

TEST_CASE("a region that has done nothing has counted nothing, and neither has one that was reset") {
    World world;
    CHECK(world.counted().empty());
    (void)world.region.get_or_create("key", one);
    CHECK_FALSE(counts_of(world.region.statistics()).empty());
    world.region.reset_statistics();
    CHECK(world.counted().empty());
}

TEST_CASE("what each path of reading counts", "[H27]") {
    World world;
    (void)world.region.get<int>("fresh");
    CHECK(world.counted() == Counts{{"hits", 1}});
    (void)world.region.get<int>("absent");
    CHECK(world.counted() == Counts{{"misses", 1}});
    (void)world.region.get<int>("stale");
    CHECK(world.counted() == Counts{{"misses", 1}});
    (void)world.region.get<int>("stale", {.ignore_expiration = true});
    CHECK(world.counted() == Counts{{"hits", 1}});
    (void)world.region.get<std::string>("fresh");
    CHECK(world.counted() == Counts{{"misses", 1}, {"not_understood", 1}});
    (void)world.region.get_value_metadata<int>("fresh");
    CHECK(world.counted() == Counts{{"hits", 1}});
    (void)world.region.look_up<int>("stale");
    CHECK(world.counted() == Counts{{"misses", 1}});
    (void)world.region.get_multi<int>({"fresh", "stale", "absent"});
    CHECK(world.counted() == Counts{{"hits", 1}, {"misses", 2}});
    world.proxy->reads_fail = true;
    (void)world.region.get<int>("fresh");
    CHECK(world.counted() == Counts{{"misses", 1}, {"reads_failed", 1}});
    (void)world.region.get_multi<int>({"fresh", "stale"});
    CHECK(world.counted() == Counts{{"misses", 2}, {"reads_failed", 1}});
    world.proxy->reads_fail = false;
    world.region.invalidate();
    (void)world.region.get<int>("fresh");
    CHECK(world.counted() == Counts{{"misses", 1}, {"hard_invalidated", 1}});
}

TEST_CASE("what each path of writing counts", "[H27]") {
    World world;
    world.region.set("key", 1);
    world.region.set_multi<int>({{"a", 1}, {"b", 2}});
    world.region.erase("key");
    world.region.erase_multi({"a", "b"});
    world.region.invalidate();
    CHECK(world.counted().empty());
    world.proxy->writes_fail = true;
    CHECK_THROWS(world.region.set("key", 1));
    CHECK(world.counted() == Counts{{"writes_failed", 1}});
    CHECK_THROWS(world.region.erase_multi({"a", "b"}));
    CHECK(world.counted() == Counts{{"writes_failed", 1}});
}

TEST_CASE("what each path of get_or_create counts that ends in the caller's own creation", "[H27]") {
    World world;
    (void)world.region.get_or_create("fresh", one);
    CHECK(world.counted() == Counts{{"hits", 1}});
    (void)world.region.get_or_create("absent", one);
    CHECK(world.counted() == Counts{{"misses", 1}, {"created", 1}});
    (void)world.region.get_or_create("stale", one);
    CHECK(world.counted() == Counts{{"misses", 1}, {"created", 1}});
    (void)world.region.get_or_create("fresh", [] { return std::string("another type"); });
    CHECK(world.counted() == Counts{{"misses", 1}, {"not_understood", 1}, {"created", 1}});
    (void)world.region.get_or_create("refused", one, {.should_cache_fn = [](int) { return false; }});
    CHECK(world.counted() == Counts{{"misses", 1}, {"created", 1}, {"not_stored", 1}});
    CHECK_THROWS(world.region.get_or_create("failing", []() -> int { throw std::runtime_error(""); }));
    CHECK(world.counted() == Counts{{"misses", 1}, {"creation_failed", 1}});
    (void)world.region.get_or_create("overtaken", [&] {
        world.region.erase("overtaken");
        return 1;
    });
    CHECK(world.counted() == Counts{{"misses", 1}, {"created", 1}, {"writes_dropped", 1}});
    (void)world.region.refresh("refreshed", one);
    CHECK(world.counted() == Counts{{"created", 1}});
    world.proxy->writes_fail = true;
    (void)world.region.get_or_create("unwritten", one);
    CHECK(world.counted() == Counts{{"misses", 1}, {"created", 1}, {"writes_failed", 1}});
    world.proxy->reads_fail = world.proxy->locks_fail = true;
    (void)world.region.get_or_create("unread", one); // looked up twice
    CHECK(world.counted() ==
          Counts{{"misses", 1}, {"created", 1}, {"writes_failed", 1}, {"reads_failed", 2}, {"locks_failed", 1}});
    world.proxy->reads_fail = world.proxy->locks_fail = world.proxy->writes_fail = false;
    world.region.set("invalid", 1);
    world.region.invalidate();
    (void)world.region.get_or_create("invalid", one);
    CHECK(world.counted() == Counts{{"misses", 1}, {"hard_invalidated", 1}, {"created", 1}});
}

TEST_CASE("what each path of get_or_create counts that meets somebody else's creation", "[H27]") {
    World world;
    const std::string key = GENERATE("absent", "stale");
    test::HaltedCreation creation(world.region, key, 2);
    world.region.reset_statistics();
    if (key == "stale") {
        (void)world.region.get_or_create(key, one);
        CHECK(world.counted() == Counts{{"stale_hits", 1}});
    }
    auto late = test::on_another_thread([&] {
        return world.region.get_or_create(key, one, {.stale_time = 0s, .on_lock_timeout = OnLockTimeout::throw_error});
    });
    world.clock->await_waiters(1);
    world.clock->advance(5s);
    CHECK_THROWS_AS(late.get(), kennel::CreationTimeout);
    CHECK(world.counted() == Counts{{"misses", 1}});
    auto alone = test::on_another_thread([&] {
        return world.region.get_or_create(key, one, {.stale_time = 0s, .on_lock_timeout = OnLockTimeout::create_alone});
    });
    world.clock->await_waiters(1);
    world.clock->advance(5s);
    CHECK(alone.get() == 1);
    CHECK(world.counted() == Counts{{"misses", 1}, {"created", 1}});
    world.region.backend()->erase(key); // as the store does when it must make room
    auto joining = test::on_another_thread([&] { return world.region.get_or_create(key, one); });
    world.clock->await_waiters(1);
    CHECK(creation.finish() == 2);
    CHECK(joining.get() == 2);
    CHECK(world.counted() == Counts{{"misses", 1}, {"joined", 1}, {"created", 1}});
}

TEST_CASE("what get_or_create counts that finds another process creating", "[H27]") {
    World world;
    const auto locked = world.locks->mutex("stale");
    REQUIRE(locked->try_acquire());
    (void)world.region.get_or_create("stale", one);
    CHECK(world.counted() == Counts{{"stale_hits", 1}});
    locked->release();
    const auto other = world.locks->mutex("absent");
    REQUIRE(other->try_acquire());
    auto waiting = test::on_another_thread([&] { return world.region.get_or_create("absent", one); });
    world.clock->await_waiters(1);
    kennel::CachedValue entry{kennel::Payload::object(7), {}};
    entry.metadata.created = world.clock->wall_now();
    world.region.actual_backend()->set("absent", entry);
    other->release();
    CHECK(waiting.get() == 7);
    CHECK(world.counted() == Counts{{"hits", 1}});
}

TEST_CASE("what each path of a creation in the background counts", "[H27]") {
    enum class Runner { runs, refuses, drops };
    auto mode = std::make_shared<Runner>(Runner::runs);
    World world([mode](const kennel::CreationJob& job) {
        if (*mode == Runner::refuses) throw std::runtime_error("");
        if (*mode == Runner::runs) job();
    });
    const auto expire = [&] {
        world.region.set("stale", 1);
        world.clock->advance(11s);
    };
    (void)world.region.get_or_create("stale", one);
    CHECK(world.counted() == Counts{{"stale_hits", 1}, {"created", 1}});
    expire();
    *mode = Runner::refuses;
    (void)world.region.get_or_create("stale", one);
    CHECK(world.counted() == Counts{{"misses", 1}, {"created", 1}, {"runner_refused", 1}});
    expire();
    *mode = Runner::drops;
    (void)world.region.get_or_create("stale", one);
    CHECK(world.counted() == Counts{{"stale_hits", 1}});
    *mode = Runner::runs;
    (void)world.region.get_or_create("stale", one, {.soft_timeout = 1s});
    CHECK(world.counted() == Counts{{"misses", 1}, {"joined", 1}, {"created", 1}});
}

TEST_CASE("what each path of get_or_create_multi counts", "[H27]") {
    World world;
    (void)world.region.get_or_create_multi(Keys{"fresh", "stale", "absent", "absent"}, ones);
    CHECK(world.counted() == Counts{{"hits", 1}, {"misses", 2}, {"created", 1}});
    CHECK_THROWS(world.region.get_or_create_multi(Keys{"a", "b"}, [](const Keys&) { return std::vector<int>(); }));
    CHECK(world.counted() == Counts{{"misses", 2}, {"creation_failed", 1}});
    (void)world.region.get_or_create_multi(Keys{"a", "b"}, ones, {.should_cache_fn = [](int) { return false; }});
    CHECK(world.counted() == Counts{{"misses", 2}, {"created", 1}, {"not_stored", 2}});
    world.clock->advance(11s);
    test::HaltedCreations creation(world.region, {"fresh", "c"}, 1);
    world.region.reset_statistics();
    auto joining = test::on_another_thread([&] { return world.region.get_or_create_multi(Keys{"fresh", "c"}, ones); });
    world.clock->await_waiters(1);
    CHECK(world.counted() == Counts{{"stale_hits", 1}});
    (void)creation.finish();
    (void)joining.get();
    CHECK(world.counted() == Counts{{"misses", 1}, {"joined", 1}, {"created", 1}});
}

TEST_CASE("every look-up is exactly one of hit, stale hit and miss, however many threads look") {
    const World world;
    const kennel::CreateOptions<int> patient{.lock_timeout = kennel::unlimited}; // for the clock leaps
    test::run_together(8, [&](std::size_t thread) {
        for (int round = 0; round != 500; ++round) {
            const std::string key = std::to_string(round % 7);
            (void)world.region.get_or_create(key, one, patient);
            (void)world.region.get<int>(key);
            (void)world.region.get_or_create_multi(Keys{"1", "2", "1"}, ones, patient);
            if (thread == 0 && round % 10 == 0) world.clock->advance(11s);
            if (thread == 1 && round % 25 == 0) world.region.invalidate();
        }
    });
    const auto counts = world.region.statistics();
    CHECK(counts.hits + counts.stale_hits + counts.misses == 8 * 500 * 4);
}

TEST_CASE("a look-up that ends with an exception is a miss, wherever it ends", "[H27]") {
    World world;
    const auto& region = world.region;
    const auto count_of = [](std::uint64_t hits, std::uint64_t misses) {
        Counts counts{{"creation_failed", 1}, {"misses", misses}};
        if (hits != 0) counts["hits"] = hits;
        return counts;
    };
    SECTION("a creator that asks for its own key") {
        CHECK_THROWS_AS(region.get_or_create("a", [&] { return region.get_or_create("a", one); }),
                        kennel::RecursiveCreation);
        CHECK(world.counted() == count_of(0, 2));
    }
    SECTION("a creator that asks for its own key, of which there is an old value") {
        CHECK_THROWS_AS(region.get_or_create("stale", [&] { return region.get_or_create("stale", one); }),
                        kennel::RecursiveCreation);
        CHECK(world.counted() == count_of(0, 2));
    }
    SECTION("a creator that asks for its own key among others") {
        CHECK_THROWS_AS(region.get_or_create(
                            "b", [&] { return region.get_or_create_multi({"a", "b", "c", "fresh"}, ones).front(); }),
                        kennel::RecursiveCreation);
        CHECK(world.counted() == count_of(1, 4));
    }
    SECTION("a creator of many that asks for one of its keys") {
        CHECK_THROWS_AS(region.get_or_create_multi({"a", "b"},
                                                   [&](const Keys& keys) {
                                                       (void)region.get_or_create("b", one);
                                                       return ones(keys);
                                                   }),
                        kennel::RecursiveCreation);
        CHECK(world.counted() == count_of(0, 3));
    }
    SECTION("a creator of many that throws before others have created the rest") {
        test::HaltedCreation elsewhere(region, "b", 1);
        (void)world.counted();
        CHECK_THROWS_AS(region.get_or_create_multi(
                            {"a", "b"}, [](const Keys&) -> std::vector<int> { throw std::runtime_error("no luck"); }),
                        std::runtime_error);
        CHECK(world.counted() == count_of(0, 2));
    }
    SECTION("a creator of many that throws after it has waited for a value of another type") {
        test::HaltedCreation elsewhere(region, "a", 1);
        (void)world.counted();
        auto waiting = test::on_another_thread([&] {
            return region.get_or_create_multi(
                {"a"}, [](const Keys&) -> std::vector<std::string> { throw std::runtime_error("no luck"); });
        });
        world.clock->await_waiters(1);
        CHECK(elsewhere.finish() == 1);
        CHECK_THROWS_AS(waiting.get(), std::runtime_error);
        CHECK(world.counted() == Counts{{"creation_failed", 1}, {"misses", 1}, {"created", 1}, {"not_understood", 1}});
    }
}

TEST_CASE("a circle of two creations counts one look-up for each call", "[H27]") {
    World world;
    std::latch both_create(2);
    test::run_together(2, [&](std::size_t thread) {
        const std::string own = thread == 0 ? "a" : "b";
        const std::string other = thread == 0 ? "b" : "a";
        try {
            (void)world.region.get_or_create(own, [&] {
                both_create.arrive_and_wait();
                return world.region.get_or_create(other, one);
            });
        } catch (const kennel::RecursiveCreation&) { // NOLINT(*-empty-catch): one of them is told, and both get it
        }
    });
    const auto counts = world.region.statistics();
    CHECK(counts.misses == 4);
    CHECK(counts.hits + counts.stale_hits == 0);
}

TEST_CASE("what is asked for without an expiration time after a soft invalidation is a miss", "[H27]") {
    kennel::CacheRegion<> region;
    region.configure("memory");
    region.set("key", 1);
    region.invalidate(kennel::Invalidation::soft);
    CHECK_THROWS_AS(region.get_or_create("key", one), kennel::DogpileCacheException);
    CHECK_THROWS_AS(region.get_or_create_multi({"key", "another key"}, ones), kennel::DogpileCacheException);
    CHECK(counts_of(region.statistics()) == Counts{{"misses", 3}});
}

TEST_CASE("a key that a call names twice is looked up once", "[H27]") {
    World world;
    (void)world.region.get_multi<int>({"fresh", "absent", "fresh", "absent"});
    CHECK(world.counted() == Counts{{"hits", 1}, {"misses", 1}});
}

TEST_CASE("what a look-up counts that does a queued creation itself", "[H27]") {
    std::vector<kennel::CreationJob> jobs;
    World world([&](kennel::CreationJob job) { jobs.push_back(std::move(job)); });
    (void)world.region.get_or_create("stale", one);
    CHECK(world.counted() == Counts{{"stale_hits", 1}});
    (void)world.region.get_or_create("stale", one, {.stale_time = 0s, .lock_timeout = kennel::unlimited});
    CHECK(world.counted() == Counts{{"misses", 1}, {"joined", 1}, {"created", 1}});
    jobs.front()();
    CHECK(world.counted().empty());
}
