#include "kennel/backends/memory.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"
#include "support/threads.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CachedValue;
using kennel::MemoryBackend;
using kennel::MemorySettings;
using kennel::RemovalCause;
using kennel::testing::ManualClock;
using namespace test;

} // namespace

TEST_CASE("a removal listener hears the key, the value and the cause of each removal", "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    Removals removals;
    MemoryBackend backend(MemorySettings{.max_entries = 2, .removal_listener = removals.listener()}, clock);
    SECTION("replaced") {
        store(backend, "key", 1);
        store(backend, "key", 2);
        CHECK(removals.all() == std::vector<Removal>{{"key", 1, RemovalCause::replaced}});
    }
    SECTION("erased") {
        store(backend, "key", 1);
        backend.erase("key");
        CHECK(removals.all() == std::vector<Removal>{{"key", 1, RemovalCause::erased}});
    }
    SECTION("expired, found by a reader") {
        store(backend, "key", 1, 1s);
        clock->advance(1s);
        CHECK_FALSE(has(backend, "key"));
        CHECK(removals.all() == std::vector<Removal>{{"key", 1, RemovalCause::expired}});
    }
    SECTION("expired, found by nobody") {
        store(backend, "key", 1, 1s);
        clock->advance(1s);
        backend.drop_expired();
        CHECK(removals.all() == std::vector<Removal>{{"key", 1, RemovalCause::expired}});
    }
    SECTION("evicted") {
        for (int number = 0; number != 3; ++number) store(backend, key_of(static_cast<std::size_t>(number)), number);
        REQUIRE(removals.all().size() == 1);
        const Removal evicted = removals.all().front();
        CHECK(evicted.cause == RemovalCause::evicted);
        CHECK(evicted.key == key_of(static_cast<std::size_t>(evicted.number)));
        CHECK_FALSE(has(backend, evicted.key));
    }
    SECTION("evicted by a smaller limit") {
        store(backend, "a", 1);
        store(backend, "b", 2);
        backend.resize({.max_entries = 1});
        CHECK(removals.count(RemovalCause::evicted) == 1);
        CHECK(removals.all().size() == 1);
    }
}

TEST_CASE("a removal listener does not hear of what is not removed", "[memory]") {
    Removals removals;
    {
        MemoryBackend backend(MemorySettings{.removal_listener = removals.listener()});
        store(backend, "key", 1);
        backend.erase("another key");
        CHECK(found(backend, "key") == 1);
        CHECK(removals.all().empty());
    }
    CHECK(removals.all().empty()); // the end of the backend is nobody's removal
}

TEST_CASE("a listener hears of each removal once, from however many threads", "[memory]") {
    const auto seed = seed_of_run();
    INFO("seed " << seed);
    Removals removals;
    MemoryBackend backend(MemorySettings{.max_entries = 50, .removal_listener = removals.listener()});
    std::atomic<std::size_t> stored = 0;
    run_together(4, [&](std::size_t thread) {
        Dice dice(seed + thread);
        for (std::size_t round = 0; round != rounds(20'000); ++round) {
            const std::string key = key_of(dice.roll(100));
            if (dice.roll(4) == 0) {
                backend.erase(key);
            } else {
                store(backend, key, static_cast<int>(round));
                ++stored;
            }
        }
    });
    const auto statistics = backend.statistics();
    CHECK(removals.count(RemovalCause::replaced) == statistics.replaced);
    CHECK(removals.count(RemovalCause::erased) == statistics.erased);
    CHECK(removals.count(RemovalCause::evicted) == statistics.evicted);
    CHECK(removals.all().size() + backend.size() == stored);
}

TEST_CASE("a removal listener may call the backend, from several threads", "[memory]") {
    thread_local bool is_inside = false;
    MemoryBackend* calls = nullptr;
    std::atomic<std::size_t> told = 0;
    MemoryBackend backend(MemorySettings{.max_entries = 20,
                                         .removal_listener = [&](std::string_view key, const CachedValue& value, auto) {
                                             ++told;
                                             if (is_inside) return; // or an eviction would cause the next one for ever
                                             is_inside = true;
                                             static_cast<void>(calls->get(key));
                                             calls->set("of the listener", value);
                                             calls->set(key, value);
                                             static_cast<void>(calls->size());
                                             static_cast<void>(count_iterated(*calls));
                                             calls->erase(key);
                                             is_inside = false;
                                         }});
    calls = &backend;
    run_together(4, [&](std::size_t thread) {
        for (std::size_t round = 0; round != rounds(4'000); ++round) {
            store(backend, key_of(round % 30 + 10 * thread), 1);
            if (round % 3 == 0) backend.erase(key_of(round % 30));
        }
    });
    CHECK(told > 0);
    CHECK(backend.size() <= 20);
    CHECK(backend.size() == count_iterated(backend));
}

TEST_CASE("a listener that stores is not told of what expires in the midst of that", "[memory]") {
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    kennel::MemorySettings settings;
    settings.time_to_live = std::chrono::seconds(1);
    MemoryBackend* backend_of_listener = nullptr;
    int depth = 0;
    int deepest = 0;
    settings.removal_listener = [&](std::string_view key, const kennel::CachedValue& /*value*/, auto /*cause*/) {
        if (key == "note") return;
        deepest = (std::max)(deepest, ++depth);
        store(*backend_of_listener, "note", 1);
        --depth;
    };
    MemoryBackend backend(settings, clock);
    backend_of_listener = &backend;
    for (std::size_t number = 0; number != 5'000; ++number) store(backend, key_of(number), 1);
    clock->advance(std::chrono::seconds(2));
    for (std::size_t number = 0; number != 20'000; ++number) store(backend, "other", 1);
    CHECK(deepest == 1);
    CHECK(backend.size() < 5'000);
}
