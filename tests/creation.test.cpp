#include "kennel/creation.hpp"

#include "kennel/kennel.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::Creation;
using kennel::testing::ManualClock;

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("a creation says which key it is for, and stores unless it is told otherwise") {
    const ManualClock clock;
    Creation creation({.key = "key", .clock = &clock});
    CHECK(creation.key() == "key");
    CHECK(creation.is_to_be_stored());
    CHECK_FALSE(creation.time_to_live());
    CHECK(creation.tags().empty());
    creation.expire_after(10s).expire_after(5s).tag("a").tag("b").tag("a").do_not_store();
    CHECK_FALSE(creation.is_to_be_stored());
    CHECK(creation.time_to_live() == kennel::TimeSpan(5s));
    CHECK(creation.tags().names() == Names{"a", "b"});
}

TEST_CASE("a creation knows how long its caller waits, if there is a limit") {
    ManualClock clock;
    const Creation unhurried({.key = "key", .clock = &clock});
    CHECK_FALSE(unhurried.deadline());
    CHECK(unhurried.time_left() == kennel::unlimited);
    const auto deadline = clock.steady_now() + 5s;
    const Creation creation({.key = "key", .clock = &clock, .deadline = deadline});
    CHECK(creation.deadline() == deadline);
    clock.advance(2s);
    CHECK(creation.time_left() == kennel::TimeSpan(3s));
    clock.advance(4s);
    CHECK(creation.time_left() == kennel::TimeSpan());
}

TEST_CASE("a creation gives the previous value only as what it is") {
    const ManualClock clock;
    const Creation first({.key = "key", .clock = &clock});
    CHECK(first.previous<int>() == nullptr);
    CHECK(first.previous_age() == kennel::TimeSpan());
    const Creation next({.key = "key", .clock = &clock, .previous = kennel::Payload::object(7), .previous_age = 3s});
    REQUIRE(next.previous<int>() != nullptr);
    CHECK(*next.previous<int>() == 7);
    CHECK(next.previous<long>() == nullptr);
    CHECK(next.previous_age() == kennel::TimeSpan(3s));
}

TEST_CASE("a conditional refresh sees the expired value on every kind of backend, and none that was hard-invalidated") {
    const std::string backend = GENERATE("memory", "memory_bytes");
    const auto clock = std::make_shared<ManualClock>();
    kennel::CacheRegion<> region({.clock = clock});
    region.configure(backend, {.expiration_time = 10s});
    std::optional<std::string> seen;
    kennel::TimeSpan age;
    const auto create = [&](Creation& creation) {
        const std::string* const previous = creation.previous<std::string>();
        seen = previous != nullptr ? std::optional(*previous) : std::nullopt;
        age = creation.previous_age();
        return seen.value_or("") + "x";
    };
    CHECK(region.get_or_create("key", create) == "x");
    CHECK_FALSE(seen);
    clock->advance(12s);
    CHECK(region.get_or_create("key", create) == "xx");
    CHECK(seen == "x");
    CHECK(age == kennel::TimeSpan(12s));
    region.invalidate(kennel::Invalidation::soft);
    CHECK(region.get_or_create("key", create) == "xxx");
    region.invalidate(kennel::Invalidation::hard);
    CHECK(region.get_or_create("key", create) == "x");
    CHECK_FALSE(seen);
    CHECK(age == kennel::TimeSpan());
}

TEST_CASE("what a creation says is kept with the entry, with what the creation has cost") {
    const auto clock = std::make_shared<ManualClock>();
    kennel::CacheRegion<> region({.clock = clock});
    region.configure("memory", {.expiration_time = 10s});
    (void)region.get_or_create("key", [&](Creation& creation) {
        creation.expire_after(4s).tag("team:1").tag("all");
        clock->advance(1500ms);
        return 1;
    });
    const auto entry = region.backend()->get("key");
    REQUIRE(entry);
    CHECK(entry->metadata.tags.names() == Names{"team:1", "all"});
    CHECK(entry->metadata.time_to_live == kennel::TimeSpan(4s));
    CHECK(entry->metadata.creation_cost == kennel::TimeSpan(1500ms));
    CHECK(entry->metadata.created == clock->wall_now());
    clock->advance(5s);
    CHECK_FALSE(region.get<int>("key"));
}

TEST_CASE("the creation of many counts for each of their entries") {
    const auto clock = std::make_shared<ManualClock>();
    kennel::CacheRegion<> region({.clock = clock});
    region.configure("memory", {.expiration_time = 10s, .lock_timeout = 3s});
    std::string key;
    kennel::TimeSpan left;
    (void)region.get_or_create_multi(Names{"b", "a"}, [&](const Names& keys, Creation& creation) {
        key = std::string(creation.key());
        left = creation.time_left();
        creation.expire_after(4s).tag("team");
        return std::vector<int>(keys.size(), 1);
    });
    CHECK(key == "a, b");
    CHECK(left == kennel::TimeSpan(3s));
    for (const char* name : {"a", "b"}) CHECK(region.backend()->get(name)->metadata.tags.names() == Names{"team"});
    clock->advance(5s);
    CHECK_FALSE(region.get<int>("b"));
}
