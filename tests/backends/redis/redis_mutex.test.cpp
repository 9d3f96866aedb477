// needs: redis
#include "kennel/backends/redis/redis_mutex.hpp"

#include "support/fault_proxy.hpp"
#include "support/halted_creation.hpp"
#include "support/redis_backend.hpp"
#include "support/threads.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CacheRegion;
using test::HaltedCreation;
using test::RedisServer;
using test::wait_until;
using test::redis::locking;
using test::redis::new_backend;
using test::redis::new_region;

const std::string python_token = "3b4433cae57711f19a3802fc00000001";

/// Nobody polls within the time of a test.
const kennel::Arguments seldom_polling = {{"distributed_lock", true}, {"lock_sleep", 600s}};

/// A call that waits for another process.
struct WaitingCall {
    WaitingCall(RedisServer& server, const CacheRegion<>& region) {
        const long before = server.calls_of("pttl");
        result = test::on_another_thread([region] { return region.get_or_create("key", [] { return 2; }); });
        REQUIRE(wait_until([&] { return server.calls_of("pttl") > before; }));
    }

    std::future<int> result;
};

long commands_of_waiting(RedisServer& server) {
    return server.calls_of("set") + server.calls_of("get") + server.calls_of("exists") + server.calls_of("pttl");
}

} // namespace

TEST_CASE("a lock of Kennel's is a key with a token and a lease", "[redis][lock]") {
    RedisServer& server = test::redis_server();
    const auto backend = new_backend(server.url(), locking({{"lock_timeout", 20s}}));
    std::set<std::string> tokens;
    for (int count = 0; count != 20; ++count) {
        const auto mutex = backend->get_mutex("key");
        REQUIRE(mutex->try_acquire());
        const std::string token = server.command({"GET", "_lockkey"});
        CHECK(token.size() == 32);
        CHECK(token.find_first_not_of("0123456789abcdef") == std::string::npos);
        CHECK(token[12] == 'c');
        tokens.insert(token);
        const long left = std::stol(server.command({"PTTL", "_lockkey"}));
        CHECK(left > 15'000);
        CHECK(left <= 20'000);
        mutex->release();
    }
    CHECK(tokens.size() == 20);
}

TEST_CASE("a lock without a lease has no end", "[redis][lock]") {
    RedisServer& server = test::redis_server();
    const auto mutex = new_backend(server.url(), locking({{"lock_timeout", 0}}))->get_mutex("key");
    REQUIRE(mutex->try_acquire());
    CHECK(server.command({"PTTL", "_lockkey"}) == "-1");
}

TEST_CASE("a lock that is destroyed while it is held is given back", "[redis][lock]") {
    RedisServer& server = test::redis_server();
    const auto backend = new_backend(server.url(), locking());
    REQUIRE(backend->get_mutex("key")->try_acquire());
    CHECK(server.command({"EXISTS", "_lockkey"}) == "0");
}

TEST_CASE("a lock outlives its backend", "[redis][lock]") {
    RedisServer& server = test::redis_server();
    auto backend = new_backend(server.url(), locking({{"lock_timeout", 1500ms}}));
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->try_acquire());
    backend.reset();
    const long before = server.calls_of("evalsha") + server.calls_of("eval");
    CHECK(
        wait_until([&] { return server.calls_of("evalsha") + server.calls_of("eval") > before + 2; })); // it is renewed
    CHECK(mutex->locked());
    mutex->release();
    CHECK_FALSE(mutex->locked());
}

TEST_CASE("who waits is told by the server when the value is there, and takes it without creating",
          "[redis][waiting]") {
    RedisServer& server = test::redis_server();
    const auto holder = new_region(server.url(), locking());
    const auto waiter = new_region(server.url(), seldom_polling);
    auto fastest = 1h + 0ns;
    for (int round = 0; round != 5; ++round) {
        holder.erase("key");
        HaltedCreation creation(holder, "key", 1);
        WaitingCall waiting(server, waiter);
        const auto start = std::chrono::steady_clock::now();
        creation.let_go();
        CHECK(waiting.result.get() == 1);
        fastest = (std::min)(fastest, std::chrono::steady_clock::now() - start + 0ns);
        CHECK(creation.finish() == 1);
    }
    CHECK(waiter.statistics().created == 0);
    CHECK(fastest < 300ms); // while the lock is asked for all the same only each second
}

TEST_CASE("who waits costs the server next to nothing", "[redis][waiting]") {
    RedisServer& server = test::redis_server();
    const auto holder = new_region(server.url(), locking());
    const auto waiter = new_region(server.url(), seldom_polling);
    HaltedCreation creation(holder, "key", 1);
    server.command({"CONFIG", "RESETSTAT"});
    WaitingCall waiting(server, waiter);
    const auto start = std::chrono::steady_clock::now();
    CHECK(commands_of_waiting(server) <= 6);
    CHECK_FALSE(wait_until(
        [&] {
            const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
            return commands_of_waiting(server) > 6 + 4 * seconds.count();
        },
        900ms));
    CHECK(creation.finish() == 1);
    CHECK(waiting.result.get() == 1);
}

TEST_CASE("a process is one waiter at the server, however many of its threads wait", "[redis][waiting]") {
    RedisServer& server = test::redis_server();
    const auto holder = new_region(server.url(), locking());
    const auto waiter = new_region(server.url(), seldom_polling);
    HaltedCreation creation(holder, "key", 1);
    server.command({"CONFIG", "RESETSTAT"});
    std::vector<std::future<int>> calls;
    for (int count = 0; count != 50; ++count)
        calls.push_back(test::on_another_thread([&] { return waiter.get_or_create("key", [] { return 2; }); }));
    REQUIRE(wait_until([&] { return server.calls_of("get") >= 51; })); // each has looked
    CHECK(server.calls_of("set") <= 3);
    CHECK(creation.finish() == 1);
    for (auto& call : calls) CHECK(call.get() == 1);
}

TEST_CASE("who waits is told when the lock goes in any other way", "[redis][waiting]") {
    RedisServer& server = test::redis_server();
    const auto waiter = new_region(server.url(), seldom_polling);
    server.command({"SET", "_lockkey", python_token, "PX", "60000"});
    WaitingCall waiting(server, waiter);
    SECTION("given back by Python, which has created") {
        new_region(server.url()).set("key", 7); // as Python would store it, which knows nothing of others' locks
        server.command({"DEL", "_lockkey"});
        CHECK(waiting.result.get() == 7);
    }
    SECTION("given back by Python, which has not") {
        server.command({"DEL", "_lockkey"});
        CHECK(waiting.result.get() == 2);
    }
    SECTION("expired") {
        server.command({"PEXPIRE", "_lockkey", "50"});
        CHECK(waiting.result.get() == 2);
    }
    SECTION("with all the others") {
        server.command({"FLUSHALL"});
        CHECK(waiting.result.get() == 2);
    }
    SECTION("while the connection for messages is lost again and again") {
        for (int count = 0; count != 3; ++count) server.command({"CLIENT", "KILL", "TYPE", "pubsub"});
        server.command({"DEL", "_lockkey"});
        CHECK(waiting.result.get() == 2);
    }
    SECTION("while all connections are lost") {
        server.command({"CLIENT", "KILL", "TYPE", "pubsub"});
        server.command({"CLIENT", "KILL", "TYPE", "normal"});
        server.command({"DEL", "_lockkey"});
        CHECK(waiting.result.get() == 2);
    }
}

TEST_CASE("a region may go while its threads wait for messages and renew", "[redis][waiting]") {
    RedisServer& server = test::redis_server();
    for (int round = 0; round != 20; ++round) {
        auto backend = new_backend(server.url(), locking({{"lock_timeout", 30ms}}));
        const auto held = backend->get_mutex("key");
        REQUIRE(held->try_acquire());
        const auto waiter = backend->get_mutex("key");
        (void)waiter->acquire(std::chrono::steady_clock::now() + std::chrono::milliseconds(round));
    }
    CHECK(server.command({"EXISTS", "_lockkey"}) == "0");
}

TEST_CASE("all but a creation costs one round trip", "[redis][round_trips]") {
    RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto region = new_region(server.url_through(proxy.port()), locking({{"lock_timeout", 60s}}));
    region.set("before", 0);
    const auto round_trips_of = [&](const auto& action) {
        proxy.forget();
        action();
        return proxy.round_trips();
    };
    const std::vector<std::string> keys = {"a", "b", "c", "d"};
    CHECK(round_trips_of([&] { region.set("a", 1); }) == 1);
    CHECK(round_trips_of([&] { (void)region.get<int>("a"); }) == 1);
    CHECK(round_trips_of([&] { region.set_multi<int>({{"a", 1}, {"b", 2}, {"c", 3}}); }) == 1);
    CHECK(round_trips_of([&] { (void)region.get_multi<int>(keys); }) == 1);
    CHECK(round_trips_of([&] { region.erase_multi(keys); }) == 1);
    CHECK(round_trips_of([&] { region.erase("a"); }) == 1);
    CHECK(round_trips_of([&] { (void)region.key_is_locked("a"); }) == 1);
    const auto mutex = region.backend()->get_mutex("a");
    CHECK(round_trips_of([&] { CHECK(mutex->try_acquire()); }) == 1);
    CHECK(round_trips_of([&] { mutex->release(); }) == 1);
}
