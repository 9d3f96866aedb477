// needs: memcached
// Servers that are absent, go, and come back.

#include "kennel/backends/memcached.hpp"

#include "backends/memcached/faulty_server.hpp"
#include "kennel/kennel.hpp"
#include "support/catch.hpp"
#include "support/fault_proxy.hpp"
#include "support/memcached_server.hpp"
#include "support/messages.hpp"
#include "support/wait_until.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::BackendError;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using test::FaultySetting;
using test::memcached_backend;
using test::put;
using test::text_of;

} // namespace

TEST_CASE("a server that is not there is an error at once, for reads and for writes", "[memcached][faults]") {
    const auto backend = memcached_backend("127.0.0.1:1", {{"distributed_lock", true}});
    const std::vector<std::string_view> keys{"a", "b"};
    const auto nothing = [](std::size_t, const kennel::CachedValue&) {};
    const auto start = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(backend->get("key"), BackendError);
    CHECK_THROWS_AS(put(*backend, "key", "value"), BackendError);
    CHECK_THROWS_AS(backend->erase("key"), BackendError);
    CHECK_THROWS_AS(backend->erase_multi(keys), BackendError);
    CHECK_THROWS_AS(backend->get_multi(keys, nothing), BackendError);
    CHECK_THROWS_AS(backend->get_mutex("key")->try_acquire(), BackendError);
    CHECK_THROWS_AS(backend->get_mutex("key")->locked(), BackendError);
    for (int round = 0; round != 1000; ++round) CHECK_THROWS_AS(backend->get("key"), BackendError);
    CHECK(std::chrono::steady_clock::now() - start < 30s);
}

TEST_CASE("an error names server, operation and key, and shows no value", "[memcached][faults]") {
    const auto text_for = [](auto&& action) {
        const auto backend = memcached_backend("127.0.0.1:1");
        return message_of<BackendError>([&] { action(*backend); });
    };
    const std::string read = text_for([](auto& backend) { static_cast<void>(text_of(backend, "user:1")); });
    CHECK(mentions(read, {"memcached", "127.0.0.1:1", "get 'user:1'", "cannot connect"}));
    const std::string write = text_for([](auto& backend) { put(backend, std::string(100, 'k'), "secret"); });
    CHECK(mentions(write, {"127.0.0.1:1", "set 'kkk", "kkk...'"}));
    CHECK_FALSE(mentions(write, {"secret"}));
    CHECK_FALSE(mentions(write, {std::string(61, 'k')}));
    CHECK(mentions(text_for([](auto& backend) { backend.erase("a b"); }), {"erase '%e:a%20b'"}));
}

TEST_CASE("a host that does not exist is an error", "[memcached][faults]") {
    const auto backend = memcached_backend("does-not-exist.invalid:11211");
    CHECK_THROWS_AS(backend->get("key"), BackendError);
}

TEST_CASE("a region without its server creates, counts the failures, and tells of lost writes", "[memcached][faults]") {
    kennel::CacheRegion region;
    region.configure("memcached",
                     {.expiration_time = 1h, .arguments = {{"url", "127.0.0.1:1"}, {"distributed_lock", true}}});
    int calls = 0;
    CHECK(region.get_or_create("key", [&] { return ++calls; }) == 1);
    CHECK(region.get_or_create("key", [&] { return ++calls; }) == 2);
    CHECK_FALSE(region.get<int>("key"));
    CHECK_THROWS_AS(region.set("key", 1), BackendError);
    CHECK_THROWS_AS(region.erase("key"), BackendError);
}

TEST_CASE("a server that comes back is used again", "[memcached][faults]") {
    FaultySetting setting;
    setting.proxy.refuse_connections();
    CHECK_THROWS_AS(setting.backend->get("key"), BackendError);
    CHECK_THROWS_AS(put(*setting.backend, "key", "lost"), BackendError);
    setting.proxy.accept_connections();
    setting.expect_recovery();
}

TEST_CASE("a connection that was ended while it was idle costs nobody an error", "[memcached][faults]") {
    FaultySetting setting;
    const auto action = GENERATE(0, 1, 2, 3, 4);
    setting.proxy.end_connections();
    const std::vector<std::string_view> keys{"key", "other"};
    std::size_t found = 0;
    switch (action) {
    case 0: CHECK(text_of(*setting.backend, "key") == "value"); break;
    case 1: CHECK_NOTHROW(put(*setting.backend, "key", "value")); break;
    case 2: CHECK_NOTHROW(setting.backend->erase("none")); break;
    case 3:
        setting.backend->get_multi(keys, [&](std::size_t, const kennel::CachedValue&) { ++found; });
        CHECK(found == 2);
        break;
    default: CHECK_FALSE(text_of(*setting.backend, "none"));
    }
    CHECK(text_of(*setting.backend, "key") == "value");
}

TEST_CASE("a server that was started anew is used without an error", "[memcached][faults]") {
    test::MemcachedServer server;
    const auto backend = memcached_backend(server.url());
    put(*backend, "key", "value");
    server.restart();
    CHECK_FALSE(text_of(*backend, "key"));
    put(*backend, "key", "again");
    CHECK(text_of(*backend, "key") == "again");
}

TEST_CASE("when all connections are in use for too long, that is an error", "[memcached][faults]") {
    const auto backend = memcached_backend(test::memcached_server().url(),
                                           {{"max_connections", 1}, {"socket_timeout", 1s}});
    put(*backend, "key", "value");
    std::string text;
    backend->visit("key", [&](const kennel::CachedValue&) {
        text = message_of<BackendError>([&] { static_cast<void>(backend->get("key")); });
    });
    CHECK(mentions(text, {"all 1 connections", "max_connections"}));
    CHECK(text_of(*backend, "key") == "value");
}
