#include "kennel/backends/memory.hpp"

#include "kennel/kennel.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/backends.hpp"
#include "support/catch.hpp"
#include "support/messages.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::MemoryBackend;
using kennel::testing::ManualClock;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using kennel::testing_support::new_backend;

std::string key_of(std::size_t number) { return "key " + std::to_string(number); }

void set(MemoryBackend& backend, std::string_view key, int number, kennel::TimeSpan useful_for = kennel::unlimited) {
    backend.set(key, {kennel::Payload::borrowed_object(number), {.useful_for = useful_for}});
}

std::optional<int> get(MemoryBackend& backend, std::string_view key) {
    const auto found = backend.get(key);
    return found ? std::optional(*found->payload.get_if<int>()) : std::nullopt;
}

bool has(MemoryBackend& backend, std::string_view key) { return get(backend, key).has_value(); }

std::size_t count_found(MemoryBackend& backend, std::size_t key_count) {
    std::size_t found = 0;
    for (std::size_t number = 0; number != key_count; ++number) found += has(backend, key_of(number)) ? 1U : 0U;
    return found;
}

std::string refusal_of(const kennel::Arguments& arguments) {
    return message_of<kennel::ValidationError>([&] { static_cast<void>(new_backend(arguments)); });
}

/// Numbers that look random and are the same in every run.
class Dice {
public:
    std::size_t roll(std::size_t sides) {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<std::size_t>(state_ >> 33U) % sides;
    }

private:
    std::uint64_t state_ = 1;
};

} // namespace

TEST_CASE("a memory backend without a limit keeps everything", "[memory]") {
    const auto backend = new_backend();
    for (std::size_t number = 0; number != 5'000; ++number) set(*backend, key_of(number), 1);
    CHECK(backend->size() == 5'000);
    CHECK(count_found(*backend, 5'000) == 5'000);
}

TEST_CASE("a memory backend keeps exactly max_entries entries", "[memory]") {
    const std::size_t most = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{10}, std::size_t{1000});
    const auto backend = new_backend({{"max_entries", most}});
    for (std::size_t number = 0; number != 3 * most; ++number) {
        set(*backend, key_of(number), static_cast<int>(number));
        REQUIRE(backend->size() == (std::min)(number + 1, most));
        REQUIRE(get(*backend, key_of(number)) == static_cast<int>(number));
    }
    CHECK(count_found(*backend, 3 * most) == most);
}

TEST_CASE("max_entries may be written as text", "[memory]") {
    const auto backend = new_backend({{"max_entries", "3"}, {"time_to_live", "2h5m"}});
    for (std::size_t number = 0; number != 10; ++number) set(*backend, key_of(number), 1);
    CHECK(backend->size() == 3);
}

TEST_CASE("max_entries is never exceeded, however many threads store", "[memory]") {
    const std::size_t most = GENERATE(std::size_t{100}, std::size_t{5'000});
    const auto backend = new_backend({{"max_entries", most}});
    std::atomic<bool> is_over = false;
    std::atomic<std::size_t> largest = 0;
    std::latch start(5);
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread != 4; ++thread)
        threads.emplace_back([&, thread] {
            start.arrive_and_wait();
            for (std::size_t number = 0; number != 3'000; ++number) {
                set(*backend, key_of(10'000 * thread + number), 1);
                if (number % 5 == 0) backend->erase(key_of(10'000 * thread + number / 2));
            }
        });
    std::jthread watcher([&] {
        start.arrive_and_wait();
        while (!is_over) largest = (std::max)(largest.load(), backend->size());
    });
    threads.clear();
    is_over = true;
    watcher.join();
    CHECK(largest <= most);
    CHECK(backend->size() <= most);
    for (std::size_t number = 0; number != 20'000; ++number) set(*backend, key_of(number), 1);
    CHECK(backend->size() == most);
}

TEST_CASE("the memory backend refuses arguments that it cannot use, by name", "[memory]") {
    CHECK(mentions(refusal_of({{"max_entries", 0}}), {"'memory'", "'max_entries'", "above zero"}));
    CHECK(mentions(refusal_of({{"max_entries", -1}}), {"'max_entries'", "-1"}));
    CHECK(mentions(refusal_of({{"max_entries", "many"}}), {"'max_entries'", "'many'"}));
    CHECK(mentions(refusal_of({{"max_entries", ""}}), {"'max_entries'"}));
    CHECK(mentions(refusal_of({{"max_entries", "10x"}}), {"'max_entries'"}));
    CHECK(mentions(refusal_of({{"max_entries", 1.5}}), {"'max_entries'"}));
    CHECK(mentions(refusal_of({{"max_entries", true}}), {"'max_entries'"}));
    CHECK(mentions(refusal_of({{"time_to_live", 0}}), {"'time_to_live'", "above zero"}));
    CHECK(mentions(refusal_of({{"time_to_live", -1}}), {"'time_to_live'"}));
    CHECK(mentions(refusal_of({{"time_to_live", "soon"}}), {"'time_to_live'", "'soon'"}));
}

TEST_CASE("the memory backend lists its arguments when it is given an unknown one", "[memory]") {
    CHECK(mentions(refusal_of({{"max_entries", 1}, {"max_entrys", 2}}),
                   {"'memory'", "'max_entrys'", "max_entries", "time_to_live"}));
    kennel::CacheRegion region;
    REQUIRE_THROWS_AS(region.configure("memory", {.arguments = {{"size", 1}}}), kennel::ValidationError);
    CHECK_FALSE(region.is_configured());
}

TEST_CASE("an entry lives as long as time_to_live, from when it was stored", "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    const auto backend = new_backend({{"time_to_live", "10s"}}, clock);
    set(*backend, "key", 1);
    set(*backend, "read", 1);
    clock->advance(9s);
    CHECK(has(*backend, "key"));
    CHECK(has(*backend, "read"));
    set(*backend, "key", 2);
    clock->advance(1s);
    CHECK(get(*backend, "key") == 2);
    CHECK_FALSE(has(*backend, "read"));
    CHECK_FALSE(backend->visit("read", [](const kennel::CachedValue&) {}));
    clock->advance(9s);
    CHECK_FALSE(has(*backend, "key"));
    CHECK(backend->size() == 0);
}

TEST_CASE("reading an entry does not put off the moment when it is dropped, and does not bring it back",
          "[memory][H7]") {
    const auto clock = std::make_shared<ManualClock>();
    const auto backend = new_backend({{"time_to_live", "10s"}}, clock);
    set(*backend, "old", 1);
    set(*backend, "useless", 1, 10s);
    for (int second = 0; second != 20; ++second) {
        for (const char* const key : {"old", "useless"}) {
            CHECK(has(*backend, key) == (second < 10));
            CHECK(backend->visit(key, [](const kennel::CachedValue&) {}) == (second < 10));
        }
        clock->advance(1s);
    }
    CHECK(backend->size() == 0);
}

TEST_CASE("an entry is dropped when it is of no more use or too old, whichever comes first", "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    const auto backend = new_backend({{"time_to_live", "10s"}}, clock);
    set(*backend, "useless at once", 1, kennel::TimeSpan());
    set(*backend, "useless early", 1, 3s);
    set(*backend, "useful for long", 1, 1h);
    CHECK_FALSE(has(*backend, "useless at once"));
    clock->advance(2999ms);
    CHECK(has(*backend, "useless early"));
    clock->advance(1ms);
    CHECK_FALSE(has(*backend, "useless early"));
    CHECK(has(*backend, "useful for long"));
    clock->advance(7s);
    CHECK_FALSE(has(*backend, "useful for long"));
}

TEST_CASE("an entry that replaces another lives as long as it says itself", "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    const auto backend = new_backend({}, clock);
    set(*backend, "longer", 1, 1s);
    set(*backend, "longer", 2, 1h);
    set(*backend, "shorter", 1);
    set(*backend, "shorter", 2, 1s);
    clock->advance(2s);
    CHECK(get(*backend, "longer") == 2);
    CHECK_FALSE(has(*backend, "shorter"));
}

TEST_CASE("a jump of the wall clock expires nothing in memory", "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    const auto backend = new_backend({{"time_to_live", "10s"}}, clock);
    set(*backend, "key", 1);
    clock->set_wall(clock->wall_now() + 24h);
    CHECK(has(*backend, "key"));
    clock->set_wall(kennel::WallTime());
    clock->advance(10s);
    CHECK_FALSE(has(*backend, "key"));
}

TEST_CASE("expired entries are reclaimed without being read", "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    const bool is_limited = GENERATE(true, false);
    const kennel::Arguments limit{{"max_entries", 1'000}};
    const auto backend = new_backend(is_limited ? limit : kennel::Arguments{}, clock);
    for (std::size_t number = 0; number != 500; ++number) set(*backend, key_of(number), 1, 1s);
    clock->advance(1s);
    CHECK(backend->size() == 500);
    SECTION("as new ones are stored") {
        for (std::size_t number = 500; number != 1'500; ++number) set(*backend, key_of(number), 1);
        CHECK(backend->size() == 1'000);
    }
    SECTION("as others are replaced") {
        for (std::size_t round = 0; round != 3; ++round)
            for (std::size_t number = 0; number != 500; ++number) set(*backend, key_of(number % 200), 1);
        CHECK(backend->size() == 200);
    }
}

TEST_CASE("the number of entries is true after a mixture of expiry, eviction, replacement and removal",
          "[memory][H8][H10]") {
    struct Expected {
        int number;
        kennel::SteadyTime expires;
    };
    constexpr std::size_t key_count = 200;
    constexpr std::size_t most = 50;
    const auto clock = std::make_shared<ManualClock>();
    const auto backend = new_backend({{"max_entries", most}}, clock);
    std::map<std::string, Expected> expected; // what must be found unless it was evicted
    Dice dice;
    int wrong = 0;
    std::size_t largest = 0;
    for (int round = 0; round != 20'000; ++round) {
        const std::string key = key_of(dice.roll(key_count));
        const std::size_t action = dice.roll(10);
        if (action < 5) {
            const kennel::TimeSpan spans[] = {1s, 5s, 1min, kennel::unlimited};
            const kennel::TimeSpan span = spans[dice.roll(4)];
            set(*backend, key, round, span);
            expected[key] = {round, kennel::later_by(clock->steady_now(), span)};
        } else if (action == 5) {
            backend->erase(key);
            expected.erase(key);
        } else if (action == 6) {
            clock->advance(100ms);
        } else if (const std::optional<int> found = get(*backend, key)) {
            const auto entry = expected.find(key);
            if (entry == expected.end() || entry->second.number != *found ||
                entry->second.expires <= clock->steady_now())
                ++wrong;
        }
        largest = (std::max)(largest, backend->size());
    }
    CHECK(wrong == 0);
    CHECK(largest == most);

    const std::size_t size = backend->size();
    const std::size_t alive = count_found(*backend, key_count);
    CHECK(alive <= size);
    CHECK(backend->size() == alive); // reading has dropped the expired ones

    for (std::size_t number = 0; number != key_count; ++number) set(*backend, key_of(number), 1, 1s);
    clock->advance(1s);
    for (std::size_t number = 0; number != most; ++number) set(*backend, "new " + key_of(number), 1);
    std::size_t found = 0;
    for (std::size_t number = 0; number != most; ++number) found += has(*backend, "new " + key_of(number)) ? 1U : 0U;
    CHECK(found == most);
    for (std::size_t number = 0; number != most; ++number) backend->erase("new " + key_of(number));
    CHECK(backend->size() == 0);
}

TEST_CASE("keys that are stored once and never read do not push out a key that is used", "[memory]") {
    const auto backend = new_backend({{"max_entries", 100}});
    set(*backend, "used", 1);
    int missed = 0;
    for (std::size_t number = 0; number != 10'000; ++number) {
        set(*backend, key_of(number), 1);
        if (number % 20 == 0 && !has(*backend, "used")) ++missed;
    }
    CHECK(missed == 0);
    CHECK(backend->size() == 100);
}

TEST_CASE("the values of a memory backend are destroyed a few removals after their own, or with it", "[memory]") {
    const auto token = std::make_shared<int>(0);
    const auto value = [&]() -> kennel::CachedValue { return {kennel::Payload::object(token), {}}; };
    const auto clock = std::make_shared<ManualClock>();
    auto backend = new_backend({{"max_entries", 20}}, clock);
    const auto in_use = [&] { return token.use_count() - 1; };
    constexpr long few = 16; // removals, whose values may wait for the readers of then
    for (std::size_t number = 0; number != 20; ++number) backend->set(key_of(number), value());
    CHECK(in_use() == 20);
    SECTION("replaced") {
        for (std::size_t round = 0; round != 1'000; ++round) backend->set(key_of(round % 20), value());
        CHECK(in_use() >= 20);
        CHECK(in_use() <= 20 + few);
    }
    SECTION("evicted") {
        for (std::size_t number = 0; number != 1'000; ++number) backend->set(key_of(number), value());
        CHECK(in_use() <= 20 + few);
    }
    SECTION("erased") {
        for (std::size_t number = 0; number != 20; ++number) backend->erase(key_of(number));
        CHECK(in_use() <= few);
    }
    SECTION("expired") {
        for (std::size_t number = 0; number != 20; ++number)
            backend->set(key_of(number), {kennel::Payload::object(token), {.useful_for = kennel::TimeSpan(1s)}});
        clock->advance(1s);
        backend->drop_expired();
        CHECK(in_use() <= few);
    }
    backend.reset();
    CHECK(in_use() == 0);
}

TEST_CASE("a region's memory keeps entries as long as they may be served, and not much longer", "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    kennel::CacheRegion region{{.clock = clock}};
    region.configure("memory", {.expiration_time = 10s, .stale_time = 20s});
    region.set("key", 1);
    clock->advance(29s);
    CHECK_FALSE(region.get<int>("key").has_value());
    CHECK(region.get<int>("key", {.ignore_expiration = true}) == 1);
    clock->advance(1s);
    for (std::size_t number = 0; number != 3'000; ++number) region.set(key_of(number % 1'000), 1);
    CHECK_FALSE(region.get<int>("key", {.ignore_expiration = true}).has_value());
}

TEST_CASE("a memory backend's visitor may be shown what is of no use any more, but nothing that is too old",
          "[memory]") {
    const auto clock = std::make_shared<ManualClock>();
    const bool has_life = GENERATE(true, false);
    const auto backend = new_backend(has_life ? kennel::Arguments{{"time_to_live", "10s"}} : kennel::Arguments{},
                                     clock);
    set(*backend, "useless", 1, 1s);
    clock->advance(1s);
    int shown = 1;
    backend->visit("useless", [&](const kennel::CachedValue& value) { shown = *value.payload.get_if<int>(); });
    CHECK(shown == 1);
    CHECK_FALSE(has(*backend, "useless"));
    set(*backend, "old", 1);
    clock->advance(10s);
    CHECK(backend->visit("old", [](const kennel::CachedValue&) {}) == !has_life);
}

TEST_CASE("a memory backend says that it expires entries, keeps objects and is of this process", "[memory]") {
    const auto backend = new_backend();
    CHECK(backend->payload_form() == kennel::PayloadForm::object);
    CHECK(backend->capabilities().expires_entries);
    CHECK_FALSE(backend->capabilities().is_remote);
    CHECK_FALSE(backend->capabilities().is_shared);
    CHECK(backend->get_mutex("key") == nullptr);
    CHECK_FALSE(backend->key_mangler());
}
