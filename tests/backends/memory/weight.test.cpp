#include "kennel/kennel.hpp"
#include "support/backends.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"

#include <atomic>
#include <cstddef>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using kennel::CachedValue;
using kennel::MemoryBackend;
using kennel::MemoryLimits;
using kennel::MemorySettings;
using kennel::MemoryWeigher;
using namespace test;

constexpr std::size_t heaviest = (std::numeric_limits<std::size_t>::max)();

std::size_t length_of(std::string_view key, const CachedValue& value) {
    const auto* const text = value.payload.get_if<std::string>();
    return key.size() + (text != nullptr ? text->size() : value.payload.as_bytes().size());
}

} // namespace

TEST_CASE("unless there is a weigher, an entry weighs at least its key and its value", "[memory]") {
    for (const std::size_t key_size : {0U, 1U, 30U, 1000U})
        for (const std::size_t size : {0U, 1U, 8U, 100U, 100'000U}) {
            MemoryBackend backend;
            store_bytes(backend, std::string(key_size, 'k'), std::string(size, 'v'));
            CHECK(backend.statistics().weight >= key_size + size);
            CHECK(backend.statistics().weight <= key_size + size + 128);
        }
}

TEST_CASE("a memory backend is never heavier than max_weight", "[memory]") {
    MemoryBackend backend(MemorySettings{.max_weight = 10'000});
    Dice dice(seed_of_run());
    INFO("seed " << seed_of_run());
    bool is_over = false;
    std::size_t missing = 0;
    for (std::size_t round = 0; round != rounds(20'000); ++round) {
        const std::string key = key_of(dice.roll(500));
        store_bytes(backend, key, std::string(dice.roll(1'000), 'v'));
        is_over = is_over || backend.statistics().weight > 10'000;
        missing += has(backend, key) ? 0U : 1U;
    }
    CHECK_FALSE(is_over);
    CHECK(missing == 0);
    CHECK(backend.statistics().weight > 8'000);
}

TEST_CASE("both limits hold at once", "[memory]") {
    MemoryBackend backend(MemorySettings{.max_entries = 100, .max_weight = 20'000, .weigher = &length_of});
    const auto fill = [&](std::size_t size) {
        for (std::size_t number = 0; number != 1'000; ++number) {
            store_bytes(backend, key_of(number), std::string(size, 'v'));
            const auto statistics = backend.statistics();
            REQUIRE((statistics.entries <= 100 && statistics.weight <= 20'000));
        }
    };
    fill(10);
    CHECK(backend.size() == 100);
    fill(1'000);
    CHECK(backend.size() == 19);
    fill(10);
    CHECK(backend.size() == 100);
}

TEST_CASE("a weigher is asked for each value that is stored, with its key", "[memory]") {
    MemoryBackend backend(MemorySettings{.weigher = &length_of});
    store_bytes(backend, "four", "12345");
    CHECK(backend.statistics().weight == 9);
    store_bytes(backend, "four", "1");
    CHECK(backend.statistics().weight == 5);
    store_bytes(backend, "", "");
    CHECK(backend.statistics().weight == 5);
    backend.erase("four");
    CHECK(backend.statistics().weight == 0);
}

TEST_CASE("what a weigher throws reaches the caller, and nothing has changed", "[memory]") {
    MemoryBackend backend(
        MemorySettings{.max_weight = 100, .weigher = [](std::string_view key, const CachedValue& value) {
                           if (value.payload.as_bytes() == "bad") throw std::domain_error("no weight");
                           return length_of(key, value);
                       }});
    store_bytes(backend, "key", "good");
    const auto before = backend.statistics();
    REQUIRE_THROWS_AS(store_bytes(backend, "key", "bad"), std::domain_error);
    REQUIRE_THROWS_AS(store_bytes(backend, "new", "bad"), std::domain_error);
    CHECK(found_bytes(backend, "key") == "good");
    CHECK_FALSE(has(backend, "new"));
    const auto after = backend.statistics();
    CHECK(after.entries == before.entries);
    CHECK(after.weight == before.weight);
    CHECK(after.replaced + after.inserted + after.refused == before.replaced + before.inserted + before.refused);
}

TEST_CASE("weights that make no sense harm nobody", "[memory]") {
    const bool has_weight_limit = GENERATE(true, false);
    const bool has_entry_limit = GENERATE(true, false);
    std::size_t next = 0;
    std::optional<Dice> dice;
    MemorySettings settings{.weigher = [&](std::string_view, const CachedValue&) {
        if (!dice) return next;
        const std::size_t weights[] = {0, 1, 7, heaviest / 2, heaviest - 1, heaviest};
        return weights[dice->roll(6)];
    }};
    if (has_weight_limit) settings.max_weight = 1'000;
    if (has_entry_limit) settings.max_entries = 50;
    MemoryBackend backend(settings);
    SECTION("all weigh nothing") {}
    SECTION("all weigh as much as can be") { next = heaviest; }
    SECTION("another weight each time") { dice.emplace(seed_of_run()); }
    INFO("seed " << seed_of_run());
    for (std::size_t round = 0; round != 3; ++round)
        for (std::size_t number = 0; number != 100; ++number) {
            store(backend, key_of(number), static_cast<int>(number));
            const auto value = found(backend, key_of(number));
            REQUIRE((!value || value == static_cast<int>(number)));
        }
    CHECK(backend.size() == count_iterated(backend));
    if (has_entry_limit) CHECK(backend.size() <= 50);
    if (!has_entry_limit && !has_weight_limit) CHECK(backend.size() == 100);
    for (std::size_t number = 0; number != 100; ++number) backend.erase(key_of(number));
    CHECK(backend.size() == 0);
    CHECK(backend.statistics().weight == 0);
}

TEST_CASE("a value that is too heavy is refused and counted, and the older one of its key is gone", "[memory]") {
    Removals removals;
    MemoryBackend backend(
        MemorySettings{.max_weight = 100, .weigher = &length_of, .removal_listener = removals.listener()});
    store_bytes(backend, "key", "fits");
    store_bytes(backend, "other", "fits");
    store_bytes(backend, "key", std::string(98, 'v'));
    CHECK_FALSE(has(backend, "key"));
    CHECK(found_bytes(backend, "other") == "fits");
    CHECK(backend.statistics().refused == 1);
    CHECK(backend.statistics().entries == 1);
    CHECK(backend.statistics().weight == 9);
    REQUIRE(removals.all().size() == 1);
    CHECK(removals.all().front().key == "key");
    store_bytes(backend, "key", std::string(97, 'v')); // all of it
    CHECK(has(backend, "key"));
    CHECK_FALSE(has(backend, "other"));
}

TEST_CASE("a region gives its caller a value that its backend refuses", "[memory]") {
    kennel::CacheRegion region;
    region.configure("memory", {.arguments = {{"max_weight", 1'000},
                                              {"weigher", kennel::ArgumentValue::object(MemoryWeigher(&length_of))}}});
    int created = 0;
    const auto create = [&] {
        ++created;
        return std::string(5'000, 'v');
    };
    CHECK(region.get_or_create("key", create) == std::string(5'000, 'v'));
    CHECK(region.get_or_create("key", create) == std::string(5'000, 'v'));
    CHECK(created == 2);
    CHECK_FALSE(region.get<std::string>("key").has_value());
    CHECK(region.get_or_create("small", [] { return std::string("v"); }) == "v");
    CHECK(region.get<std::string>("small") == "v");
}
