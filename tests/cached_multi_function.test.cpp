#include "kennel/cached_multi_function.hpp"

#include "kennel/kennel.hpp"
#include "support/region_variants.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::on_every_region;
using test::RegionFactory;

using Numbers = std::vector<int>;
using Found = std::vector<std::optional<int>>;
using ByNumber = std::map<int, int>;

/// Multiplies by ten, adds the number of calls so far, and remembers what it was called with.
class Tens {
public:
    Numbers operator()(const Numbers& numbers) const {
        calls->push_back(numbers);
        Numbers made;
        for (const int number : numbers) made.push_back(number * 10 + static_cast<int>(calls->size()));
        return made;
    }

    std::shared_ptr<std::vector<Numbers>> calls = std::make_shared<std::vector<Numbers>>();
};

/// As `Tens`, as a map that leaves out negative numbers.
class TensByNumber {
public:
    ByNumber operator()(const Numbers& numbers) const {
        const Numbers made = tens(numbers);
        ByNumber found;
        for (std::size_t index = 0; index != numbers.size(); ++index)
            if (numbers[index] >= 0) found.emplace(numbers[index], made[index]);
        return found;
    }

    Tens tens{};
};

} // namespace

TEST_CASE("get of many arguments gives what is cached, with gaps, and creates nothing", "[dogpile-102]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        const Tens tens;
        const auto cached = region.cache_multi_on_arguments("tens", tens);
        CHECK(cached.get({1, 2}) == Found(2));
        cached({1, 3});
        CHECK(cached.get({3, 2, 1}) == Found{31, {}, 11});
        CHECK(tens.calls->size() == 1);
    });
}

TEST_CASE("set stores values by argument", "[dogpile-103]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        const Tens tens;
        const auto cached = region.cache_multi_on_arguments("tens", tens);
        cached.set({{1, 0}, {2, 5}});
        CHECK(cached({1, 2}) == Numbers{0, 5});
        cached.set(std::unordered_map<int, int>{{1, 7}});
        CHECK(cached.get({1, 2}) == Found{7, 5});
        CHECK(tens.calls->empty());
    });
}

TEST_CASE("refresh creates and stores all its arguments", "[dogpile-105]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        const Tens tens;
        const auto cached = region.cache_multi_on_arguments("tens", tens);
        CHECK(cached({1, 2}) == Numbers{11, 21});
        CHECK(cached.refresh({2, 1}) == Numbers{22, 12});
        CHECK(cached({1, 2}) == Numbers{12, 22});
        CHECK(tens.calls->size() == 2);
        CHECK(region.statistics().created == 2);
    });
}

TEST_CASE("values of a refresh that were overtaken are returned and not stored", "[defect-D2]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        std::function<void()> meanwhile = [] {};
        const auto cached = region.cache_multi_on_arguments("tens", [&](const Numbers& numbers) {
            meanwhile();
            return numbers;
        });
        meanwhile = [&] { cached.invalidate({1}); };
        CHECK(cached.refresh({1, 2}) == Numbers{1, 2});
        CHECK(cached.get({1, 2}) == Found{{}, 2});
        meanwhile = [&] { cached.set({{1, 100}}); };
        CHECK(cached.refresh({1, 2}) == Numbers{1, 2});
        CHECK(cached.get({1, 2}) == Found{100, 2});
        meanwhile = [&] { static_cast<void>(cached.refresh({2})); };
        CHECK_THROWS_AS(cached.refresh({2}), kennel::RecursiveCreation);
    });
}

TEST_CASE("a generator of many keys may be a function's own, also one that reverses the order", "[dogpile-107]") {
    const RegionFactory make;
    auto region = make();
    const Tens tens;
    const auto cached = region.cache_multi_on_arguments(
        "tens", tens,
        {.function_multi_key_generator = [](const kennel::FunctionName& function,
                                            std::span<const std::string> arguments) {
            std::vector<std::string> keys;
            for (const std::string& argument : arguments)
                keys.push_back(std::to_string(9 - std::stoi(argument)) + "|" + function.name);
            return keys;
        }});
    CHECK(cached.keys({1, 2}) == std::vector<std::string>{"8|tens", "7|tens"});
    CHECK(cached({1, 2, 3}) == Numbers{11, 21, 31});
    CHECK(tens.calls->front() == Numbers{3, 2, 1});
    CHECK(cached({3, 1}) == Numbers{31, 11});
}

TEST_CASE("only missing arguments are created", "[dogpile-111]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        const Tens tens;
        const auto cached = region.cache_multi_on_arguments("tens", tens);
        CHECK(cached({5, 1, 5}) == Numbers{51, 11, 51});
        CHECK(cached({1, 2}) == Numbers{11, 22});
        cached.invalidate({1});
        CHECK(cached({1, 2, 5}) == Numbers{13, 22, 51});
        cached.set({{1, 100}, {2, 200}});
        CHECK(cached({2, 1}) == Numbers{200, 100});
        CHECK(*tens.calls == std::vector<Numbers>{{1, 5}, {2}, {1}});
        make.clock->advance(2min);
        CHECK(cached({1}) == Numbers{14});
        CHECK(cached(Numbers()).empty());
    });
}

TEST_CASE("a function of many arguments may return a map", "[dogpile-112]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        const TensByNumber tens;
        const auto cached = region.cache_multi_on_arguments("tens", tens);
        CHECK(cached({2, 1, 2}) == ByNumber{{1, 11}, {2, 21}});
        CHECK(cached({1, 3}) == ByNumber{{1, 11}, {3, 32}});
        CHECK(cached.refresh({1, 2}) == ByNumber{{1, 13}, {2, 23}});
        CHECK(cached({1, 2}) == ByNumber{{1, 13}, {2, 23}});
    });
}

TEST_CASE("arguments that the map leaves out are neither cached nor returned, and can be set later", "[dogpile-113]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        const TensByNumber tens;
        const auto cached = region.cache_multi_on_arguments("tens", tens);
        CHECK(cached({1, -1}) == ByNumber{{1, 11}});
        CHECK(cached.get({-1, 1}) == Found{{}, 11});
        CHECK(cached({1, -1}) == ByNumber{{1, 11}});
        CHECK(tens.tens.calls->back() == Numbers{-1});
        cached.set({{-1, 7}});
        CHECK(cached({1, -1}) == ByNumber{{-1, 7}, {1, 11}});
        CHECK(cached.refresh({-1, 1}) == ByNumber{{1, 13}});
        CHECK(cached.get({-1}) == Found{7});
    });
}

TEST_CASE("the filter rejects values of a map, beside arguments that it leaves out", "[dogpile-114]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        const TensByNumber tens;
        const auto cached = region.cache_multi_on_arguments("tens", tens,
                                                            {.should_cache_fn = [](int value) { return value > 20; }});
        CHECK(cached({1, 2, -1}) == ByNumber{{1, 11}, {2, 21}});
        CHECK(cached.get({1, 2, -1}) == Found{{}, 21, {}});
        CHECK(cached.refresh({1, 2}) == ByNumber{{1, 12}, {2, 22}});
        CHECK(cached.get({1, 2}) == Found{{}, 22});
    });
}

TEST_CASE("with a namespace the keys are name, namespace and argument", "[dogpile-115]") {
    const RegionFactory make;
    auto region = make();
    const Tens tens;
    const auto cached = region.cache_multi_on_arguments("module:tens", tens, {.key_namespace = "ns"});
    cached({1, 2});
    CHECK(region.backend()->get("module:tens|ns|1"));
    CHECK(region.backend()->get("module:tens|ns|2"));
    CHECK(cached.keys({2, 1}) == std::vector<std::string>{"module:tens|ns|2", "module:tens|ns|1"});
    auto python = make({}, {.function_multi_key_generator = kennel::function_multi_key_generator});
    CHECK(python.cache_multi_on_arguments("module:tens", tens).keys({5}).front() == "module:tens|5");
}

TEST_CASE("a function of many arguments on an object is a lambda, and its values are not shifted", "[defect-D16]") {
    struct Source {
        int offset = 0;
        [[nodiscard]] Numbers load(const Numbers& numbers) const {
            Numbers made;
            for (const int number : numbers) made.push_back(number + offset);
            return made;
        }
    };
    const RegionFactory make;
    auto region = make();
    const Source source{.offset = 100};
    const auto cached = region.cache_multi_on_arguments(
        "Source.load", [&source](const Numbers& numbers) { return source.load(numbers); });
    CHECK(cached({2, 1}) == Numbers{102, 101});
    CHECK(cached.get({1, 2}) == Found{101, 102});
    CHECK(cached.original()({3}) == Numbers{103});
}

TEST_CASE("too few values for many arguments are an error, from refresh too") {
    const RegionFactory make;
    auto region = make();
    const auto cached = region.cache_multi_on_arguments("few", [](const Numbers&) { return Numbers{1}; });
    CHECK_THROWS_AS(cached({1, 2}), kennel::ValidationError);
    CHECK_THROWS_AS(cached.refresh({1, 2}), kennel::ValidationError);
    CHECK(cached.get({1, 2}) == Found(2));
}

TEST_CASE("a value for an argument that was not asked for is an error") {
    const RegionFactory make;
    auto region = make();
    const auto cached = region.cache_multi_on_arguments("more", [](const Numbers&) { return ByNumber{{7, 70}}; });
    CHECK_THROWS_AS(cached({1}), kennel::ValidationError);
    CHECK_THROWS_AS(cached.refresh({1}), kennel::ValidationError);
}

TEST_CASE("a function of many arguments may take its creation, which counts in refresh too") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1h});
        const auto cached = region.cache_multi_on_arguments("load",
                                                            [](kennel::Creation& creation, const Numbers& numbers) {
                                                                creation.expire_after(10s).tag("loaded");
                                                                if (numbers.front() < 0) creation.do_not_store();
                                                                return numbers;
                                                            });
        const auto refresh = [&] { return cached.refresh({1, 2}); };
        const auto call = [&] { return cached({1, 2}); };
        for (const auto& make_values : {std::function<Numbers()>(call), std::function<Numbers()>(refresh)}) {
            CHECK(make_values() == Numbers{1, 2});
            CHECK(region.backend()->get("load|2")->metadata.tags.names() == std::vector<std::string>{"loaded"});
            make.clock->advance(11s);
            CHECK(cached.get({1, 2}) == Found(2));
        }
        CHECK(cached({-1}) == Numbers{-1});
        CHECK(cached.refresh({-1}) == Numbers{-1});
        CHECK(cached.get({-1}) == Found(1));
    });
}

TEST_CASE("a function of many texts takes them as they are, and may have an expiration time of its own") {
    const RegionFactory make;
    auto region = make();
    kennel::TimeSpan expiration = 1min;
    const auto cached = region.cache_multi_on_arguments("lengths",
                                                        [](const std::vector<std::string>& texts) {
                                                            std::map<std::string, std::size_t> lengths;
                                                            for (const std::string& text : texts)
                                                                lengths.emplace(text, text.size());
                                                            return lengths;
                                                        },
                                                        {.expiration_time = [&] { return expiration; }});
    CHECK(cached({"a b", "c"}) == std::map<std::string, std::size_t>{{"a b", 3}, {"c", 1}});
    CHECK(cached.keys({"a b"}).front() == "lengths|a%20b");
    make.clock->advance(2min);
    CHECK_FALSE(cached.get({"c"}).front());
    expiration = 1h;
    CHECK(cached.get({"c"}).front() == 1U);
}

TEST_CASE("a wrapper of many arguments outlives the region's handle") {
    const Tens tens;
    const auto cached = [&] {
        kennel::CacheRegion<> region;
        region.configure("memory");
        return region.cache_multi_on_arguments("tens", tens);
    }();
    const auto copy = cached;
    CHECK(copy({1}) == Numbers{11});
    CHECK(cached({1}) == Numbers{11});
}
