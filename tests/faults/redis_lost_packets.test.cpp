// needs: redis
// A network that loses everything, so that connections seem to be open and are not.

#include "kennel/backends/redis.hpp"

#include "support/fault_proxy.hpp"
#include "support/halted_creation.hpp"
#include "support/messages.hpp"
#include "support/redis_backend.hpp"
#include "support/threads.hpp"

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::BackendError;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using test::wait_until;
using test::redis::fails_in_time;
using test::redis::KnownEntries;
using test::redis::locking;
using test::redis::new_backend;
using test::redis::new_region;

const kennel::Arguments impatient = {{"socket_timeout", 300ms}, {"socket_connect_timeout", 300ms}};

/// Everything that a backend can be asked about a key.
std::vector<std::pair<std::string, std::function<void(kennel::CacheBackend&, const std::string& key)>>> operations() {
    return {{"get", [](auto& backend, auto& key) { (void)backend.get(key); }},
            {"get_multi", [](auto& backend, auto& key) { (void)test::redis::texts_of(backend, {key, "known:3"}); }},
            {"set", [](auto& backend, auto& key) { backend.set(key, test::redis::entry("text")); }},
            {"set of more than is sent without an answer",
             [](auto& backend, auto& key) { backend.set(key, test::redis::entry(std::string(8'000'000, 'x'))); }},
            {"erase", [](auto& backend, auto& key) { backend.erase(key); }},
            {"a lock", [](auto& backend, auto& key) { (void)backend.get_mutex(key)->try_acquire(); }}};
}

/// Whether the connections of this process to a port ask for signs of life.
bool are_kept_alive(int port) {
    int connections = 0;
    bool are_kept_alive = true;
    for (int descriptor = 3; descriptor != 1024; ++descriptor) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        const bool is_connected = ::getpeername(descriptor, static_cast<sockaddr*>(static_cast<void*>(&peer)), &size) ==
                                  0;
        if (!is_connected || peer.sin_family != AF_INET || ntohs(peer.sin_port) != port) continue;
        int is_on = 0;
        size = sizeof is_on;
        CHECK(::getsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &is_on, &size) == 0);
        are_kept_alive = are_kept_alive && is_on != 0;
        ++connections;
    }
    CHECK(connections > 0);
    return are_kept_alive;
}

} // namespace

TEST_CASE("a connection on which nothing comes through any more costs a call its time, and is given up",
          "[redis][fault-2]") {
    test::RedisServer& server = test::redis_server();
    const KnownEntries known(server);
    test::FaultProxy proxy(server.address());
    const auto backend = new_backend(server.url_through(proxy.port()), locking(impatient));
    for (const auto& [name, operation] : operations()) {
        INFO(name);
        const std::string key = "key of " + name;
        REQUIRE(KnownEntries::come_back(*backend));
        proxy.lose_packets();
        CHECK(fails_in_time(300ms, [&, run = operation] { run(*backend, key); }));
        CHECK(proxy.sent().find(key) == std::string::npos); // though what was lost before may come only now
        proxy.pass();
        REQUIRE(KnownEntries::come_back(*backend));
        CHECK(KnownEntries::wrong_reads(*backend, 200) == 0);
    }
}

TEST_CASE("while nothing comes through, new connections are tried from time to time, and all others refused at once",
          "[redis][fault-2]") {
    test::RedisServer& server = test::redis_server();
    const KnownEntries known(server);
    test::FaultProxy proxy(server.address());
    const auto backend = new_backend(server.url_through(proxy.port()), impatient);
    proxy.lose_packets();
    CHECK(fails_in_time(300ms, [&] { (void)backend->get("key"); }));
    const auto complaint = [&] { return message_of<BackendError>([&] { (void)backend->get("key"); }); };
    CHECK(wait_until([&] { return mentions(complaint(), {"cannot connect", "the next attempt"}); }));
    CHECK(proxy.connections() == 0);
    proxy.pass();
    REQUIRE(KnownEntries::come_back(*backend));
    CHECK(KnownEntries::wrong_reads(*backend, 200) == 0);
}

TEST_CASE("a region misses and creates while nothing comes through, and finds its entries afterwards",
          "[redis][fault-2]") {
    test::RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto region = new_region(server.url_through(proxy.port()), locking(impatient));
    region.set("key", 1);
    proxy.lose_packets();
    CHECK_FALSE(region.get<int>("key").has_value());
    CHECK(region.get_or_create("key", [] { return 2; }) == 2);
    CHECK(region.statistics().created == 1);
    CHECK(region.statistics().reads_failed >= 1);
    proxy.pass();
    CHECK(wait_until([&] { return region.get<int>("key").has_value(); }));
}

TEST_CASE("a waiter whose message is lost asks by himself", "[redis][fault-2]") {
    test::RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto holder = new_region(server.url(), locking());
    const auto waiter = new_region(server.url_through(proxy.port()), locking());
    proxy.rewrite_replies([](const std::string& piece, bool) {
        return piece.find("\r\nmessage\r\n") == std::string::npos ? piece : std::string();
    });
    test::HaltedCreation creation(holder, "key", 1);
    auto waiting = test::on_another_thread([&] { return waiter.get_or_create("key", [] { return 2; }); });
    REQUIRE(wait_until([&] { return server.calls_of("pttl") != 0; }));
    CHECK(creation.finish() == 1);
    CHECK(waiting.get() == 1);
    CHECK(waiter.statistics().created == 0);
}

TEST_CASE("a waiter to whom nothing comes through any more creates alone in the end", "[redis][fault-2]") {
    test::RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto holder = new_region(server.url(), locking());
    const auto waiter = new_region(server.url_through(proxy.port()), locking(impatient));
    test::HaltedCreation creation(holder, "key", 1);
    auto waiting = test::on_another_thread([&] { return waiter.get_or_create("key", [] { return 2; }); });
    REQUIRE(wait_until([&] { return server.calls_of("pttl") != 0; }));
    proxy.lose_packets();
    CHECK(waiting.get() == 2);
    CHECK(waiter.statistics().locks_failed == 1);
    CHECK(creation.finish() == 1);
    CHECK(holder.get<int>("key") == 1);
}

TEST_CASE("connections ask for signs of life unless that is not wanted", "[redis][fault-2]") {
    test::RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const bool is_wanted = GENERATE(true, false);
    const auto backend = new_backend(server.url_through(proxy.port()), {{"socket_keepalive", is_wanted}});
    REQUIRE_FALSE(backend->get("key").has_value());
    CHECK(are_kept_alive(proxy.port()) == is_wanted);
}
