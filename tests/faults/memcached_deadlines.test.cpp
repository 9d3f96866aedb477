// needs: memcached
// A server that stops, or answers too slowly, costs its callers no more than the time that they allow.

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
using test::FaultySetting;
using test::memcached_backend;
using test::put;
using test::text_of;
using test::time_to_failure;

} // namespace

TEST_CASE("a server that is silent is an error when the time is up, and not waited for by the next",
          "[memcached][fault-1]") {
    test::MemcachedServer server;
    const bool is_binary = GENERATE(false, true);
    const auto backend = memcached_backend(server.url(), {{"socket_timeout", 300ms}, {"binary", is_binary}});
    for (int number = 0; number != 10; ++number) put(*backend, "key" + std::to_string(number), std::to_string(number));
    test::suspend(server);
    const auto first = time_to_failure([&] { static_cast<void>(backend->get("key1")); });
    CHECK(first >= 290ms);
    CHECK(first < 10s);
    CHECK(test::wait_until([&] { return time_to_failure([&] { static_cast<void>(backend->get("key2")); }) < 100ms; }));
    server.process().resume();
    REQUIRE(test::wait_until([&] {
        try {
            return text_of(*backend, "key0") == "0";
        } catch (const BackendError&) {
            return false;
        }
    }));
    for (int round = 0; round != 1000; ++round) {
        const std::string number = std::to_string(round % 10);
        REQUIRE(text_of(*backend, "key" + number) == number);
    }
}

TEST_CASE("a value that is too large for the buffers of a silent server is an error when the time is up",
          "[memcached][fault-1]") {
    test::MemcachedServer server({"-m", "200", "-I", "64m"});
    const bool is_binary = GENERATE(false, true);
    const auto backend = memcached_backend(
        server.url(), {{"socket_timeout", 300ms}, {"binary", is_binary}, {"max_value_size", 64 << 20}});
    put(*backend, "key", "before");
    test::suspend(server);
    CHECK(time_to_failure([&] { put(*backend, "key", std::string(32 << 20, 'x')); }) < 20s);
    server.process().resume();
    std::optional<std::string> found;
    REQUIRE(test::wait_until([&] {
        try {
            found = text_of(*backend, "key");
            return true;
        } catch (const BackendError&) {
            return false;
        }
    }));
    CHECK((!found || found == "before")); // half a value is none
}

TEST_CASE("an answer that comes byte by byte is given up when the time is up", "[memcached][fault-3]") {
    const bool is_binary = GENERATE(false, true);
    FaultySetting setting(test::hasty({{"binary", is_binary}}));
    put(*setting.backend, "long", std::string(200'000, 'x'));
    const std::vector<std::string_view> keys{"key", "other"};
    const auto expect_failure_in_time = [&](const auto& action) {
        REQUIRE(setting.comes_back());
        setting.proxy.drip(1s);
        const auto took = time_to_failure(action);
        CHECK(took >= 290ms);
        CHECK(took < 30s); // the shortest of the answers would take a minute
    };
    expect_failure_in_time([&] { static_cast<void>(setting.backend->get("key")); });
    expect_failure_in_time([&] { static_cast<void>(setting.backend->get("long")); });
    expect_failure_in_time([&] { setting.backend->get_multi(keys, [](std::size_t, const kennel::CachedValue&) {}); });
    REQUIRE(setting.comes_back());
    setting.proxy.drip(5s);
    CHECK(time_to_failure([&] { put(*setting.backend, "written", "value"); }) < 30s);
    setting.expect_recovery();
}

TEST_CASE("a server of which nothing more is heard costs one caller its time, and the others none",
          "[memcached][fault-2]") {
    FaultySetting setting(test::hasty({{"retry_timeout", 2s}}));
    setting.proxy.hold();
    CHECK(time_to_failure([&] { static_cast<void>(setting.backend->get("key")); }) >= 290ms);
    int slow_calls = 0;
    for (int round = 0; round != 100; ++round)
        if (time_to_failure([&] { static_cast<void>(setting.backend->get("key")); }) >= 290ms) ++slow_calls;
    CHECK(slow_calls <= 3); // which have asked again, later
    CHECK(setting.proxy.connections() <= 5);
    setting.expect_recovery(); // by whoever probes it
}

TEST_CASE("who waits for a lock keeps to its time while the server is silent", "[memcached][fault-1]") {
    FaultySetting setting(test::hasty({{"distributed_lock", true}}));
    const auto held = setting.backend->get_mutex("key");
    REQUIRE(held->try_acquire());
    const auto waiter = setting.backend->get_mutex("key");
    setting.proxy.hold();
    CHECK(time_to_failure([&] { static_cast<void>(waiter->acquire(kennel::no_deadline)); }) < 30s);
    setting.proxy.pass();
}

TEST_CASE("a region misses and creates while its server is halted", "[memcached][fault-1]") {
    test::MemcachedServer server;
    kennel::CacheRegion region;
    region.configure("memcached", {.expiration_time = 1h,
                                   .arguments = test::hasty({{"url", server.url()}, {"distributed_lock", true}})});
    region.set("key", 1);
    test::suspend(server);
    CHECK_FALSE(region.get<int>("key"));
    CHECK(region.get_or_create("key", [] { return 2; }) == 2);
    CHECK_THROWS_AS(region.set("key", 3), BackendError);
    CHECK(region.statistics().reads_failed >= 1);
    server.process().resume();
    CHECK(test::wait_until([&] { return region.get<int>("key").has_value(); }));
}
