#include "kennel/backends/null.hpp"

#include "kennel/kennel.hpp"
#include "support/catch.hpp"
#include "support/messages.hpp"

#include <optional>
#include <string>
#include <vector>

namespace {

kennel::CacheRegion<> forgetful_region() {
    kennel::CacheRegion region;
    region.configure("null");
    return region;
}

} // namespace

TEST_CASE("a region on the null backend finds nothing", "[null][dogpile-168][dogpile-169][dogpile-170]") {
    const kennel::CacheRegion region = forgetful_region();
    CHECK_FALSE(region.get<int>("key").has_value());
    region.set("key", 1);
    CHECK_FALSE(region.get<int>("key").has_value());
    CHECK(region.look_up<int>("key").is_miss());
    region.erase("key");
    region.erase("key");
    CHECK_FALSE(region.get<int>("key").has_value());
}

TEST_CASE("a region on the null backend finds nothing for many keys, either",
          "[null][dogpile-171][dogpile-172][dogpile-173]") {
    const kennel::CacheRegion region = forgetful_region();
    const std::vector<std::optional<int>> nothing(2);
    CHECK(region.get_multi<int>({"a", "b"}) == nothing);
    region.set_multi<int>({{"a", 1}, {"b", 2}});
    CHECK(region.get_multi<int>({"a", "b"}) == nothing);
    region.erase_multi({"a", "b"});
    CHECK(region.get_multi<int>({"a", "b"}) == nothing);
}

TEST_CASE("a function that is cached on the null backend runs every time", "[null][dogpile-174]") {
    const kennel::CacheRegion region = forgetful_region();
    int calls = 0;
    auto square = region.cache_on_arguments("square", [&](int number) {
        ++calls;
        return number * number;
    });
    CHECK(square(3) == 9);
    CHECK(square(3) == 9);
    CHECK(square(4) == 16);
    CHECK(calls == 3);
    CHECK(region.get_or_create("key", [&] { return ++calls; }) == 4);
    CHECK(region.get_or_create("key", [&] { return ++calls; }) == 5);
}

TEST_CASE("the creator of many values gets all keys every time on the null backend", "[null]") {
    const kennel::CacheRegion region = forgetful_region();
    int calls = 0;
    const auto create = [&](const std::vector<std::string>& keys) {
        ++calls;
        return std::vector<std::size_t>(keys.size(), keys.size());
    };
    const std::vector<std::string> keys{"b", "a"};
    CHECK(region.get_or_create_multi(keys, create) == std::vector<std::size_t>{2, 2});
    CHECK(region.get_or_create_multi(keys, create) == std::vector<std::size_t>{2, 2});
    CHECK(calls == 2);
}

TEST_CASE("a key is never locked on the null backend, unless somebody in this process creates its value",
          "[null][dogpile-175][dogpile-176]") {
    const kennel::CacheRegion region = forgetful_region();
    CHECK_FALSE(region.key_is_locked("key"));
    CHECK(region.get_or_create("key", [&] { return region.key_is_locked("key"); }));
    CHECK_FALSE(region.key_is_locked("key"));
}

TEST_CASE("the null backend takes no arguments", "[null]") {
    using namespace kennel::testing_support;
    kennel::CacheRegion region;
    const std::string text = message_of<kennel::ValidationError>(
        [&] { region.configure("null", {.arguments = {{"max_entries", 1}}}); });
    CHECK(mentions(text, {"'null'", "'max_entries'", "it takes none"}));
    CHECK_FALSE(region.is_configured());
}
