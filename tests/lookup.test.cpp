#include "kennel/lookup.hpp"

#include "kennel/kennel.hpp"
#include "support/failing_backend.hpp"
#include "support/region_variants.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using namespace std::chrono_literals;
using kennel::Lookup;
using kennel::LookupState;
using kennel::TimeSpan;
using test::on_every_region;
using test::RegionFactory;

} // namespace

static_assert(!std::is_convertible_v<Lookup<int>, bool>);
static_assert(!std::is_constructible_v<bool, Lookup<int>>);

TEST_CASE("the state of a look-up has a stable text", "[dogpile-76]") {
    CHECK(to_string(LookupState::hit) == "hit");
    CHECK(to_string(LookupState::stale) == "stale");
    CHECK(to_string(LookupState::miss) == "miss");
    CHECK(to_string(LookupState::error) == "error");
}

TEST_CASE("a look-up of a fresh value is a hit, with its age and its backend") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        const kennel::WallTime start = make.clock->wall_now();
        region.set("some_key", "secret");
        make.clock->advance(1500ms);
        const auto found = region.look_up<std::string>("some_key");
        CHECK(found.is_hit());
        CHECK(found.state() == LookupState::hit);
        CHECK(found.has_value());
        CHECK(found.value() == "secret");
        CHECK(found.age() == TimeSpan(1500ms));
        CHECK(found.created() == start);
        CHECK(found.backend() == make.backend);
        CHECK(found.error().empty());
        CHECK(to_string(found) == "hit from " + make.backend + ", 1.500000 s old");
    });
}

TEST_CASE("a look-up of an expired or soft-invalidated value is stale and has it") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        region.set("some_key", "secret");
        make.clock->advance(2min);
        const auto expired = region.look_up<std::string>("some_key");
        CHECK(expired.is_stale());
        CHECK(expired.value() == "secret");
        CHECK(expired.age() == TimeSpan(2min));
        CHECK(to_string(expired) == "stale from " + make.backend + ", 120.000000 s old");
        region.set("some_key", "secret");
        region.invalidate(kennel::Invalidation::soft);
        CHECK(region.look_up<std::string>("some_key").is_stale());
    });
}

TEST_CASE("a look-up of nothing is a miss and has no value") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        const auto found = region.look_up<std::string>("some_key");
        CHECK(found.is_miss());
        CHECK_FALSE(found.has_value());
        CHECK(found.age() == TimeSpan());
        CHECK(found.created() == kennel::WallTime());
        CHECK(found.value_or("fallback") == "fallback");
        CHECK(to_string(found) == "miss from " + make.backend);
        const std::string message = test::message_of<kennel::DogpileCacheException>(
            [&] { static_cast<void>(found.value()); });
        CHECK(test::contains(message, "miss from " + make.backend));
        region.set("some_key", "secret");
        region.invalidate();
        CHECK(region.look_up<std::string>("some_key").is_miss());
    });
}

TEST_CASE("a look-up of another type is a miss and says which is stored and which was asked for") {
    kennel::CacheRegion<> region;
    region.configure("memory");
    region.set("some_key", 0.5);
    const auto found = region.look_up<int>("some_key");
    CHECK(found.is_miss());
    CHECK(found.error() == "stored as double, asked for as int");
    CHECK(to_string(found) == "miss from memory: stored as double, asked for as int");
}

TEST_CASE("a look-up that the backend cannot answer is an error and says why, whatever the region does with failures") {
    for (const kennel::OnFailure on_failure : {kennel::OnFailure::degrade, kennel::OnFailure::throw_error}) {
        const auto proxy = std::make_shared<kennel::testing_support::FailingProxy>();
        kennel::CacheRegion<> region;
        region.configure("memory", {.wrap = {proxy}, .on_read_failure = on_failure});
        region.set("some_key", "secret");
        proxy->reads_fail = true;
        const auto found = region.look_up<std::string>("some_key");
        CHECK(found.is_error());
        CHECK_FALSE(found.has_value());
        CHECK_FALSE(found.error().empty());
        CHECK(to_string(found) == "error from memory: " + found.error());
    }
}

TEST_CASE("the text of a look-up never shows the value") {
    const Lookup<std::string> found({.state = LookupState::hit, .backend = "memory"}, "secret");
    CHECK_FALSE(test::contains(to_string(found), "secret"));
    const Lookup<std::string> stale({.state = LookupState::stale, .backend = "memory"}, "secret");
    CHECK_FALSE(test::contains(to_string(stale), "secret"));
}

TEST_CASE("a found false is a hit") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.set("some_key", false);
        const auto found = region.look_up<bool>("some_key");
        CHECK(found.is_hit());
        CHECK_FALSE(found.value());
        CHECK_FALSE(found.value_or(true));
    });
}

TEST_CASE("a value can be moved out of a look-up") {
    Lookup<std::string> found({.state = LookupState::hit}, "a text that is too long to be kept in place");
    const std::string moved = std::move(found).value();
    CHECK(moved == "a text that is too long to be kept in place");
}
