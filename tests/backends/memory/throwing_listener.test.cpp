#include "kennel/backends/memory.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::MemoryBackend;
using kennel::MemorySettings;
using kennel::testing::ManualClock;
using namespace test;

struct Told : std::runtime_error {
    explicit Told(std::string_view key) : std::runtime_error(std::string(key)) {}
};

} // namespace

TEST_CASE("what a removal listener throws reaches the caller, after its operation is complete", "[memory]") {
    bool throws = false;
    MemoryBackend backend(MemorySettings{.max_entries = 2, .removal_listener = [&](std::string_view key, auto&&...) {
                                             if (throws) throw Told(key);
                                         }});
    store(backend, "a", 1);
    store(backend, "b", 2);
    throws = true;
    SECTION("of a replacement") {
        REQUIRE_THROWS_AS(store(backend, "a", 3), Told);
        CHECK(found(backend, "a") == 3);
        CHECK(found(backend, "b") == 2);
    }
    SECTION("of an eviction") {
        REQUIRE_THROWS_AS(store(backend, "c", 3), Told);
        CHECK(found(backend, "c") == 3);
        CHECK(backend.size() == 2);
    }
    SECTION("of a removal") {
        REQUIRE_THROWS_AS(backend.erase("a"), Told);
        CHECK_FALSE(has(backend, "a"));
        CHECK(backend.size() == 1);
    }
    throws = false;
    CHECK(backend.size() == count_iterated(backend));
    store(backend, "d", 4);
    CHECK(found(backend, "d") == 4);
}

TEST_CASE("when a listener throws, the other removals are told nevertheless and the first error is thrown",
          "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    const std::size_t most = GENERATE(std::size_t{500}, std::size_t{100'000}); // in one part, or in many
    std::vector<std::string> told;
    MemoryBackend backend(MemorySettings{.max_entries = most,
                                         .removal_listener =
                                             [&](std::string_view key, auto&&...) {
                                                 told.emplace_back(key);
                                                 throw Told(key);
                                             }},
                          clock);
    for (std::size_t number = 0; number != 500; ++number) store(backend, key_of(number), 1, 1s);
    std::string thrown;
    const auto note = [&](const auto& operation) {
        try {
            operation();
        } catch (const Told& error) {
            thrown = error.what();
        }
    };
    SECTION("of evictions") {
        note([&] { backend.resize({.max_entries = 100}); });
        CHECK(backend.size() <= 100);
    }
    SECTION("of expired entries") {
        clock->advance(1s);
        note([&] { backend.drop_expired(); });
        CHECK(backend.size() == 0);
    }
    REQUIRE(told.size() == 500 - backend.size());
    CHECK(thrown == told.front());
    std::sort(told.begin(), told.end());
    CHECK(std::unique(told.begin(), told.end()) == told.end());
}

TEST_CASE("what a listener throws of an entry that a reader finds expired reaches the reader", "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    MemoryBackend backend(MemorySettings{.removal_listener = [](std::string_view key, auto&&...) { throw Told(key); }},
                          clock);
    store(backend, "key", 1, 1s);
    clock->advance(1s);
    REQUIRE_THROWS_AS(backend.get("key"), Told);
    CHECK_FALSE(has(backend, "key"));
    CHECK(backend.size() == 0);
}
