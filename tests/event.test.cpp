#include "kennel/event.hpp"

#include "kennel/kennel.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::Event;
using kennel::EventKind;
using kennel::testing::ManualClock;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A region that remembers the text and the kind of each of its events.
struct World {
    explicit World(const kennel::ConfigureOptions& options = {.expiration_time = 10s}) {
        region.configure("memory", options);
    }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::vector<std::string> lines{};
    std::vector<EventKind> kinds{};
    kennel::CacheRegion<> region{{.name = "users", .clock = clock, .listener = [this](const Event& event) {
                                      lines.push_back(to_string(event));
                                      kinds.push_back(event.kind);
                                  }}};
};

using Kinds = std::vector<EventKind>;

} // namespace

TEST_CASE("the line of a creation has its time in seconds and its keys", "[dogpile-89]") {
    World world;
    (void)world.region.get_or_create("key", [&] {
        world.clock->advance(1500ms);
        return 1;
    });
    REQUIRE(world.kinds == Kinds{EventKind::miss, EventKind::created});
    CHECK(world.lines.back() == "users: value created in 1.500000 s for key");
    (void)world.region.get_or_create_multi(std::vector<std::string>{"b", "a"},
                                           [](const auto& keys) { return std::vector<int>(keys.size(), 1); });
    CHECK(has(world.lines.back(), "for a, b"));
}

TEST_CASE("a long list of keys is cut in the middle, and the line says how much is missing", "[dogpile-90]") {
    const std::string start(200, 'a');
    const std::string end(250, 'b');
    const std::string all = start + end;
    const std::string line = to_string(Event{EventKind::miss, "", all, {}, ""});
    CHECK(has(line, "150 more characters"));
    CHECK(has(line, " " + start.substr(0, 150) + " "));
    CHECK(line.ends_with(end.substr(0, 150)));
    const std::string longest(300, 'c');
    CHECK(has(to_string(Event{EventKind::miss, "", longest, {}, ""}), longest));
    const std::string next(301, 'c');
    CHECK_FALSE(has(to_string(Event{EventKind::miss, "", next, {}, ""}), next));

    World world;
    std::vector<std::string> keys;
    for (int number = 100; number != 200; ++number) keys.push_back("key" + std::to_string(number));
    (void)world.region.get_or_create_multi(keys,
                                           [](const auto& missing) { return std::vector<int>(missing.size(), 1); });
    CHECK(world.kinds.back() == EventKind::created);
    CHECK(has(world.lines.back(), "for key100, key101, "));
    CHECK(has(world.lines.back(), " ... (498 more characters) ... "));
    CHECK(world.lines.back().ends_with(", key198, key199"));
}

TEST_CASE("an absent value is told as such and counts as a miss", "[dogpile-91]") {
    World world;
    CHECK_FALSE(world.region.get<int>("key"));
    CHECK(world.kinds == Kinds{EventKind::miss});
    CHECK(world.lines.back() == "users: no value present that is fresh for key");
    CHECK(world.region.statistics().misses == 1);
}

TEST_CASE("another format version is told and counts as a miss, before invalidation is looked at", "[dogpile-92]") {
    World world;
    kennel::CachedValue entry{kennel::Payload::object(1), {}};
    entry.metadata.version = 7;
    entry.metadata.created = world.clock->wall_now();
    world.region.backend()->set("key", entry);
    world.region.invalidate();
    CHECK_FALSE(world.region.get<int>("key"));
    CHECK(world.kinds == Kinds{EventKind::version_differs, EventKind::miss});
    CHECK(world.lines.front() == "users: value found, but of another format version for key");
    CHECK(world.region.statistics().misses == 1);
    CHECK(world.region.statistics().version_differs == 1);
    CHECK(world.region.statistics().hard_invalidated == 0);
}

TEST_CASE("a hard-invalidated value is told and counts as a miss", "[dogpile-93]") {
    World world;
    world.region.set("key", 1);
    world.region.invalidate();
    CHECK_FALSE(world.region.get<int>("key"));
    CHECK(world.kinds == Kinds{EventKind::hard_invalidated, EventKind::miss});
    CHECK(world.lines.front() == "users: value found, but hard-invalidated for key");
    CHECK(world.region.statistics().hard_invalidated == 1);
    CHECK(world.region.statistics().misses == 1);
}

TEST_CASE("every kind of event has a text of its own, and an error its own words") {
    std::set<std::string> lines;
    for (std::size_t kind = 0; kind != kennel::event_kind_count; ++kind)
        lines.insert(to_string(Event{static_cast<EventKind>(kind), "users", "key", {}, ""}));
    CHECK(lines.size() == kennel::event_kind_count);
    CHECK(to_string(Event{EventKind::read_failed, "users", "key", {}, "no route"}) ==
          "users: backend could not be read for key (no route)");
}

TEST_CASE("no event shows a value") {
    World world;
    const std::string secret = "s3cr3t";
    (void)world.region.get_or_create("key", [&] { return secret; });
    world.region.set("key", secret);
    CHECK_THROWS(world.region.get_or_create("another key", [&]() -> std::string { throw 1; }));
    for (const std::string& line : world.lines) CHECK_FALSE(has(line, secret));
    CHECK(has(world.lines.back(), "not a std::exception"));
}
