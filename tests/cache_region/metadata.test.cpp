#include "kennel/kennel.hpp"

#include "support/region_variants.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::Creation;
using kennel::TimeSpan;
using test::on_every_region;
using test::RegionFactory;

/// Remembers the metadata of what is stored.
class MetadataProxy final : public kennel::ProxyBackend {
public:
    void set(std::string_view key, const kennel::CachedValue& value) override {
        seen = value.metadata;
        proxied().set(key, value);
    }
    kennel::Metadata seen{};
};

/// A clock whose steady time goes back at every look.
class BackwardClock final : public kennel::Clock {
public:
    [[nodiscard]] kennel::WallTime wall_now() const override { return kennel::WallTime(500'000h); }
    [[nodiscard]] kennel::SteadyTime steady_now() const override { return kennel::SteadyTime(1h - ++looks_ * 1s); }
    void wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                    kennel::SteadyTime /*deadline*/) const override {
        changed.wait_for(lock, 1ms);
    }

private:
    mutable std::atomic<int> looks_ = 0;
};

/// What a creator saw of the value before.
struct Previous {
    std::optional<std::string> value{};
    bool is_number = false;
    TimeSpan age{};
};

} // namespace

TEST_CASE("the metadata of a value are its moment of creation and its age", "[dogpile-72]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        const kennel::WallTime start = make.clock->wall_now();
        region.set("some_key", 5);
        make.clock->advance(1500ms);
        const auto found = region.get_value_metadata<int>("some_key");
        REQUIRE(found);
        CHECK(found->value == 5);
        CHECK(found->created == start);
        CHECK(found->age == TimeSpan(1500ms));
    });
}

TEST_CASE("an absent key has no metadata", "[dogpile-73]") {
    on_every_region([](const RegionFactory& make) { CHECK_FALSE(make().get_value_metadata<int>("some_key")); });
}

TEST_CASE("an expired value has no metadata, unless expiration is ignored", "[dogpile-74][dogpile-75]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.set("some_key", 5);
        make.clock->advance(2s);
        CHECK_FALSE(region.get_value_metadata<int>("some_key", {.expiration_time = 1s}));
        const auto found = region.get_value_metadata<int>("some_key",
                                                          {.expiration_time = 1s, .ignore_expiration = true});
        REQUIRE(found);
        CHECK(found->value == 5);
        CHECK(found->age == TimeSpan(2s));
    });
}

TEST_CASE("a value's moment of creation is the end of its creation") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        const kennel::WallTime start = make.clock->wall_now();
        region.get_or_create("some_key", [&] {
            make.clock->advance(3s);
            return 5;
        });
        CHECK(region.get_value_metadata<int>("some_key")->created == start + 3s);
    });
}

TEST_CASE("what a creator says of its value is in the metadata that a proxy sees") {
    for (const std::string backend : {"memory", "memory_bytes"}) {
        DYNAMIC_SECTION(backend) {
            const RegionFactory make{.backend = backend};
            const auto proxy = std::make_shared<MetadataProxy>();
            auto region = make({.expiration_time = 1h, .wrap = {proxy}});
            region.get_or_create("user:5", [&](Creation& creation) {
                creation.expire_after(10s).tag("team:1").tag("users").tag("team:1");
                make.clock->advance(2s);
                return 5;
            });
            CHECK(proxy->seen.tags.names() == std::vector<std::string>{"team:1", "users"});
            CHECK(proxy->seen.time_to_live == TimeSpan(10s));
            CHECK(proxy->seen.creation_cost == TimeSpan(2s));
            CHECK(proxy->seen.version == kennel::value_version);
            CHECK(proxy->seen.useful_for == TimeSpan(10s) + TimeSpan(24h));
            const auto stored = region.backend()->get("user:5");
            REQUIRE(stored);
            CHECK(stored->metadata.tags == proxy->seen.tags);
            CHECK(stored->metadata.time_to_live == TimeSpan(10s));
            CHECK(stored->metadata.creation_cost == TimeSpan(2s));
        }
    }
}

TEST_CASE("a creation takes no time at all when the steady clock goes back meanwhile") {
    std::vector<kennel::EventKind> events;
    kennel::CacheRegion region(
        {.clock = std::make_shared<BackwardClock>(), .listener = [&](const kennel::Event& event) {
             events.push_back(event.kind);
             CHECK(event.elapsed == TimeSpan());
         }});
    region.configure("memory");
    CHECK(region.get_or_create("some_key", [] { return 5; }) == 5);
    CHECK(region.get_or_create_multi(std::vector<std::string>{"a"}, [](const auto& keys) { return keys; }).front() ==
          "a");
    CHECK(region.backend()->get("some_key")->metadata.creation_cost == TimeSpan());
    CHECK_THROWS_AS(region.get_or_create("other_key", []() -> int { throw std::out_of_range("none"); }),
                    std::out_of_range);
    CHECK_THROWS_AS(region.get_or_create_multi(std::vector<std::string>{"b"},
                                               [](const auto& keys) {
                                                   if (!keys.empty()) throw std::out_of_range("none");
                                                   return keys;
                                               }),
                    std::out_of_range);
    using enum kennel::EventKind;
    CHECK(events == std::vector{miss, created, miss, created, miss, creation_failed, miss, creation_failed});
}

TEST_CASE("a creator gives its value a time to live of its own") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        int calls = 0;
        const auto create = [&](Creation& creation) {
            creation.expire_after(10s);
            return ++calls;
        };
        CHECK(region.get_or_create("some_key", create) == 1);
        make.clock->advance(10s);
        CHECK(region.get_or_create("some_key", create) == 1);
        make.clock->advance(1s);
        CHECK(region.get_or_create("some_key", create) == 2);
    });
}

TEST_CASE("a creator refuses to have its value stored") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        int calls = 0;
        const auto create = [&](Creation& creation) {
            creation.do_not_store();
            return ++calls;
        };
        CHECK(region.get_or_create("some_key", create) == 1);
        CHECK(region.get_or_create("some_key", create) == 2);
        CHECK_FALSE(region.get<int>("some_key"));
        CHECK(region.statistics().not_stored == 2);
    });
}

TEST_CASE("a creator sees the value that it replaces, and its age") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        Previous seen;
        const auto create = [&](Creation& creation) {
            seen = {};
            if (const auto* const text = creation.previous<std::string>()) seen.value = *text;
            seen.is_number = creation.previous<int>() != nullptr;
            seen.age = creation.previous_age();
            return std::string("new");
        };
        region.get_or_create("some_key", create);
        CHECK_FALSE(seen.value);
        CHECK(seen.age == TimeSpan());

        region.set("some_key", "old");
        make.clock->advance(90s);
        region.get_or_create("some_key", create);
        CHECK(seen.value == "old");
        CHECK_FALSE(seen.is_number);
        CHECK(seen.age == TimeSpan(90s));

        region.invalidate(kennel::Invalidation::soft);
        region.get_or_create("some_key", create);
        CHECK(seen.value == "new");

        region.invalidate(kennel::Invalidation::hard);
        region.get_or_create("some_key", create);
        CHECK_FALSE(seen.value);
    });
}

TEST_CASE("a creator knows until when it is waited for") {
    const RegionFactory make;
    auto region = make();
    std::optional<kennel::SteadyTime> deadline;
    TimeSpan left;
    const auto create = [&](Creation& creation) {
        make.clock->advance(1s);
        deadline = creation.deadline();
        left = creation.time_left();
        return 1;
    };
    region.get_or_create("some_key", create);
    CHECK_FALSE(deadline);
    CHECK(left.is_unlimited());
    const kennel::SteadyTime start = make.clock->steady_now();
    region.get_or_create("other_key", create, {.lock_timeout = 5s});
    CHECK(deadline == start + 5s);
    CHECK(left == TimeSpan(4s));
}
