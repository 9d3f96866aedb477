#include "kennel/kennel.hpp"

#include "support/counting_backend.hpp"
#include "support/region_variants.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <latch>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::testing_support::CountingProxy;
using test::on_every_region;
using test::RegionFactory;

using Keys = std::vector<std::string>;
using Values = std::vector<int>;
using Found = std::vector<std::optional<int>>;
using Map = std::map<std::string, int>;

/// Makes the length of each key, and remembers what it was asked for.
struct Lengths {
    Values operator()(const Keys& keys) {
        calls.push_back(keys);
        Values values;
        for (const std::string& key : keys) values.push_back(static_cast<int>(key.size()));
        return values;
    }
    std::vector<Keys> calls{};
};

/// A range that can be gone through once, whose keys live as long as a step.
class OneShot {
public:
    class Iterator {
    public:
        explicit Iterator(int at) : at_(at) {}
        std::string operator*() const { return "key" + std::to_string(at_); }
        Iterator& operator++() {
            ++at_;
            return *this;
        }
        bool operator!=(const Iterator& other) const { return at_ != other.at_; }

    private:
        int at_;
    };

    [[nodiscard]] Iterator begin() const {
        CHECK_FALSE(*is_used_);
        *is_used_ = true;
        return Iterator(1);
    }
    [[nodiscard]] Iterator end() const { return Iterator(4); }

private:
    std::shared_ptr<bool> is_used_ = std::make_shared<bool>(false);
};

} // namespace

TEST_CASE("what set_multi stores is readable one by one", "[dogpile-7][dogpile-69]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.set_multi(Map{{"key1", 1}, {"key2", 2}, {"key3", 3}});
        CHECK(region.get<int>("key1") == 1);
        CHECK(region.get<int>("key2") == 2);
        CHECK(region.get<int>("key3") == 3);
        region.set_multi<std::string>({{"key1", "one"}, {"key2", "two"}});
        CHECK(region.get<std::string>("key1") == "one");
    });
}

TEST_CASE("set_multi gives all its entries one moment of creation") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.set_multi(Map{{"key1", 1}, {"key2", 2}}, {.time_to_live = 5s, .tags = {"pair"}});
        const auto first = region.backend()->get("key1");
        const auto second = region.backend()->get("key2");
        REQUIRE(first);
        REQUIRE(second);
        CHECK(first->metadata.created == second->metadata.created);
        CHECK(second->metadata.tags.names() == Keys{"pair"});
        CHECK(second->metadata.time_to_live == kennel::TimeSpan(5s));
    });
}

TEST_CASE("many of no keys are none, and the backend is not asked",
          "[dogpile-8][dogpile-9][dogpile-10][dogpile-14][defect-D19]") {
    on_every_region([](const RegionFactory& make) {
        const auto proxy = std::make_shared<CountingProxy>();
        auto region = make({.wrap = {proxy}});
        Lengths lengths;
        CHECK(region.get_multi<int>(Keys()).empty());
        region.set_multi(Map());
        region.erase_multi(Keys());
        CHECK(region.get_or_create_multi(Keys(), lengths).empty());
        CHECK(lengths.calls.empty());
        CHECK(proxy->get_multis + proxy->set_multis + proxy->erase_multis + proxy->visits == 0);
    });
}

TEST_CASE("when the filter rejects every value they are returned and nothing is stored", "[dogpile-11]") {
    on_every_region([](const RegionFactory& make) {
        const auto proxy = std::make_shared<CountingProxy>();
        auto region = make({.wrap = {proxy}});
        Lengths lengths;
        CHECK(region.get_or_create_multi(Keys{"a", "bb"}, lengths, {.should_cache_fn = [](int) { return false; }}) ==
              Values{1, 2});
        CHECK(proxy->set_multis + proxy->sets == 0);
        CHECK(region.get_multi<int>(Keys{"a", "bb"}) == Found(2));
    });
}

TEST_CASE("get_multi answers in the order of the keys, with nothing where there is nothing",
          "[dogpile-12][dogpile-13][dogpile-70]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.set_multi(Map{{"key1", 1}, {"key2", 2}, {"key3", 3}});
        CHECK(region.get_multi<int>({"key3", "key1", "key2"}) == Found{3, 1, 2});
        CHECK(region.get_multi<int>({"absent", "key2", "key2", "gone", "key1"}) == Found{{}, 2, 2, {}, 1});
    });
}

TEST_CASE("erase_multi removes what is there and does not mind what is not", "[dogpile-15][dogpile-71]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.set_multi(Map{{"key1", 1}, {"key2", 2}});
        region.erase_multi({"key1", "absent"});
        CHECK(region.get_multi<int>({"key1", "key2"}) == Found{{}, 2});
        region.erase_multi(Keys{"key2"});
        CHECK_FALSE(region.get<int>("key2"));
    });
}

TEST_CASE("threads that create overlapping keys never create one at the same time", "[dogpile-19]") {
    const RegionFactory make;
    auto region = make({.expiration_time = 0s, .stale_time = 0s});
    std::array<std::atomic<int>, 10> creating{};
    std::atomic<int> overlaps = 0;
    std::atomic<int> empty_calls = 0;
    const auto create = [&](const Keys& keys) {
        if (keys.empty()) ++empty_calls;
        for (const std::string& key : keys) overlaps += creating[static_cast<std::size_t>(key.back() - '0')]++;
        std::this_thread::yield();
        for (const std::string& key : keys) --creating[static_cast<std::size_t>(key.back() - '0')];
        return Values(keys.size(), 1);
    };
    std::latch start(6);
    std::vector<std::thread> threads;
    for (unsigned number = 0; number != 6; ++number)
        threads.emplace_back([&, number] {
            start.arrive_and_wait();
            for (unsigned round = 0; round != 40; ++round) {
                Keys keys;
                for (unsigned count = 0; count != 4; ++count)
                    keys.push_back("key" + std::to_string((number * 7 + round * 3 + count * count) % 10));
                if (region.get_or_create_multi(keys, create).size() != keys.size()) ++overlaps;
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(overlaps == 0);
    CHECK(empty_calls == 0);
}

TEST_CASE("created values come in the order of the caller's keys", "[dogpile-49]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        Lengths lengths;
        CHECK(region.get_or_create_multi(Keys{"ccc", "a", "bb", "a"}, lengths) == Values{3, 1, 2, 1});
        CHECK(region.get_or_create_multi(Keys{"bb", "dddd", "ccc"}, lengths) == Values{2, 4, 3});
        CHECK(lengths.calls == std::vector<Keys>{{"a", "bb", "ccc"}, {"dddd"}});
    });
}

TEST_CASE("expired values of many keys are created anew, for keys in sorted order", "[dogpile-52]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        region.set_multi(Map{{"key2", 2}, {"key1", 1}});
        make.clock->advance(2min);
        CHECK(region.get_multi<int>({"key1", "key2"}) == Found(2));
        CHECK(region.get_multi<int>({"key1", "key2"}, {.ignore_expiration = true}) == Found{1, 2});
        test::ManyNumbers many;
        CHECK(region.get_or_create_multi(Keys{"key2", "key1"}, many, {.expiration_time = kennel::unlimited}) ==
              Values{2, 1});
        CHECK(many.calls.empty());
        CHECK(region.get_or_create_multi(Keys{"key2", "key1"}, many) == Values{1, 1});
        CHECK(many.calls == std::vector<Keys>{{"key1", "key2"}});
        CHECK(region.get_multi<int>({"key1", "key2"}) == Found{1, 1});
    });
}

TEST_CASE("of many created values the accepted ones are stored and the rejected ones only returned", "[dogpile-68]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        Lengths lengths;
        const kennel::CreateOptions<int> only_odd{.should_cache_fn = [](int value) { return value % 2 == 1; }};
        CHECK(region.get_or_create_multi(Keys{"a", "bb", "ccc"}, lengths, only_odd) == Values{1, 2, 3});
        CHECK(region.get_multi<int>({"a", "bb", "ccc"}) == Found{1, {}, 3});
        CHECK(region.get_or_create_multi(Keys{"a", "bb", "ccc"}, lengths, only_odd) == Values{1, 2, 3});
        CHECK(lengths.calls.back() == Keys{"bb"});
        const kennel::CreateOptions<int> by_key{
            .should_cache_fn = [](int, std::string_view key) { return key != "a"; }};
        region.erase("a");
        static_cast<void>(region.get_or_create_multi(Keys{"a", "bb"}, lengths, by_key));
        CHECK(region.get_multi<int>({"a", "bb"}) == Found{{}, 2});
    });
}

TEST_CASE("a creator of many may return a map, and what it leaves out is neither stored nor returned") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        int calls = 0;
        const auto create = [&](const Keys& keys) {
            ++calls;
            Map made;
            for (const std::string& key : keys)
                if (key != "absent") made.emplace(key, calls);
            return made;
        };
        CHECK(region.get_or_create_multi(Keys{"b", "absent", "a"}, create) == Map{{"a", 1}, {"b", 1}});
        CHECK(region.get_or_create_multi(Keys{"b", "absent"}, create) == Map{{"b", 1}});
        CHECK(calls == 2);
        region.set("absent", 7);
        CHECK(region.get_or_create_multi(Keys{"absent"}, create) == Map{{"absent", 7}});
    });
}

TEST_CASE("a creator of many that returns too few values is an error, and nothing is stored", "[defect-D13]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        const auto create = [](const Keys&) { return Values{1}; };
        const std::string message = test::message_of<kennel::ValidationError>(
            [&] { region.get_or_create_multi(Keys{"a", "b"}, create); });
        CHECK(test::contains(message, "asked for 2"));
        CHECK(test::contains(message, "returned 1"));
        CHECK(region.get_multi<int>({"a", "b"}) == Found(2));
        Lengths lengths;
        CHECK(region.get_or_create_multi(Keys{"a", "b"}, lengths) == Values{1, 1});
    });
}

TEST_CASE("keys may come as any range, also one that can be gone through only once", "[defect-D13]") {
    const RegionFactory make;
    auto region = make();
    Lengths lengths;
    CHECK(region.get_or_create_multi(OneShot(), lengths) == Values{4, 4, 4});
    CHECK(region.get_multi<int>(OneShot()) == Found{4, 4, 4});
    CHECK(region.get_or_create_multi(std::list<std::string_view>{"key3", "key1"}, lengths) == Values{4, 4});
    region.erase_multi(OneShot());
    CHECK(region.get_multi<int>(std::array<const char*, 2>{"key1", "key3"}) == Found(2));
}

TEST_CASE("keys that are mangled to one share an entry and lock nobody out", "[defect-D13]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({}, {.key_mangler = [](std::string_view key) { return std::string(key.substr(0, 1)); }});
        Lengths lengths;
        CHECK(region.get_or_create_multi(Keys{"ab", "acd"}, lengths) == Values{2, 3});
        const auto found = region.get_multi<int>({"ab", "acd"});
        CHECK(found.front().has_value());
        CHECK(found.front() == found.back());
    });
}

TEST_CASE("one look-up, one second look and one write serve any number of missing keys") {
    const auto proxy = std::make_shared<CountingProxy>();
    const RegionFactory make;
    auto region = make({.wrap = {proxy}});
    Lengths lengths;
    static_cast<void>(region.get_or_create_multi(Keys{"a", "b", "c", "d"}, lengths));
    CHECK(proxy->get_multis == 2);
    CHECK(proxy->set_multis == 1);
    static_cast<void>(region.get_or_create_multi(Keys{"a", "b", "c", "d"}, lengths));
    CHECK(proxy->get_multis == 3);
    CHECK(proxy->sets + proxy->visits + proxy->gets == 0);
}

TEST_CASE("a creator of many may take its creation, which then counts for all its values") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1h});
        const auto create = [](const Keys& keys, kennel::Creation& creation) {
            creation.expire_after(10s).tag("batch");
            if (keys.front() == "secret") creation.do_not_store();
            return Values(keys.size(), 1);
        };
        CHECK(region.get_or_create_multi(Keys{"a", "b"}, create) == Values{1, 1});
        CHECK(region.backend()->get("b")->metadata.tags.names() == Keys{"batch"});
        make.clock->advance(11s);
        CHECK(region.get_multi<int>({"a", "b"}) == Found(2));
        CHECK(region.get_or_create_multi(Keys{"secret", "z"}, create) == Values{1, 1});
        CHECK(region.get_multi<int>({"secret", "z"}) == Found(2));
    });
}

TEST_CASE("refresh_multi creates all its keys, whatever is stored, in one call") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        test::ManyNumbers many;
        region.set("b", 100);
        CHECK(region.refresh_multi(Keys{"b", "a", "b"}, many) == Values{1, 1, 1});
        CHECK(region.refresh_multi(Keys{"b"}, many, {.should_cache_fn = [](int) { return false; }}) == Values{2});
        CHECK(many.calls == std::vector<Keys>{{"a", "b"}, {"b"}});
        CHECK(region.get_multi<int>({"a", "b"}) == Found{1, 1});
        CHECK(region.refresh_multi(Keys(), many).empty());
        CHECK(many.calls.size() == 2);
        const auto create = [](const Keys&) { return Map{{"a", 7}}; };
        CHECK(region.refresh_multi(Keys{"a", "b"}, create) == Map{{"a", 7}});
        CHECK(region.get_multi<int>({"a", "b"}) == Found{7, 1});
    });
}

TEST_CASE("keys of many values may be written down where they are needed") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        Lengths lengths;
        CHECK(region.get_or_create_multi({"bb", "a"}, lengths) == Values{2, 1});
        CHECK(region.get_or_create_multi({"bb", "ccc"}, lengths, {.should_cache_fn = [](int) { return false; }}) ==
              Values{2, 3});
        CHECK(region.refresh_multi({"a", "bb"}, lengths) == Values{1, 2});
        CHECK(region.refresh_multi({"a"}, [](const Keys&) { return Map{{"a", 7}}; }) == Map{{"a", 7}});
        CHECK(lengths.calls == std::vector<Keys>{{"a", "bb"}, {"ccc"}, {"a", "bb"}});
        CHECK(region.get_multi<int>({"a", "bb", "ccc"}) == Found{7, 2, {}});
    });
}

TEST_CASE("values that are written down with their keys have the types that they have there") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.set_multi({{"x", 1}, {"y", 2}});
        CHECK(region.get_multi<int>({"x", "y"}) == Found{1, 2});
        const std::string name = "Ada";
        const std::string key = "a key";
        region.set_multi({{"text", "Ada"}, {key, name + " Lovelace"}, {"number", 2.5}, {"list", Values{1, 2}}},
                         {.tags = {"mixed"}});
        CHECK(region.get<std::string>("text") == "Ada");
        CHECK(region.get<std::string>(key) == "Ada Lovelace");
        CHECK(region.get<double>("number") == 2.5);
        CHECK(region.get<Values>("list") == Values{1, 2});
        CHECK(region.backend()->get("text")->metadata.tags.names() == Keys{"mixed"});
        region.set_multi({{"only", "one"}});
        CHECK(region.get<std::string>("only") == "one");
        region.set_multi<long>({{"x", 3}});
        CHECK(region.get<long>("x") == 3);
    });
}

TEST_CASE("set_multi takes any container of pairs, and the last pair of a key counts") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.set_multi(std::vector<std::pair<std::string, int>>{{"a", 1}, {"b", 2}, {"a", 3}});
        CHECK(region.get_multi<int>({"a", "b"}) == Found{3, 2});
        region.set_multi({{"a", 4}, {"a", 5}});
        CHECK(region.get<int>("a") == 5);
        region.set_multi<int>({{"a", 6}, {"a", 7}});
        CHECK(region.get<int>("a") == 7);
    });
}
