#include "kennel/region/running_creation.hpp"

#include "kennel/kennel.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

TEST_CASE("a creator that has erased its key and then asks for it is told, and does not run again", "[recursion]") {
    kennel::CacheRegion<> region;
    region.configure("memory");
    int calls = 0;
    const auto create = [&](const auto& again) -> int {
        REQUIRE(++calls == 1);
        region.erase("key");
        return region.get_or_create("key", [&] { return again(again); });
    };
    CHECK_THROWS_AS(region.get_or_create("key", [&] { return create(create); }), kennel::RecursiveCreation);
    CHECK(region.get_or_create("key", [] { return 5; }) == 5);
}

TEST_CASE("a creator of many values cannot ask for one of them, but for others and for those of another region",
          "[recursion]") {
    kennel::CacheRegion<> region;
    kennel::CacheRegion<> other;
    region.configure("memory");
    other.configure("memory");
    const std::vector<std::string> keys{"a", "b"};
    const auto create = [&](const std::vector<std::string>& missing) {
        CHECK_THROWS_AS(region.get_or_create("b", [] { return 0; }), kennel::RecursiveCreation);
        const int sum = region.get_or_create("c", [] { return 1; }) + other.get_or_create("b", [] { return 2; });
        return std::vector<int>(missing.size(), sum);
    };
    CHECK(region.get_or_create_multi(keys, create) == std::vector<int>{3, 3});
}
