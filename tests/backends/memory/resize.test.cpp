#include "kennel/backends/memory.hpp"
#include "support/backends.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"
#include "support/messages.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <cstddef>
#include <string>
#include <tuple>

namespace {

using kennel::MemoryBackend;
using kennel::MemoryLimits;
using kennel::MemorySettings;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using kennel::testing_support::new_backend;
using namespace test;

void fill(MemoryBackend& backend, std::size_t count) {
    for (std::size_t number = 0; number != count; ++number) store(backend, key_of(number), static_cast<int>(number));
}

std::string refusal_of(const kennel::Arguments& arguments) {
    return message_of<kennel::ValidationError>([&] { static_cast<void>(new_backend(arguments)); });
}

} // namespace

TEST_CASE("a memory backend that is made smaller evicts at once, and keeps the new limit", "[memory]") {
    const std::size_t before = GENERATE(std::size_t{100}, std::size_t{50'000}, MemoryLimits::none);
    const std::size_t after = GENERATE(std::size_t{1}, std::size_t{5}, std::size_t{70});
    MemoryBackend backend(MemorySettings{.max_entries = before});
    fill(backend, 1'000);
    backend.resize({.max_entries = after});
    CHECK(backend.size() <= after);
    CHECK(backend.size() == count_iterated(backend));
    std::size_t largest = 0;
    for (std::size_t number = 0; number != 1'000; ++number) {
        store(backend, key_of(number), 1);
        largest = (std::max)(largest, backend.size());
    }
    CHECK(largest <= after);
    CHECK(largest > 0);
}

TEST_CASE("a memory backend that is made larger keeps what it has, and then more", "[memory]") {
    MemoryBackend backend(MemorySettings{.max_entries = 10});
    fill(backend, 10);
    const bool has_limit = GENERATE(true, false);
    backend.resize(has_limit ? MemoryLimits{.max_entries = 1'000} : MemoryLimits{});
    CHECK(count_found(backend, 10) == 10);
    fill(backend, 2'000);
    CHECK(backend.size() == (has_limit ? 1'000U : 2'000U));
}

TEST_CASE("a limit of weight may be set, changed and lifted while a backend is in use", "[memory]") {
    const std::string value(1'000, 'v');
    MemoryBackend backend;
    for (std::size_t number = 0; number != 2'000; ++number) store_bytes(backend, key_of(number), value);
    backend.resize({.max_weight = 200'000});
    CHECK(backend.statistics().weight <= 200'000);
    CHECK(backend.size() > 100);
    for (std::size_t number = 0; number != 2'000; ++number) store_bytes(backend, key_of(number), value);
    CHECK(backend.statistics().weight <= 200'000);
    backend.resize({});
    for (std::size_t number = 0; number != 2'000; ++number) store_bytes(backend, key_of(number), value);
    CHECK(backend.size() == 2'000);
}

TEST_CASE("a limit that is set late evicts what is not used", "[memory]") {
    MemoryBackend backend;
    fill(backend, 1'000);
    for (int round = 0; round != 3; ++round) CHECK(count_found(backend, 10) == 10);
    backend.resize({.max_entries = 500});
    CHECK(backend.size() == 500);
    CHECK(count_found(backend, 10) >= 9);
}

TEST_CASE("limits may change while threads store", "[memory]") {
    const bool is_by_weight = GENERATE(true, false);
    MemoryBackend backend;
    std::atomic<std::size_t> wrong = 0;
    run_together(4, [&](std::size_t thread) {
        const std::size_t sizes[] = {3, 1'000, 40, 20'000, 1, 300};
        Dice dice(thread + 1);
        for (std::size_t round = 0; round != rounds(20'000); ++round) {
            if (thread == 0 && round % 20 == 0) {
                const std::size_t size = sizes[round / 20 % 6];
                backend.resize(is_by_weight ? MemoryLimits{.max_weight = 100 * size}
                                            : MemoryLimits{.max_entries = size});
            }
            const std::size_t number = dice.roll(5'000);
            store(backend, key_of(number), static_cast<int>(number));
            const auto value = found(backend, key_of(number));
            if (value && value != static_cast<int>(number)) ++wrong;
        }
    });
    CHECK(wrong == 0);
    CHECK(backend.size() == count_iterated(backend));
    backend.resize(is_by_weight ? MemoryLimits{.max_weight = 5'000} : MemoryLimits{.max_entries = 50});
    const auto statistics = backend.statistics();
    CHECK((is_by_weight ? statistics.weight <= 5'000 : statistics.entries <= 50));
}

TEST_CASE("limits of zero or less are errors that name the argument", "[memory]") {
    MemoryBackend backend(MemorySettings{.max_entries = 3});
    fill(backend, 3);
    const auto refusal = [&](MemoryLimits limits) {
        return message_of<kennel::ValidationError>([&] { backend.resize(limits); });
    };
    CHECK(mentions(refusal({.max_entries = 0}), {"'memory'", "'max_entries'", "above zero"}));
    CHECK(mentions(refusal({.max_weight = 0}), {"'memory'", "'max_weight'", "above zero"}));
    fill(backend, 10);
    CHECK(backend.size() == 3); // as before
    for (const char* const name : {"max_entries", "max_weight"}) {
        CHECK(mentions(refusal_of({{name, 0}}), {"'memory'", name, "above zero"}));
        CHECK(mentions(refusal_of({{name, -1}}), {name, "-1"}));
        CHECK(mentions(refusal_of({{name, "much"}}), {name, "'much'"}));
    }
    CHECK(mentions(refusal_of({{"time_to_idle", 0}}), {"'time_to_idle'", "above zero"}));
    CHECK(mentions(refusal_of({{"policy", "mru"}}), {"'policy'", "mru", "lru"}));
    REQUIRE_THROWS_AS(MemoryBackend(MemorySettings{.max_entries = 0}), kennel::ValidationError);
}

TEST_CASE("what is hottest survives a resize", "[memory]") {
    const auto [policy,
                least] = GENERATE(table<std::string, std::size_t>({{"adaptive", 80}, {"s3_fifo", 95}, {"lru", 100}}));
    const bool is_by_weight = GENERATE(true, false);
    MemorySettings settings;
    settings.policy = policy;
    settings.max_entries = 1'000; // one part
    settings.weigher = [](auto&&...) { return std::size_t{10}; };
    MemoryBackend backend(settings);
    Dice dice(7);
    for (int round = 0; round != 20'000; ++round) {
        const std::string key = key_of(dice.roll(3) != 0 ? dice.roll(100) : 100 + dice.roll(2'000));
        if (!has(backend, key)) store(backend, key, 1);
    }
    for (std::size_t number = 0; number != 100; ++number)
        if (!has(backend, key_of(number))) store(backend, key_of(number), 1);
    backend.resize(is_by_weight ? MemoryLimits{.max_weight = 5'000} : MemoryLimits{.max_entries = 500});
    CHECK(backend.size() == 500);
    INFO(policy);
    CHECK(count_found(backend, 100) >= least);
}
