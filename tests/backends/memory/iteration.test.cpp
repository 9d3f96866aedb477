#include "kennel/backends/memory.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using kennel::CachedValue;
using kennel::MemoryBackend;
using kennel::MemorySettings;
using namespace test;

std::multimap<std::string, int> contents(const MemoryBackend& backend) {
    std::multimap<std::string, int> all;
    backend.for_each([&](std::string_view key, const CachedValue& value) {
        all.emplace(std::string(key), *value.payload.get_if<int>());
    });
    return all;
}

} // namespace

TEST_CASE("an iteration comes upon every entry once, with its key and value", "[memory]") {
    const std::size_t count = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{20'000});
    MemoryBackend backend;
    std::multimap<std::string, int> expected;
    for (std::size_t number = 0; number != count; ++number) {
        store(backend, key_of(number), static_cast<int>(number));
        expected.emplace(key_of(number), static_cast<int>(number));
    }
    CHECK(contents(backend) == expected);
}

TEST_CASE("an iteration comes upon every entry that stays, whatever others write", "[memory]") {
    MemoryBackend backend;
    for (std::size_t number = 0; number != 500; ++number) store(backend, "stays " + std::to_string(number), 7);
    std::atomic<bool> is_over = false;
    std::size_t missing = 0;
    std::size_t foreign = 0;
    run_together(3, [&](std::size_t thread) {
        if (thread == 0) {
            for (std::size_t round = 0; round != rounds(400); ++round) {
                std::size_t staying = 0;
                for (const auto& [key, value] : contents(backend)) {
                    if (key.starts_with("stays ")) staying += value == 7 || value == 8 ? 1U : 0U;
                    else if (value != static_cast<int>(key.size())) ++foreign;
                }
                missing += staying == 500 ? 0U : 1U;
            }
            is_over = true;
            return;
        }
        Dice dice(thread);
        std::size_t highest = 100; // so that the tables grow while they are walked
        while (!is_over) {
            const std::string key = std::to_string(thread) + key_of(dice.roll(highest));
            if (dice.roll(3) == 0) backend.erase(key);
            else store(backend, key, static_cast<int>(key.size()));
            if (highest < 5'000) ++highest;
            if (dice.roll(10) == 0)
                store(backend, "stays " + std::to_string(dice.roll(500)), 7 + static_cast<int>(dice.roll(2)));
        }
    });
    CHECK(missing == 0);
    CHECK(foreign == 0);
}

TEST_CASE("entries may be stored and erased during an iteration, also by itself", "[memory]") {
    MemoryBackend backend;
    for (std::size_t number = 0; number != 1'000; ++number) store(backend, key_of(number), 1);
    std::size_t seen = 0;
    backend.for_each([&](std::string_view key, const CachedValue& value) {
        ++seen;
        const std::string copy(key);
        backend.erase(copy);
        CHECK(key == copy); // still readable
        if (value.payload.get_if<int>() != nullptr && copy.starts_with("key ")) backend.set("copy of " + copy, value);
    });
    CHECK(seen >= 1'000);
    CHECK(count_found(backend, 1'000) == 0);
}

TEST_CASE("what an iteration's function throws ends it", "[memory]") {
    MemoryBackend backend;
    for (std::size_t number = 0; number != 10; ++number) store(backend, key_of(number), 1);
    std::size_t seen = 0;
    REQUIRE_THROWS_AS(backend.for_each([&](std::string_view, const CachedValue&) {
        if (++seen == 3) throw std::runtime_error("enough");
    }),
                      std::runtime_error);
    CHECK(seen == 3);
    for (std::size_t number = 0; number != 10; ++number) backend.erase(key_of(number));
    CHECK(backend.size() == 0);
}

TEST_CASE("the hottest keys are those that are hit most, in that order", "[memory]") {
    MemoryBackend backend;
    for (std::size_t number = 0; number != 2'000; ++number) store(backend, key_of(number), 1);
    CHECK(backend.hottest_keys(3).empty()); // none was hit
    const auto hit = [&](const char* key, std::size_t times) {
        store(backend, key, 1);
        for (std::size_t round = 0; round != times; ++round) static_cast<void>(has(backend, key));
    };
    hit("hottest", 200'000);
    hit("warm", 60);
    hit("hot", 3'000);
    const auto hottest = backend.hottest_keys(3);
    REQUIRE(hottest.size() == 3);
    CHECK(hottest[0].key == "hottest");
    CHECK(hottest[1].key == "hot");
    CHECK(hottest[2].key == "warm");
    CHECK(hottest[0].hits > hottest[1].hits);
    CHECK(hottest[1].hits > hottest[2].hits);
    CHECK((hottest[0].hits > 20'000 && hottest[0].hits < 2'000'000));
    CHECK(backend.hottest_keys(0).empty());
    CHECK(backend.hottest_keys(1).size() == 1);
    CHECK(backend.hottest_keys(5'000).size() == 3);
    backend.erase("hottest");
    CHECK(backend.hottest_keys(1).front().key == "hot");
}

TEST_CASE("a key stays hot when its value is replaced", "[memory]") {
    MemoryBackend backend;
    for (std::size_t number = 0; number != 100; ++number) store(backend, key_of(number), 1);
    store(backend, "hot", 1);
    for (std::size_t round = 0; round != 1'000; ++round) static_cast<void>(has(backend, "hot"));
    store(backend, "hot", 2);
    CHECK(backend.hottest_keys(1).front().key == "hot");
    store(backend, "hot", std::string("of another type"));
    CHECK(backend.hottest_keys(1).front().key == "hot");
}

TEST_CASE("the hottest keys of an empty backend are none", "[memory]") {
    MemoryBackend backend(MemorySettings{.max_entries = 1});
    CHECK(backend.hottest_keys(10).empty());
    CHECK(count_iterated(backend) == 0);
}
