#include "kennel/backends/memory.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using kennel::MemoryBackend;
using kennel::MemorySettings;
using namespace test;

MemorySettings limited_to(std::size_t max_entries, const std::string& policy = "adaptive") {
    MemorySettings settings;
    settings.max_entries = max_entries;
    settings.policy = policy;
    return settings;
}

/// Reads a key, stores it when it is missing, and says whether it was there.
bool request(MemoryBackend& backend, std::size_t number) {
    const std::string key = key_of(number);
    if (has(backend, key)) return true;
    store(backend, key, static_cast<int>(number));
    return false;
}

/// Requests all keys from `first` to `last` and gives the number of hits.
std::size_t request_all(MemoryBackend& backend, std::size_t first, std::size_t last) {
    std::size_t hits = 0;
    for (std::size_t number = first; number != last; ++number) hits += request(backend, number) ? 1U : 0U;
    return hits;
}

std::size_t hits_in_loops(MemoryBackend& backend, std::size_t length, int laps) {
    std::size_t hits = 0;
    for (int lap = 0; lap != laps; ++lap) hits += request_all(backend, 0, length);
    return hits;
}

/// How many of 500 keys that are requested again and again outlive a scan of 5000 others.
std::size_t kept_of_working_set(const std::string& policy, int requests_of_others = 1) {
    MemoryBackend backend(limited_to(1'000, policy));
    for (std::size_t scan = 10'000; scan != 60'000; scan += 10'000) {
        hits_in_loops(backend, 500, 2);
        request_all(backend, scan, scan + 1'000);
    }
    hits_in_loops(backend, 500, 2);
    for (std::size_t number = 1'000'000; number != 1'005'000; ++number)
        for (int time = 0; time != requests_of_others; ++time) request(backend, number);
    return count_found(backend, 500);
}

/// Like requests for records of which each wanders from neighbour to neighbour, where what was used last is used next.
std::size_t misses_of_walk(const std::string& policy) {
    MemoryBackend backend(limited_to(500, policy));
    Dice dice(3);
    std::size_t at = 1'000'000;
    std::size_t misses = 0;
    for (int step = 0; step != 60'000; ++step) {
        at += dice.roll(161);
        at -= 80;
        misses += request(backend, at) ? 0U : 1U;
    }
    return misses;
}

} // namespace

TEST_CASE("a scan passes by what is used again", "[memory]") {
    CHECK(kept_of_working_set("adaptive") >= 450);
    CHECK(kept_of_working_set("s3_fifo") >= 450);
    CHECK(kept_of_working_set("lru") == 0);
}

TEST_CASE("a scan that requests each key several times in a row passes by as well", "[memory]") {
    CHECK(kept_of_working_set("adaptive", 3) >= 450);
}

TEST_CASE("a loop larger than the cache keeps hits where the least recently used has none", "[memory]") {
    constexpr std::size_t length = 2'000;
    constexpr int laps = 40;
    MemoryBackend adaptive(limited_to(1'000));
    MemoryBackend lru(limited_to(1'000, "lru"));
    CHECK(hits_in_loops(adaptive, length, laps) > length * laps / 5);
    CHECK(hits_in_loops(lru, length, laps) == 0);
}

TEST_CASE("a new working set takes the place of the old one", "[memory]") {
    MemoryBackend backend(limited_to(1'000));
    hits_in_loops(backend, 900, 20);
    for (int lap = 0; lap != 10; ++lap) request_all(backend, 10'000, 10'900);
    CHECK(request_all(backend, 10'000, 10'900) >= 850);
}

TEST_CASE("requests that a least-recently-used cache serves best are served about as well", "[memory]") {
    const auto best = static_cast<double>(misses_of_walk("lru"));
    CHECK(static_cast<double>(misses_of_walk("adaptive")) < best * 1.06);
}

TEST_CASE("entries that come back just before a least-recently-used cache drops them are kept", "[memory]") {
    MemoryBackend backend(limited_to(1'000));
    std::size_t hits = 0;
    constexpr std::size_t distance = 400;
    for (std::size_t number = 0; number != 100'000; ++number) {
        request(backend, number);
        if (number >= distance && request(backend, number - distance)) ++hits;
        if (number == 50'000) hits = 0;
    }
    CHECK(hits > 45'000);
}

TEST_CASE("no policy evicts while there is room, or more than it must", "[memory]") {
    const std::string policy = GENERATE(as<std::string>(), "adaptive", "s3_fifo", "lru");
    const std::size_t most = GENERATE(as<std::size_t>(), 1, 2, 3, 100, 5'000);
    MemoryBackend backend(limited_to(most, policy));
    Dice dice;
    std::size_t stored = 0;
    for (std::size_t number = 0; number != 3 * most; ++number) {
        if (!request(backend, number)) ++stored;
        request(backend, dice.roll(number + 1));
        if (number + 1 == most) CHECK(backend.statistics().evicted <= (most < 1'024 ? 0 : most / 20));
    }
    const auto statistics = backend.statistics();
    CHECK(backend.size() <= most);
    CHECK(backend.size() >= most - most / 50);
    CHECK(statistics.inserted - statistics.evicted == backend.size());
    CHECK(stored == 3 * most);
}

TEST_CASE("every policy keeps its limit through reads, overwrites and removals of any keys", "[memory]") {
    const std::string policy = GENERATE(as<std::string>(), "adaptive", "s3_fifo", "lru");
    const std::size_t most = GENERATE(as<std::size_t>(), 1, 7, 300);
    const std::uint64_t seed = seed_of_run();
    CAPTURE(policy, most, seed);
    MemoryBackend backend(limited_to(most, policy));
    Dice dice(seed);
    std::size_t largest = 0;
    for (std::size_t turn = 0; turn != rounds(100'000); ++turn) {
        const std::string key = key_of(dice.roll(dice.roll(4) == 0 ? 4 * most : most + 1));
        const std::size_t action = dice.roll(10);
        if (action == 0) backend.erase(key);
        else if (action < 4) store_bytes(backend, key, std::string(dice.roll(300), 'v'));
        else static_cast<void>(has(backend, key));
        largest = (std::max)(largest, backend.size());
    }
    CHECK(largest == most);
    CHECK(backend.size() == count_iterated(backend));
}

TEST_CASE("the argument policy selects by name, and the default is adaptive", "[memory]") {
    CHECK(misses_of_walk(MemorySettings().policy) == misses_of_walk("adaptive"));
    CHECK(kept_of_working_set(MemorySettings().policy) >= 450);
    CHECK(misses_of_walk("s3_fifo") != misses_of_walk("lru"));
    CHECK_THROWS_AS(MemoryBackend(limited_to(10, "fifo")), kennel::ValidationError);
}
