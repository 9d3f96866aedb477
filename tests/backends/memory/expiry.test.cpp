#include "kennel/kennel.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;
using kennel::MemoryBackend;
using kennel::MemorySettings;
using kennel::TimeSpan;
using kennel::testing::ManualClock;
using namespace test;

constexpr std::size_t other_keys = 1'000; ///< enough for every part of a backend

/// Stores under other keys, as often as it takes to come past every entry of a backend that had `entry_count`.
void write_elsewhere(MemoryBackend& backend, std::size_t entry_count) {
    for (std::size_t number = 0; number != 2 * entry_count + 3 * other_keys; ++number)
        store(backend, "elsewhere " + std::to_string(number % other_keys), 1);
}

} // namespace

TEST_CASE("expired entries are reclaimed without being read, in the course of other writes", "[memory][H8]") {
    const auto clock = std::make_shared<ManualClock>();
    const std::size_t count = GENERATE(std::size_t{10}, std::size_t{1'000}, std::size_t{20'000});
    SECTION("when they are old") {
        MemoryBackend backend(MemorySettings{.time_to_live = 10s}, clock);
        for (std::size_t number = 0; number != count; ++number) store(backend, key_of(number), 1);
        clock->advance(10s);
        write_elsewhere(backend, count);
        CHECK(backend.size() == other_keys);
        CHECK(backend.statistics().expired == count);
    }
    SECTION("when nobody reads them") {
        MemoryBackend backend(MemorySettings{.time_to_idle = 10s}, clock);
        for (std::size_t number = 0; number != count; ++number) store(backend, key_of(number), 1);
        clock->advance(9s);
        CHECK(has(backend, key_of(3)));
        clock->advance(1s);
        write_elsewhere(backend, count);
        CHECK(backend.size() == other_keys + 1);
        CHECK(has(backend, key_of(3)));
        CHECK(backend.statistics().expired == count - 1);
    }
    SECTION("when they are of no use any more, others staying") {
        MemoryBackend backend({}, clock);
        for (std::size_t number = 0; number != count; ++number)
            store(backend, key_of(number), 1, number % 2 == 0 ? TimeSpan(1s) : TimeSpan(1h));
        clock->advance(1s);
        write_elsewhere(backend, count);
        CHECK(backend.size() == count / 2 + other_keys);
        CHECK(count_found(backend, count) == count / 2);
    }
}

TEST_CASE("one write looks at few entries only, however many have expired", "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    MemoryBackend backend(MemorySettings{.time_to_live = 10s}, clock);
    for (std::size_t number = 0; number != 5'000; ++number) store(backend, key_of(number), 1);
    clock->advance(10s);
    std::uint64_t before = 0;
    std::uint64_t most = 0;
    for (std::size_t number = 0; number != 10'000; ++number) {
        store(backend, "elsewhere " + std::to_string(number % other_keys), 1);
        const std::uint64_t expired = backend.statistics().expired;
        most = (std::max)(most, expired - before);
        before = expired;
    }
    CHECK(before == 5'000);
    CHECK(most <= 16);
}

TEST_CASE("all that has expired can be dropped at once, and nothing else is", "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    MemoryBackend backend(MemorySettings{.time_to_idle = 1min}, clock);
    for (std::size_t number = 0; number != 3'000; ++number)
        store(backend, key_of(number), 1, number % 3 == 0 ? TimeSpan(1s) : TimeSpan(1h));
    backend.drop_expired();
    CHECK(backend.size() == 3'000);
    clock->advance(1s);
    backend.drop_expired();
    CHECK(backend.size() == 2'000);
    CHECK(has(backend, key_of(1)));
    clock->advance(59s);
    backend.drop_expired();
    CHECK(backend.size() == 1);
    CHECK(has(backend, key_of(1)));
}

TEST_CASE("an entry stays as long as it is read often enough, but no longer than it lives", "[memory][H7]") {
    const auto clock = std::make_shared<ManualClock>();
    MemoryBackend backend(MemorySettings{.time_to_live = 1min, .time_to_idle = 10s}, clock);
    const bool is_visited = GENERATE(true, false);
    const auto is_there = [&](const char* key) {
        return is_visited ? backend.visit(key, [](const kennel::CachedValue&) {}) : has(backend, key);
    };
    store(backend, "read", 1);
    store(backend, "written", 1);
    store(backend, "alone", 1);
    for (int round = 0; round != 6; ++round) {
        CHECK(is_there("read"));
        store(backend, "written", round);
        clock->advance(9s);
    }
    CHECK_FALSE(is_there("alone"));
    CHECK(is_there("read"));
    clock->advance(6s);
    CHECK_FALSE(is_there("read")); // a minute after it was stored
}

TEST_CASE("an idle entry is gone at its time, and reading it then does not bring it back", "[memory][H7]") {
    const auto clock = std::make_shared<ManualClock>();
    MemoryBackend backend(MemorySettings{.time_to_idle = 10s}, clock);
    store(backend, "key", 1);
    clock->advance(9999ms);
    CHECK(has(backend, "key"));
    clock->advance(9999ms);
    CHECK(has(backend, "key"));
    clock->advance(10s);
    CHECK_FALSE(has(backend, "key"));
    CHECK_FALSE(has(backend, "key"));
    CHECK(backend.size() == 0);
    CHECK(backend.statistics().expired == 1);
}

TEST_CASE("an entry is gone when its life is over, to a millisecond", "[memory]") {
    const TimeSpan life = GENERATE(TimeSpan(1ms), TimeSpan(1500us), TimeSpan(10s), TimeSpan(72h));
    const TimeSpan start = GENERATE(TimeSpan(), TimeSpan(1us), TimeSpan(999'999ns), TimeSpan(1h));
    const auto clock = std::make_shared<ManualClock>();
    MemoryBackend backend({}, clock);
    clock->advance(start);
    store(backend, "key", 1, life);
    clock->advance(life.duration() - 1ms);
    CHECK(has(backend, "key"));
    clock->advance(2ms);
    CHECK_FALSE(has(backend, "key"));
}

TEST_CASE("while the clock stands still nothing expires but what has no life at all", "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    MemoryBackend backend(MemorySettings{.time_to_live = 1ms, .time_to_idle = 1ms}, clock);
    for (std::size_t number = 0; number != 2'000; ++number) store(backend, key_of(number), 1);
    store(backend, "nothing", 1, TimeSpan());
    CHECK(count_found(backend, 2'000) == 2'000);
    CHECK_FALSE(has(backend, "nothing"));
    backend.drop_expired();
    CHECK(backend.size() == 2'000);
}

TEST_CASE("very long lives do not end", "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    const TimeSpan longest = TimeSpan::from_nanoseconds(kennel::unlimited.nanoseconds() - 1);
    MemoryBackend backend(MemorySettings{.time_to_live = longest, .time_to_idle = longest}, clock);
    store(backend, "key", 1);
    store(backend, "other", 1, longest);
    clock->advance(24h * 365 * 30);
    CHECK(has(backend, "key"));
    CHECK(has(backend, "other"));
}

TEST_CASE("a region's memory drops what its region cannot serve any more, unread", "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    Removals removals;
    kennel::CacheRegion region{{.clock = clock}};
    region.configure(
        "memory",
        {.expiration_time = 10s, .arguments = {{"removal_listener", removals.listener()}}, .stale_time = 20s});
    for (std::size_t number = 0; number != 100; ++number) region.set(key_of(number), 1);
    clock->advance(29s);
    for (std::size_t number = 0; number != 3'000; ++number) region.set("early " + key_of(number % 500), 1);
    CHECK(removals.count(kennel::RemovalCause::expired) == 0);
    clock->advance(1s);
    for (std::size_t number = 0; number != 3'000; ++number) region.set("late " + key_of(number % 500), 1);
    CHECK(removals.count(kennel::RemovalCause::expired) == 100);
}

TEST_CASE("a backend outlives the ticks that it can count", "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    MemoryBackend backend({.time_to_live = 24h}, clock);
    for (int decade = 0; decade != 5; ++decade) {
        clock->advance(24h * 3653);
        store(backend, "key", decade);
        std::size_t count = 0;
        backend.for_each(
            [&](std::string_view key, const kennel::CachedValue& /*value*/) { count += key == "key" ? 1U : 100U; });
        CHECK(count == 1);
    }
}
