// needs: redis
// A server that stops, or answers too slowly, costs its callers no more than the time that they allow.

#include "kennel/backends/redis.hpp"

#include "support/fault_proxy.hpp"
#include "support/redis_backend.hpp"
#include "support/threads.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::redis::fails_in_time;
using test::redis::KnownEntries;
using test::redis::locking;
using test::redis::new_backend;
using test::redis::new_region;

const kennel::Arguments impatient = {{"socket_timeout", 300ms}, {"socket_connect_timeout", 300ms}};

/// Everything that a backend can be asked.
std::vector<std::pair<std::string, std::function<void(kennel::CacheBackend&)>>> operations() {
    return {{"get", [](auto& backend) { (void)backend.get("known:0"); }},
            {"get of a long value", [](auto& backend) { (void)backend.get("known:3"); }},
            {"get_multi", [](auto& backend) { (void)test::redis::texts_of(backend, {"known:1", "known:3"}); }},
            {"set", [](auto& backend) { backend.set("written", test::redis::entry("text")); }},
            {"erase", [](auto& backend) { backend.erase("written"); }}};
}

} // namespace

TEST_CASE("a server that is halted costs a read its time and its connection, and nothing after that",
          "[redis][fault-1]") {
    test::RedisServer server;
    const KnownEntries known(server);
    const auto backend = new_backend(server.url(), impatient);
    for (const auto& [name, operation] : operations()) {
        INFO(name);
        REQUIRE(KnownEntries::come_back(*backend));
        server.process().suspend();
        CHECK(fails_in_time(300ms, [&, run = operation] { run(*backend); }));
        server.process().resume();
        REQUIRE(KnownEntries::come_back(*backend));
        CHECK(KnownEntries::wrong_reads(*backend) == 0);
    }
}

TEST_CASE("while a server is halted, callers are refused at once most of the time", "[redis][fault-1]") {
    test::RedisServer server;
    const auto backend = new_backend(server.url(), impatient);
    REQUIRE_FALSE(backend->get("key").has_value());
    server.process().suspend();
    CHECK_THROWS_AS(backend->get("key"), kennel::BackendError); // at the connection that there was
    CHECK_THROWS_AS(backend->get("key"), kennel::BackendError); // at a new one
    const auto took = test::redis::time_of([&] { CHECK_THROWS_AS(backend->get("key"), kennel::BackendError); });
    CHECK(took < 290ms);
}

TEST_CASE("half a reply and then nothing is a failure within the time, and never a value",
          "[redis][fault-1][fault-6]") {
    test::RedisServer& server = test::redis_server();
    const KnownEntries known(server);
    test::FaultProxy proxy(server.address());
    const auto backend = new_backend(server.url_through(proxy.port()), impatient);
    for (const auto& [name, operation] : operations()) {
        INFO(name);
        REQUIRE(KnownEntries::come_back(*backend));
        proxy.rewrite_replies([](const std::string& piece, bool is_first) {
            return is_first ? piece.substr(0, piece.size() / 2) : std::string();
        });
        CHECK(fails_in_time(300ms, [&, run = operation] { run(*backend); }));
        proxy.pass();
        REQUIRE(KnownEntries::come_back(*backend));
        CHECK(KnownEntries::wrong_reads(*backend, 200) == 0);
    }
}

TEST_CASE("a reply that comes after the time was up meets nobody", "[redis][fault-1]") {
    test::RedisServer& server = test::redis_server();
    const KnownEntries known(server);
    test::FaultProxy proxy(server.address());
    const auto backend = new_backend(server.url_through(proxy.port()), impatient);
    REQUIRE(KnownEntries::wrong_reads(*backend, 10) == 0);
    proxy.hold();
    CHECK(fails_in_time(300ms, [&] { (void)backend->get(KnownEntries::key(5)); }));
    proxy.pass();
    CHECK(KnownEntries::wrong_reads(*backend) == 0);
    CHECK(proxy.connections() == 2);
}

TEST_CASE("a reply that comes byte by byte is given up when the time is up", "[redis][fault-3]") {
    test::RedisServer& server = test::redis_server();
    const KnownEntries known(server);
    test::FaultProxy proxy(server.address());
    const auto backend = new_backend(server.url_through(proxy.port()), impatient);
    const auto check = [&](const std::string& key) {
        REQUIRE(KnownEntries::come_back(*backend));
        proxy.drip(20ms);
        CHECK(fails_in_time(300ms, [&] { (void)backend->get(key); }));
        proxy.pass();
        REQUIRE(KnownEntries::come_back(*backend));
        CHECK(KnownEntries::wrong_reads(*backend, 200) == 0);
    };
    SECTION("a short value") { check(KnownEntries::key(5)); }
    SECTION("a long value") { check(KnownEntries::key(3)); }
}

TEST_CASE("a greeting that comes byte by byte is given up when the time is up", "[redis][fault-3]") {
    test::RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto backend = new_backend(server.url_through(proxy.port()), impatient);
    proxy.drip(200ms);
    CHECK(fails_in_time(300ms, [&] { (void)backend->get("key"); }));
}

TEST_CASE("a region misses and creates while its server is halted", "[redis][fault-1][defect-D20]") {
    test::RedisServer server;
    const auto region = new_region(server.url(), impatient);
    region.set("key", 1);
    server.process().suspend();
    CHECK_FALSE(region.get<int>("key").has_value());
    CHECK(region.get_or_create("key", [] { return 2; }) == 2);
    CHECK_THROWS_AS(region.set("key", 3), kennel::BackendError);
    CHECK_THROWS_AS(region.erase("key"), kennel::BackendError);
    const kennel::RegionStatistics statistics = region.statistics();
    CHECK(statistics.reads_failed >= 2);
    CHECK(statistics.created == 1);
    server.process().resume();
    CHECK(test::wait_until([&] { return region.get<int>("key").has_value(); }));
}

TEST_CASE("who waits for a lock keeps to its time while the server is halted", "[redis][fault-1][fault-17]") {
    test::RedisServer server;
    const auto holder = new_backend(server.url(), locking());
    const auto waiter = new_backend(server.url(), locking(impatient));
    const auto held = holder->get_mutex("key");
    REQUIRE(held->try_acquire());
    REQUIRE_FALSE(waiter->get_mutex("key")->try_acquire());
    server.process().suspend();
    CHECK(fails_in_time(300ms, [&] { (void)waiter->get_mutex("key")->acquire(); }));
    server.process().resume();
}
