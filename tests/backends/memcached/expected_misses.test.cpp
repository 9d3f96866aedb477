// needs: memcached
// Looking for the entry and taking its lock in one round trip.

#include "kennel/backends/memcached.hpp"

#include "backends/memcached/memcached_backend.hpp"
#include "kennel/creation_scope.hpp"
#include "kennel/kennel.hpp"
#include "support/catch.hpp"
#include "support/fault_proxy.hpp"
#include "support/hooked_proxy.hpp"
#include "support/memcached_server.hpp"
#include "support/threads.hpp"
#include "support/wait_until.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CacheMutex;
using kennel::Turn;
using test::put;
using test::text_of;

std::shared_ptr<kennel::MemcachedBackend> locking_backend(const std::string& url, kennel::Arguments arguments = {}) {
    arguments.emplace("distributed_lock", true);
    return test::memcached_backend(url, std::move(arguments));
}

kennel::CacheRegion<> locking_region(const std::string& url) {
    kennel::CacheRegion<> region;
    region.configure("memcached", {.expiration_time = 1h, .arguments = {{"url", url}, {"distributed_lock", true}}});
    return region;
}

/// What a look of the creation that has this mutex finds.
std::optional<std::string> found_by(const std::shared_ptr<CacheMutex>& mutex, kennel::CacheBackend& backend) {
    const kennel::CreationScope scope({&mutex, 1});
    return text_of(backend, "key");
}

} // namespace

TEST_CASE("a look that finds nothing takes the lock in the same round trip", "[memcached][locks]") {
    test::FaultProxy proxy(test::memcached_server().address());
    const bool is_binary = GENERATE(false, true);
    const auto backend = locking_backend(proxy.address().text(), {{"binary", is_binary}});
    const auto mutex = backend->get_mutex("key");
    CHECK(mutex->can_look());
    REQUIRE(mutex->look_or_acquire() == Turn::mine);
    CHECK_FALSE(found_by(mutex, *backend));
    CHECK(proxy.round_trips() == 1);
    CHECK(backend->get_mutex("key")->locked());
    {
        const kennel::CreationScope scope({&mutex, 1});
        proxy.forget();
        put(*backend, "key", "value");
        CHECK(proxy.round_trips() == 1);
    }
    CHECK_FALSE(mutex->is_lost());
    CHECK_FALSE(mutex->locked());
    CHECK(text_of(*backend, "key") == "value");
}

TEST_CASE("a look that finds an entry keeps it for the next, and leaves no lock", "[memcached][locks]") {
    test::FaultProxy proxy(test::memcached_server().address());
    const auto backend = locking_backend(proxy.address().text());
    const std::string text = GENERATE(std::string("value"), std::string(300'000, 'x'));
    put(*backend, "key", text);
    proxy.forget();
    const auto mutex = backend->get_mutex("key");
    CHECK(mutex->look_or_acquire() == Turn::made);
    CHECK(proxy.round_trips() == 2);
    CHECK(found_by(mutex, *backend) == text);
    CHECK(proxy.round_trips() == 2);
    CHECK_FALSE(mutex->locked());
    CHECK_FALSE(mutex->is_lost());
}

TEST_CASE("a look that finds neither an entry nor the lock free waits for nothing", "[memcached][locks]") {
    test::MemcachedServer& server = test::memcached_server();
    test::FaultProxy proxy(server.address());
    const auto backend = locking_backend(proxy.address().text());
    server.command("set _lockkey 4 0 1\r\n1");
    const auto mutex = backend->get_mutex("key");
    CHECK(mutex->look_or_acquire() == Turn::timed_out);
    CHECK(proxy.round_trips() == 1);
    mutex->release();
    CHECK(mutex->locked());
    put(*test::memcached_backend(server.url()), "key", "value");
    CHECK(mutex->look_or_acquire() == Turn::made); // although somebody holds the lock
    CHECK(mutex->locked());
}

TEST_CASE("where entry and lock are on different servers, the entry is read after the lock was taken",
          "[memcached][locks]") {
    test::MemcachedServer a;
    test::MemcachedServer b;
    const auto backend = locking_backend(a.url() + ' ' + b.url());
    int apart = 0;
    int together = 0;
    for (int number = 0; number != 20; ++number) {
        const std::string key = "key" + std::to_string(number);
        const auto mutex = backend->get_mutex(key);
        ++(mutex->can_look() ? together : apart);
        REQUIRE(mutex->look_or_acquire() == Turn::mine);
        const kennel::CreationScope scope({&mutex, 1});
        CHECK_FALSE(text_of(*backend, key));
        put(*backend, key, "value");
        CHECK_FALSE(mutex->is_lost());
        CHECK_FALSE(mutex->locked());
        CHECK(mutex->look_or_acquire() == Turn::made);
        CHECK(text_of(*backend, key) == "value");
        CHECK_FALSE(mutex->locked());
    }
    CHECK(apart > 0);
    CHECK(together > 0);
}

TEST_CASE("a miss under a lock costs two round trips after a miss, three after a hit", "[memcached][round_trips]") {
    test::FaultProxy proxy(test::memcached_server().address());
    const auto region = locking_region(proxy.address().text());
    const auto round_trips_of = [&](const std::string& key) {
        proxy.forget();
        CHECK(region.get_or_create(key, [] { return 1; }) == 1);
        return proxy.round_trips();
    };
    CHECK(round_trips_of("first") == 3); // look; take the lock and look again; store and give it back
    CHECK(round_trips_of("a") == 2);     // look and take the lock; store and give it back
    CHECK(round_trips_of("b") == 2);
    CHECK(round_trips_of("a") == 2); // a hit all the same; the lock is given back
    CHECK(round_trips_of("a") == 1);
    CHECK(round_trips_of("c") == 3);
    CHECK(proxy.connections() == 0);
    CHECK(region.statistics().locks_lost == 0);
}

TEST_CASE("calls that expect to miss create a value once", "[memcached][locks]") {
    const std::string url = test::memcached_server().url();
    std::vector<kennel::CacheRegion<>> regions;
    for (int number = 0; number != 3; ++number) regions.push_back(locking_region(url));
    for (int round = 0; round != 40; ++round) {
        for (const auto& region : regions)
            CHECK(region.get_or_create("before" + std::to_string(round), [] { return 0; }) == 0);
        std::atomic<int> calls = 0;
        test::run_together(6, [&](std::size_t thread) {
            regions[thread % regions.size()].get_or_create("key" + std::to_string(round), [&] { return ++calls; });
        });
        CHECK(calls == 1);
    }
}

TEST_CASE("who calls after an erase does not get what a call that expected a miss had found before it",
          "[memcached][locks]") {
    const std::string url = test::memcached_server().url();
    const auto hooked = std::make_shared<test::HookedProxy>();
    test::Stop found;
    std::atomic<bool> is_armed = false;
    hooked->after_get = [&](std::string_view key) {
        if (key == "key" && is_armed.exchange(false)) found.halt();
    };
    kennel::CacheRegion<> region;
    region.configure(
        "memcached",
        {.expiration_time = 1h, .arguments = {{"url", url}, {"distributed_lock", true}}, .wrap = {hooked}});
    region.set("key", 1);
    CHECK(region.get_or_create("missed", [] { return 0; }) == 0);
    is_armed = true;
    auto first = test::on_another_thread([&] { return region.get_or_create("key", [] { return 7; }); });
    found.await_arrival();
    locking_backend(url)->erase("key");
    auto second = test::on_another_thread([&] { return region.get_or_create("key", [] { return 2; }); });
    CHECK_FALSE(test::wait_until([&] { return second.wait_for(0s) == std::future_status::ready; }, 50ms));
    found.let_go();
    CHECK(first.get() == 1);
    CHECK(second.get() == 2);
}

TEST_CASE("a call that expects a miss finds a value that is there although its lock is held", "[memcached][locks]") {
    const test::MemcachedServer first({"-C"});
    const test::MemcachedServer second({"-C"});
    const std::string url = first.url() + " " + second.url();
    const auto backend = locking_backend(url);
    const auto region = locking_region(url);
    std::string apart = "key";
    while (backend->get_mutex(apart)->can_look()) apart += 'x';
    std::string together = "key";
    while (!backend->get_mutex(together)->can_look()) together += 'y';
    region.set(apart, 1);
    const auto held = backend->get_mutex(apart);
    REQUIRE(held->try_acquire());
    CHECK(region.get_or_create(together, [] { return 0; }) == 0);
    CHECK(region.get_or_create(apart, [] { return 2; }, {.lock_timeout = 30s}) == 1);
}
