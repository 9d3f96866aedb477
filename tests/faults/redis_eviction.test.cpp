// needs: redis
// Servers that drop what they like: entries, locks, and what they know of who waits.

#include "kennel/backends/redis.hpp"

#include "support/halted_creation.hpp"
#include "support/redis_backend.hpp"
#include "support/threads.hpp"

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <vector>

namespace {

using kennel::CacheRegion;
using test::HaltedCreation;
using test::RedisServer;
using test::wait_until;
using test::redis::locking;
using test::redis::new_region;

bool exists(RedisServer& server, const std::string& key) { return server.command({"EXISTS", key}) == "1"; }

/// A server that drops the least recently used keys when its memory is full.
class FullServer {
public:
    FullServer() : server_({"--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru"}) {}

    RedisServer* operator->() { return &server_; }
    RedisServer& operator*() { return server_; }

    /// Stores other things until the key has gone.
    [[nodiscard]] bool evict(const std::string& key) {
        test::RespClient client = server_.new_client();
        for (int number = 0; number != 20'000; ++number) {
            client.call({"SET", "filling:" + std::to_string(number), std::string(5000, 'x')});
            if (number % 10 == 0 && client.call({"EXISTS", key}).text == "0") return true;
        }
        return false;
    }
    /// From now on nothing is dropped.
    void end_of_pressure() { server_.command({"CONFIG", "SET", "maxmemory", "0"}); }

private:
    RedisServer server_;
};

/// A call that waits for the lock of "key".
std::future<int> waiting_call(RedisServer& server, const CacheRegion<>& region, int value) {
    server.command({"CONFIG", "RESETSTAT"});
    auto waiting = test::on_another_thread(
        [&region, value] { return region.get_or_create("key", [value] { return value; }); });
    REQUIRE(wait_until([&] { return server.calls_of("pttl") != 0; }));
    return waiting;
}

} // namespace

TEST_CASE("a creation whose lock was evicted does not store its value, and leaves alone what others have stored",
          "[redis][fault-13]") {
    FullServer server;
    const auto region = new_region(server->url(), locking());
    const auto other = new_region(server->url(), locking());
    HaltedCreation creation(region, "key", 1);
    REQUIRE(server.evict("_lockkey"));
    server.end_of_pressure();
    SECTION("nothing") {
        CHECK(creation.finish() == 1);
        CHECK_FALSE(exists(*server, "key"));
    }
    SECTION("a value") {
        CHECK(other.get_or_create("key", [] { return 2; }) == 2);
        CHECK(creation.finish() == 1);
        CHECK(other.get<int>("key") == 2);
    }
    SECTION("a lock") {
        HaltedCreation second(other, "key", 2);
        CHECK(creation.finish() == 1);
        CHECK_FALSE(exists(*server, "key"));
        CHECK(exists(*server, "_lockkey"));
        CHECK(second.finish() == 2);
        CHECK(other.get<int>("key") == 2);
        CHECK(other.statistics().locks_lost == 0);
    }
    CHECK(region.statistics().locks_lost == 1);
    CHECK(region.statistics().writes_failed == 0);
}

TEST_CASE("who waits for a lock that is evicted creates himself", "[redis][fault-13]") {
    FullServer server;
    const auto holder = new_region(server->url(), locking());
    const auto waiter = new_region(server->url(), locking());
    HaltedCreation creation(holder, "key", 1);
    std::future<int> waiting = waiting_call(*server, waiter, 2);
    CHECK(server.evict("_lockkey"));
    CHECK(waiting.get() == 2);
    server.end_of_pressure();
    CHECK(creation.finish() == 1);
    CHECK(holder.statistics().locks_lost == 1);
    const std::optional<int> left = holder.get<int>("key"); // which may have been evicted, too
    CHECK(left.value_or(2) == 2);
}

TEST_CASE("an evicted value is a miss, alone and among others, and is created again", "[redis][fault-13]") {
    FullServer server;
    const auto region = new_region(server->url(), locking());
    region.set("key", 1);
    REQUIRE(server.evict("key"));
    server.end_of_pressure();
    region.set("other", 2);
    CHECK_FALSE(region.get<int>("key").has_value());
    CHECK(region.get_multi<int>(std::vector<std::string>{"key", "other"}) == std::vector<std::optional<int>>{{}, 2});
    CHECK(region.get_or_create("key", [] { return 3; }) == 3);
    CHECK(region.get<int>("key") == 3);
    CHECK(region.statistics().reads_failed == 0);
}

TEST_CASE("who waits is woken by a server that forgets at once whom to tell", "[redis][fault-13]") {
    RedisServer server({"--tracking-table-max-keys", "1"});
    const auto holder = new_region(server.url(), locking());
    const auto waiter = new_region(server.url(), locking());
    HaltedCreation creation(holder, "key", 1);
    test::RespClient reader = server.new_client(); // of so many other keys that the waiter's is forgotten
    test::RespClient listener = server.new_client();
    REQUIRE(reader.call({"CLIENT", "TRACKING", "ON", "REDIRECT", listener.call({"CLIENT", "ID"}).text}).text == "OK");
    std::future<int> waiting = waiting_call(server, waiter, 2);
    for (int round = 0; round != 10; ++round)
        for (int number = 0; number != 100; ++number) reader.call({"GET", "other " + std::to_string(number)});
    CHECK(waiting.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
    CHECK(creation.finish() == 1);
    CHECK(waiting.get() == 1);
    CHECK(waiter.statistics().created == 0);
    CHECK(waiter.statistics().locks_failed == 0);
}
