#include "kennel/backends/memory.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CachedValue;
using kennel::MemoryBackend;
using kennel::MemoryLimits;
using kennel::MemorySettings;
using kennel::MemoryStatistics;
using kennel::TimeSpan;
using kennel::testing::ManualClock;
using namespace test;

std::size_t own_weight(std::string_view key, const CachedValue& value) {
    return key.size() + (value.payload.is_object() ? value.payload.type()->size : value.payload.as_bytes().size());
}

std::uint64_t removed(const MemoryStatistics& statistics) {
    return statistics.replaced + statistics.erased + statistics.expired + statistics.evicted;
}

/// Stores a number, a text or bytes under one of `key_count` keys, and mostly lets it expire some time.
void store_something(MemoryBackend& backend, Dice& dice, std::size_t key_count) {
    const TimeSpan lives[] = {TimeSpan(), 100ms, 1s, 5s, 1min, kennel::unlimited};
    const TimeSpan life = lives[dice.roll(6)];
    const std::string key = key_of(dice.roll(key_count));
    switch (dice.roll(4)) {
    case 0: return store(backend, key, std::string(dice.roll(100), 'v'), life);
    case 1: return store_bytes(backend, key, std::string(dice.roll(1'000), 'v'));
    default: return store(backend, key, dice.roll(1'000), life);
    }
}

/// What is there, and what was there, is all that was stored.
void check_counters(const MemoryBackend& backend, std::uint64_t stored) {
    const MemoryStatistics statistics = backend.statistics();
    CHECK(statistics.entries == backend.size());
    CHECK(statistics.entries == count_iterated(backend));
    CHECK(statistics.entries + removed(statistics) + statistics.refused == stored);
    CHECK(statistics.entries + statistics.erased + statistics.expired + statistics.evicted == statistics.inserted);
}

} // namespace

TEST_CASE("the statistics are true after any mixture of operations", "[memory][H8][H10]") {
    const std::string policy = GENERATE("adaptive", "s3_fifo", "lru");
    const bool has_listener = GENERATE(true, false); // without one, small values are overwritten in place
    const bool has_weigher = GENERATE(true, false);
    const bool is_idle_counted = GENERATE(true, false);
    const std::uint64_t seed = seed_of_run();
    INFO("seed " << seed << ", policy " << policy << ", listener " << has_listener << ", weigher " << has_weigher
                 << ", idleness " << is_idle_counted);
    const auto clock = std::make_shared<ManualClock>();
    Removals removals;
    MemorySettings settings{.max_entries = 100, .policy = policy};
    if (has_listener) settings.removal_listener = removals.listener();
    if (has_weigher) settings.weigher = &own_weight;
    if (is_idle_counted) settings.time_to_idle = 3s;
    MemoryBackend backend(settings, clock);
    const MemoryLimits limits[] = {{.max_entries = 100}, {.max_entries = 7}, {.max_weight = 3'000}, {300, 30'000}, {}};
    Dice dice(seed);
    std::uint64_t stored = 0;
    for (std::size_t round = 0; round != rounds(40'000); ++round) {
        const std::size_t action = dice.roll(1'000);
        if (action == 0) backend.resize(limits[dice.roll(5)]);
        else if (action == 1) backend.drop_expired();
        else if (action < 100) backend.erase(key_of(dice.roll(200)));
        else if (action < 150) clock->advance(20ms);
        else if (action < 500) static_cast<void>(backend.get(key_of(dice.roll(200))));
        else {
            store_something(backend, dice, 200);
            ++stored;
        }
        if (round % 1'000 == 0) check_counters(backend, stored);
    }
    check_counters(backend, stored);
    if (has_weigher) {
        std::size_t weight = 0;
        backend.for_each([&](std::string_view key, const CachedValue& value) { weight += own_weight(key, value); });
        CHECK(backend.statistics().weight == weight);
    }
    if (has_listener) CHECK(removals.all().size() == removed(backend.statistics()));
    for (std::size_t number = 0; number != 200; ++number) backend.erase(key_of(number));
    check_counters(backend, stored);
    CHECK(backend.size() == 0);
    CHECK(backend.statistics().weight == 0);
}

TEST_CASE("each cause of a removal is counted apart", "[memory][H10]") {
    const auto clock = std::make_shared<ManualClock>();
    MemoryBackend backend(MemorySettings{.max_entries = 5, .max_weight = 100, .weigher = &own_weight}, clock);
    const auto check = [&](std::uint64_t inserted, std::uint64_t replaced, std::uint64_t erased, std::uint64_t expired,
                           std::uint64_t evicted, std::uint64_t refused) {
        const MemoryStatistics now = backend.statistics();
        CHECK(std::vector{now.inserted, now.replaced, now.erased, now.expired, now.evicted, now.refused} ==
              std::vector{inserted, replaced, erased, expired, evicted, refused});
    };
    for (std::size_t number = 0; number != 7; ++number) store(backend, key_of(number), 1, 1s);
    check(7, 0, 0, 0, 2, 0);
    store(backend, key_of(6), 2, 1s);
    check(7, 1, 0, 0, 2, 0);
    backend.erase(key_of(6));
    backend.erase(key_of(6));
    check(7, 1, 1, 0, 2, 0);
    store_bytes(backend, "refused", std::string(1'000, 'v'));
    check(7, 1, 1, 0, 2, 1);
    clock->advance(1s);
    backend.drop_expired();
    check(7, 1, 1, 4, 2, 1);
    store(backend, "key", 1, 1s);
    clock->advance(1s);
    store(backend, "key", 1); // in the place of one that was there no more
    check(9, 1, 1, 5, 2, 1);
    store_bytes(backend, "key", std::string(1'000, 'v'));
    CHECK(backend.statistics().entries == 0);
    CHECK(backend.statistics().refused == 2);
}

TEST_CASE("the statistics are true after many threads have used a backend", "[memory][H9][H10]") {
    const auto clock = std::make_shared<ManualClock>();
    const std::size_t most = GENERATE(std::size_t{50}, std::size_t{5'000}, MemoryLimits::none);
    const bool is_idle_counted = GENERATE(true, false);
    const std::uint64_t seed = seed_of_run();
    INFO("seed " << seed << ", limit " << most);
    MemorySettings settings{.max_entries = most};
    if (is_idle_counted) settings.time_to_idle = 2s;
    MemoryBackend backend(settings, clock);
    std::atomic<std::uint64_t> stored = 0;
    run_together(4, [&](std::size_t thread) {
        Dice dice(seed + thread);
        std::uint64_t count = 0;
        for (std::size_t round = 0; round != rounds(40'000); ++round) {
            const std::size_t action = dice.roll(100);
            if (action == 0) clock->advance(20ms);
            else if (action < 10) backend.erase(key_of(dice.roll(10'000)));
            else if (action < 30) static_cast<void>(backend.get(key_of(dice.roll(10'000))));
            else {
                store_something(backend, dice, action < 60 ? 50 : 10'000);
                ++count;
            }
            if (action == 99 && round % 100 == 0) backend.drop_expired();
        }
        stored += count;
    });
    check_counters(backend, stored);
    CHECK(backend.size() <= most);
    CHECK(backend.statistics().refused == 0);
}

TEST_CASE("a backend does not take more and more memory while entries come and go", "[memory][H8]") {
    const auto clock = std::make_shared<ManualClock>();
    const std::size_t most = GENERATE(std::size_t{500}, MemoryLimits::none);
    MemoryBackend backend(MemorySettings{.max_entries = most}, clock);
    Dice dice(seed_of_run());
    INFO("seed " << seed_of_run());
    std::uint64_t early = 0;
    for (std::size_t round = 0; round != 40; ++round) {
        for (std::size_t number = 0; number != 5'000; ++number) {
            store_something(backend, dice, 2'000);
            if (dice.roll(10) == 0) backend.erase(key_of(dice.roll(2'000)));
            if (dice.roll(10) == 0) clock->advance(2ms);
        }
        if (round == 3) early = backend.statistics().bytes;
    }
    CHECK(backend.statistics().bytes < early * 3 / 2);
}

TEST_CASE("former tables count as memory while somebody may look at them", "[memory]") {
    MemoryBackend backend;
    store(backend, "key", 1);
    std::uint64_t during = 0;
    backend.visit("key", [&](const CachedValue& /*value*/) {
        on_another_thread([&] {
            for (std::size_t number = 0; number != 20'000; ++number) store(backend, key_of(number), 1);
        }).get();
        during = backend.statistics().bytes;
    });
    const std::uint64_t entries = backend.statistics().entries;
    backend.drop_expired(); // there is nothing to drop, but what nobody looks at is freed
    backend.drop_expired();
    CHECK(backend.statistics().entries == entries);
    CHECK(backend.statistics().bytes < during);
}
