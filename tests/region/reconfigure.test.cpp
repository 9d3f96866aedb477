#include "kennel/kennel.hpp"

#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/halted_creation.hpp"
#include "support/hooked_proxy.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CacheRegion;
using kennel::ConfigureOptions;

const ConfigureOptions replacing{.expiration_time = 10s, .replace_existing_backend = true};

class IdleProxy final : public kennel::ProxyBackend {};

} // namespace

TEST_CASE("a replaced backend that nobody uses is destroyed at once, with its proxies") {
    CacheRegion<> region;
    region.configure("memory", {.wrap = {std::make_shared<IdleProxy>()}});
    const std::weak_ptr<kennel::CacheBackend> proxy = region.backend();
    const std::weak_ptr<kennel::CacheBackend> backend = region.actual_backend();
    region.configure("memory", replacing);
    CHECK(proxy.expired());
    CHECK(backend.expired());
}

TEST_CASE("a call under way ends on the backend on which it began, which is destroyed when it has left",
          "[GL-trap-b]") {
    CacheRegion<> region;
    auto proxy = std::make_shared<test::HookedProxy>();
    test::Stop reading;
    std::atomic<int> reads = 0;
    proxy->before_get = [&](std::string_view) {
        if (++reads == 1) reading.halt();
    };
    region.configure("memory", {.expiration_time = 10s, .wrap = {proxy}});
    region.set("key", 1);
    const std::weak_ptr<kennel::CacheBackend> old = region.backend();
    proxy.reset();
    auto call = test::on_another_thread([&] { return region.get<int>("key"); });
    reading.await_arrival();
    region.configure("memory", replacing);
    CHECK_FALSE(old.expired());
    CHECK_FALSE(region.get<int>("key"));
    reading.let_go();
    CHECK(call.get() == 1);
    CHECK(old.expired());
}

TEST_CASE("a creation under way on a replaced backend is stored nowhere, and its callers get its value",
          "[GL-trap-b]") {
    CacheRegion<> region;
    region.configure("memory", replacing);
    const std::weak_ptr<kennel::CacheBackend> old = region.backend();
    test::HaltedCreation creation(region, "key", 1);
    region.configure("memory", replacing);
    CHECK(region.get_or_create("key", [] { return 2; }) == 2);
    CHECK_FALSE(old.expired());
    CHECK(creation.finish() == 1);
    CHECK(region.get<int>("key") == 2);
    CHECK(old.expired());
}

TEST_CASE("a creation in the background does not keep a replaced backend for longer than itself") {
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    std::optional<kennel::CreationJob> job;
    CacheRegion<> region(
        {.async_creation_runner = [&](kennel::CreationJob given) { job = std::move(given); }, .clock = clock});
    region.configure("memory", replacing);
    region.set("key", 1);
    clock->advance(11s);
    const std::weak_ptr<kennel::CacheBackend> old = region.backend();
    CHECK(region.get_or_create("key", [] { return 2; }) == 1);
    region.configure("memory", replacing);
    CHECK_FALSE(old.expired());
    (*job)();
    job.reset();
    CHECK(old.expired());
    CHECK_FALSE(region.get<int>("key"));
}

TEST_CASE("a region is reconfigured from several threads while others are in calls of every kind", "[GL-trap-b]") {
    CacheRegion<> region;
    region.configure("memory", replacing);
    std::atomic<bool> is_over = false;
    std::atomic<int> wrong = 0;
    std::vector<std::weak_ptr<kennel::CacheBackend>> backends[2];
    test::run_together(6, [&](std::size_t thread) {
        if (thread < 2) {
            for (int round = 0; round != 300; ++round) {
                backends[thread].push_back(region.backend());
                region.configure(round % 3 == 0 ? "memory_bytes" : "memory", replacing);
                if (round % 5 == 0) region.wrap(std::make_shared<IdleProxy>());
            }
            if (thread == 0) is_over = true;
            return;
        }
        const std::vector<std::string> keys{"a", "b"};
        for (int round = 0; round % 100 != 0 || !is_over; ++round) {
            const auto create = [] { return std::string("a value that is too long to be kept in place"); };
            const auto create_many = [&](const std::vector<std::string>& missing) {
                return std::vector<std::string>(missing.size(), create());
            };
            if (region.get_or_create("a", create) != create()) ++wrong;
            if (region.get_or_create_multi(keys, create_many)[1] != create()) ++wrong;
            if (const auto value = region.get<std::string>("a"); value && *value != create()) ++wrong;
            region.set("b", create());
            if (round % 10 == 0) region.erase("a");
            if (round % 50 == 0) region.invalidate();
        }
    });
    CHECK(wrong == 0);
    region.configure("memory", replacing);
    for (const auto& seen : backends)
        for (const auto& backend : seen)
            if (!backend.expired()) FAIL("a replaced backend is still there");
}

TEST_CASE("a proxy is put in front while others are in calls") {
    CacheRegion<> region;
    region.configure("memory");
    std::atomic<int> lost = 0;
    region.set("key", 1);
    test::run_together(3, [&](std::size_t thread) {
        for (int round = 0; round != 100; ++round) {
            if (thread == 0) region.wrap(std::make_shared<IdleProxy>());
            else if (region.get<int>("key") != 1) ++lost;
        }
    });
    CHECK(lost == 0);
}
