// needs: redis
// A region whose calls miss looks for the entry and asks for its lock in one round trip.

#include "kennel/backends/redis.hpp"
#include "kennel/creation_scope.hpp"
#include "kennel/kennel.hpp"

#include "support/catch.hpp"
#include "support/fault_proxy.hpp"
#include "support/halted_creation.hpp"
#include "support/redis_backend.hpp"
#include "support/threads.hpp"
#include "support/wait_until.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CacheRegion;
using test::RedisServer;
using test::redis::locking;
using test::redis::new_region;

/// Lets a call of the region miss, so that it expects the next one to miss as well.
void miss(const CacheRegion<>& region) {
    region.erase("missed");
    CHECK(region.get_or_create("missed", [] { return 0; }) == 0);
}

[[nodiscard]] bool is_locked(RedisServer& server, const std::string& key) {
    return server.command({"EXISTS", "_lock" + key}) == "1";
}

} // namespace

TEST_CASE("a miss under a lock of the server costs two round trips after a miss, three after a hit",
          "[redis][round_trips]") {
    RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto region = new_region(server.url_through(proxy.port()), locking());
    miss(region); // the connection is there, and the scripts are known
    miss(region);
    const auto round_trips_of = [&](const std::string& key) {
        proxy.forget();
        CHECK(region.get_or_create(key, [] { return 1; }) == 1);
        return proxy.round_trips();
    };
    CHECK(round_trips_of("a") == 2); // look and take the lock; store and give it back
    CHECK(round_trips_of("b") == 2);
    CHECK(round_trips_of("a") == 1); // a hit all the same
    CHECK(round_trips_of("c") == 3); // look; take the lock and look again; store and give it back
    CHECK(round_trips_of("d") == 2);
    CHECK(proxy.connections() == 0);
    CHECK(region.statistics().hits == 1);
    CHECK(region.statistics().misses == 6);
}

TEST_CASE("a value that is there is a hit, and leaves no lock, for a call that expected none", "[redis][locks]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking());
    const auto other = new_region(server.url(), locking());
    other.set("key", std::string(100'000, 'x'));
    miss(region);
    const auto never = []() -> std::string { throw std::logic_error("created"); };
    CHECK(region.get_or_create("key", never) == std::string(100'000, 'x'));
    CHECK_FALSE(is_locked(server, "key"));
    CHECK(region.statistics().hits == 1);
}

TEST_CASE("what was read along with a lock of somebody else's is not read again", "[redis][round_trips]") {
    RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto held = test::redis::new_backend(server.url(), locking())->get_mutex("key");
    REQUIRE(held->try_acquire());
    const auto backend = test::redis::new_backend(server.url_through(proxy.port()), locking());
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->look_or_acquire() == kennel::Turn::timed_out);
    proxy.forget();
    const kennel::CreationScope scope({&mutex, 1});
    CHECK_FALSE(test::redis::text_of(*backend, "key"));
    CHECK(proxy.round_trips() == 0);
}

TEST_CASE("a call that expects a miss waits for the creation of another process", "[redis][locks]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking());
    const auto other = new_region(server.url(), locking());
    test::HaltedCreation creation(other, "key", 1);
    miss(region);
    auto waiting = test::on_another_thread([&] { return region.get_or_create("key", [] { return 2; }); });
    REQUIRE(test::wait_until([&] { return server.calls_of("pttl") != 0; }));
    CHECK(creation.finish() == 1);
    CHECK(waiting.get() == 1);
    CHECK_FALSE(is_locked(server, "key"));
}

TEST_CASE("a call that expects a miss takes the old value while another process creates", "[redis][locks]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking());
    const auto other = new_region(server.url(), locking());
    other.set("key", 1);
    const kennel::CreateOptions<int> expired{.expiration_time = 0s};
    test::Stop stop;
    auto creating = test::on_another_thread([&] {
        return other.get_or_create(
            "key",
            [&] {
                stop.halt();
                return 2;
            },
            expired);
    });
    stop.await_arrival();
    miss(region);
    CHECK(region.get_or_create("key", [] { return 3; }, expired) == 1);
    stop.let_go();
    CHECK(creating.get() == 2);
    CHECK(region.get<int>("key") == 2);
}

TEST_CASE("an expired value is created anew by a call that expected none", "[redis][locks]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking());
    region.set("key", 1);
    miss(region);
    CHECK(region.get_or_create("key", [] { return 2; }, {.expiration_time = 0s}) == 2);
    CHECK_FALSE(is_locked(server, "key"));
    CHECK(region.get<int>("key") == 2);
}

TEST_CASE("what is no entry does not keep a call that expects a miss from creating", "[redis][fault-8]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking());
    miss(region);
    SECTION("a list") { server.command({"RPUSH", "key", "x"}); }
    SECTION("nothing at all") { server.command({"SET", "key", ""}); }
    SECTION("somebody else's text") { server.command({"SET", "key", "text"}); }
    CHECK(region.get_or_create("key", [] { return 1; }) == 1);
    CHECK(region.get<int>("key") == 1);
    CHECK_FALSE(is_locked(server, "key"));
}

TEST_CASE("a creator may ask for other keys when the region expects misses", "[redis][locks]") {
    const auto region = new_region(test::redis_server().url(), locking());
    miss(region);
    CHECK(region.get_or_create("outer", [&] {
        return 1 +
               region.get_or_create("inner", [&] { return 1 + region.get_or_create("innermost", [] { return 1; }); });
    }) == 3);
    CHECK_THROWS_AS(region.get_or_create("self", [&] { return region.get_or_create("self", [] { return 1; }); }),
                    kennel::RecursiveCreation);
}

TEST_CASE("each value is created once although all calls expect misses", "[redis][locks]") {
    RedisServer& server = test::redis_server();
    const auto one = new_region(server.url(), locking());
    const auto other = new_region(server.url(), locking());
    std::vector<std::atomic<int>> created(200);
    std::atomic<int> wrong = 0;
    test::run_together(6, [&](std::size_t thread) {
        const auto& region = thread % 2 == 0 ? one : other;
        for (std::size_t key = 0; key != created.size(); ++key)
            if (region.get_or_create("key " + std::to_string(key), [&] { return ++created[key]; }) != 1) ++wrong;
    });
    CHECK(wrong == 0);
    for (const auto& count : created) CHECK(count == 1);
}
