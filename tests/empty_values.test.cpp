// A cached "nothing" is a hit.

#include "kennel/kennel.hpp"

#include "support/region_variants.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using test::on_every_region;
using test::RegionFactory;

/// Has one value that is empty, through every way in and out of a region.
template <class Value>
void check_empty(const kennel::CacheRegion<>& region, const Value& empty) {
    region.set("set", empty);
    CHECK(region.get<Value>("set").has_value());
    CHECK(region.get<Value>("set") == std::optional<Value>(empty));
    CHECK(region.look_up<Value>("set").is_hit());
    CHECK(region.get_value_metadata<Value>("set").has_value());

    int calls = 0;
    const auto create = [&] { return ++calls, empty; };
    CHECK(region.get_or_create("created", create) == empty);
    CHECK(region.get_or_create("created", create) == empty);
    CHECK(calls == 1);

    const std::vector<std::string> keys{"many", "created", "set"};
    const auto create_many = [&](const std::vector<std::string>& missing) {
        return ++calls, std::vector<Value>(missing.size(), empty);
    };
    const std::vector<Value> all(3, empty);
    CHECK(region.get_or_create_multi(keys, create_many) == all);
    CHECK(region.get_or_create_multi(keys, create_many) == all);
    CHECK(calls == 2);
    const auto found = region.get_multi<Value>({"many", "created", "absent"});
    CHECK(found[0] == std::optional<Value>(empty));
    CHECK(found[1] == std::optional<Value>(empty));
    CHECK_FALSE(found[2].has_value());

    const auto wrapped = region.cache_on_arguments("wrapped", [&](int) { return ++calls, empty; });
    CHECK(wrapped(1) == empty);
    CHECK(wrapped(1) == empty);
    CHECK(wrapped.get(1).has_value());
    CHECK_FALSE(wrapped.get(2).has_value());
    CHECK(calls == 3);
    wrapped.set(empty, 2);
    CHECK(wrapped(2) == empty);
    CHECK(calls == 3);
}

} // namespace

TEST_CASE("false, zero and empty texts and containers are hits", "[H21][dogpile-100]") {
    on_every_region([](const RegionFactory& make) {
        SECTION("false") { check_empty(make(), std::pair(false, 0)); }
        SECTION("zero") { check_empty(make(), 0); }
        SECTION("an empty text") { check_empty(make(), std::string()); }
        SECTION("an empty list") { check_empty(make(), std::vector<int>()); }
    });
}

TEST_CASE("an empty optional is a hit", "[H21]") {
    on_every_region([](const RegionFactory& make) {
        check_empty(make(), std::optional<int>());
        const auto region = make();
        region.set("key", std::optional<int>());
        const auto found = region.get<std::optional<int>>("key");
        REQUIRE(found.has_value());
        CHECK_FALSE(found->has_value());
        CHECK_FALSE(region.get<int>("key").has_value());
    });
}

TEST_CASE("a cached false is a hit", "[H21]") {
    on_every_region([](const RegionFactory& make) {
        const auto region = make();
        region.set("key", false);
        CHECK(region.get<bool>("key") == std::optional(false));
        bool was_called = false;
        CHECK_FALSE(region.get_or_create("key", [&] { return was_called = true; }));
        CHECK_FALSE(was_called);
        CHECK(region.get_multi<bool>({"key"}).front() == std::optional(false));
        const auto absent = region.get_or_create(
            "null", [] { return std::shared_ptr<int>(); },
            {.should_cache_fn = [](const std::shared_ptr<int>& value) { return value != nullptr; }});
        CHECK(absent == nullptr);
    });
}

TEST_CASE("an empty value of many arguments in a map is a hit, and a left-out one a miss", "[H21]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        int calls = 0;
        const auto cached = region.cache_multi_on_arguments("load", [&](const std::vector<int>& numbers) {
            ++calls;
            std::map<int, std::optional<int>> found;
            for (const int number : numbers)
                if (number != 0) found.emplace(number, std::nullopt);
            return found;
        });
        CHECK(cached({0, 1}).size() == 1);
        CHECK(cached({1}).at(1) == std::nullopt);
        CHECK(calls == 1);
        CHECK(cached({0, 1}).size() == 1);
        CHECK(calls == 2);
    });
}
