// What dogpile.cache's usage guide promises to its readers.

#include "kennel/kennel.hpp"

#include "kennel/proxies/logging.hpp"
#include "kennel/proxies/retry_delete.hpp"
#include "support/region_variants.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::RegionFactory;

/// The guide's backend: a dictionary.
class DictionaryBackend final : public kennel::CacheBackend {
public:
    [[nodiscard]] std::optional<kennel::CachedValue> get(std::string_view key) override {
        const std::lock_guard lock(mutex_);
        const auto found = cache_.find(key);
        return found == cache_.end() ? std::nullopt : std::optional(found->second);
    }
    void set(std::string_view key, const kennel::CachedValue& value) override {
        const std::lock_guard lock(mutex_);
        cache_.insert_or_assign(std::string(key), value);
    }
    void erase(std::string_view key) override {
        const std::lock_guard lock(mutex_);
        if (const auto found = cache_.find(key); found != cache_.end()) cache_.erase(found);
    }

private:
    std::mutex mutex_;
    std::map<std::string, kennel::CachedValue, std::less<>> cache_;
};

/// Fails to remove anything, as often as it is told to.
class StubbornProxy final : public kennel::ProxyBackend {
public:
    explicit StubbornProxy(int failures) : failures_(failures) {}
    void erase(std::string_view key) override {
        if (failures_-- > 0) throw kennel::BackendError("not now");
        proxied().erase(key);
    }

private:
    int failures_;
};

/// Makes the region's group part of the key: all keys of a group change when its generation does.
std::string group_key(const kennel::CacheRegion<>& region, const std::string& group, const std::string& key) {
    const int generation = region.get_or_create("generation:" + group, [] { return 1; },
                                                {.expiration_time = kennel::unlimited});
    return group + ":" + std::to_string(generation) + ":" + key;
}

void invalidate_group(const kennel::CacheRegion<>& region, const std::string& group) {
    const std::string key = "generation:" + group;
    region.set(key, region.get<int>(key).value_or(0) + 1);
}

} // namespace

TEST_CASE("a region is made and used in wrappers first, and configured when the settings are known", "[DP1]") {
    auto region = kennel::make_region({.name = "users"});
    const auto load_user = region.cache_on_arguments("load_user", [](int id) { return "user " + std::to_string(id); });
    CHECK(test::contains(test::message_of<kennel::RegionNotConfigured>([&] { load_user(5); }), "configure()"));
    region.configure("memory", {.expiration_time = 1h});
    CHECK(load_user(5) == "user 5");
    CHECK(load_user.get(5) == "user 5");
}

TEST_CASE("a region is configured by backend name, arguments and proxies, in code or from a map", "[DP2]") {
    auto lines = std::make_shared<std::vector<std::string>>();
    const auto outer = std::make_shared<kennel::LoggingProxy>(
        [lines](std::string_view line) { lines->push_back("outer " + std::string(line)); });
    const auto inner = std::make_shared<kennel::LoggingProxy>(
        [lines](std::string_view line) { lines->push_back("inner " + std::string(line)); });
    kennel::CacheRegion<> region;
    region.configure("dogpile.cache.memory",
                     {.expiration_time = 1h, .arguments = {{"max_entries", 100}}, .wrap = {outer, inner}});
    region.set("key", 1);
    REQUIRE(lines->size() == 2);
    CHECK(lines->front().starts_with("inner set \"key\""));
    CHECK(lines->back().starts_with("outer set \"key\""));

    kennel::CacheRegion<> from_map;
    from_map.configure_from_config({{"cache.users.backend", "dogpile.cache.memory_pickle"},
                                    {"cache.users.expiration_time", "3600"},
                                    {"cache.users.arguments.max_entries", "100"}},
                                   "cache.users.");
    from_map.set("key", 1);
    CHECK(from_map.get<int>("key") == 1);
}

TEST_CASE("get, get_or_create, set and erase have forms for many keys", "[DP3]") {
    const RegionFactory make;
    auto region = make();
    test::ManyNumbers many;
    const std::vector<std::string> keys{"c", "a", "b"};
    CHECK(region.get_or_create_multi(keys, many) == std::vector<int>{1, 1, 1});
    CHECK(many.calls.front() == std::vector<std::string>{"a", "b", "c"});
    region.set_multi(std::map<std::string, int>{{"a", 5}, {"d", 6}});
    CHECK(region.get_multi<int>({"d", "a"}) == std::vector<std::optional<int>>{6, 5});
    region.erase_multi({"a", "d"});
    CHECK(region.get_multi<int>({"d", "a", "b"}) == std::vector<std::optional<int>>{{}, {}, 1});
}

TEST_CASE("while one creates anew the others get the old value, and with none they wait", "[DP4]") {
    const RegionFactory make;
    auto region = make({.expiration_time = 1min});
    test::Numbers unused;
    int seen_meanwhile = 0;
    const auto in_another_thread = [&](const auto& action) { std::thread(action).join(); };

    region.set("key", 1);
    make.clock->advance(2min);
    CHECK(region.get_or_create("key", [&] {
        in_another_thread([&] { seen_meanwhile = region.get_or_create("key", unused); });
        return 2;
    }) == 2);
    CHECK(seen_meanwhile == 1);

    std::optional<std::thread> waiter;
    CHECK(region.get_or_create("absent", [&] {
        waiter.emplace([&] { seen_meanwhile = region.get_or_create("absent", unused, {.lock_timeout = 1h}); });
        make.clock->await_waiters(1);
        return 7;
    }) == 7);
    waiter->join();
    CHECK(seen_meanwhile == 7);
    CHECK(unused.made() == 0);
}

TEST_CASE("a runner takes the creation to another thread, which lets the others go", "[DP5]") {
    const RegionFactory make;
    std::deque<kennel::CreationJob> jobs;
    auto region = make({.expiration_time = 1min},
                       {.async_creation_runner = [&](kennel::CreationJob job) { jobs.push_back(std::move(job)); }});
    test::Numbers numbers;
    CHECK(region.get_or_create("key", numbers) == 1);
    make.clock->advance(2min);
    CHECK(region.get_or_create("key", numbers) == 1);
    CHECK(region.get_or_create("key", numbers) == 1);
    REQUIRE(jobs.size() == 1);
    CHECK(jobs.front().key() == "key");
    CHECK(region.key_is_locked("key"));
    std::thread([&] { jobs.front()(); }).join();
    CHECK_FALSE(region.key_is_locked("key"));
    CHECK(region.get_or_create("key", numbers) == 2);
}

TEST_CASE("a wrapped function has invalidate, set, refresh, get and original, and options of its own", "[DP6]") {
    const RegionFactory make;
    auto region = make({}, {.key_mangler = kennel::sha1_mangle_key});
    kennel::TimeSpan life = 1h;
    int calls = 0;
    const auto load = region.cache_on_arguments("load", [&](int id) { return ++calls, id * 10; },
                                                {.key_namespace = "users",
                                                 .expiration_time = [&] { return life; },
                                                 .should_cache_fn = [](int value) { return value != 0; },
                                                 .function_key_generator = kennel::function_key_generator});
    CHECK(load(5) == 50);
    CHECK(load.get(5) == 50);
    CHECK(load.key(5) == "load|users|5");
    CHECK(region.backend()->get(kennel::sha1_mangle_key("load|users|5")));
    load.set(55, 5);
    CHECK(load(5) == 55);
    CHECK(load.refresh(5) == 50);
    load.invalidate(5);
    CHECK_FALSE(load.get(5));
    CHECK(load.original()(6) == 60);
    CHECK(load(0) == 0);
    CHECK_FALSE(load.get(0));
    life = 0s;
    calls = 0;
    load(7);
    load(7);
    CHECK(calls == 2);
}

TEST_CASE("a region is invalidated hard or soft, and soft needs an expiration time", "[DP7]") {
    const RegionFactory make;
    auto region = make({.expiration_time = 1h});
    region.set("key", 1);
    region.invalidate(kennel::Invalidation::soft);
    CHECK(region.look_up<int>("key").is_stale());
    region.invalidate();
    CHECK(region.look_up<int>("key").is_miss());
    auto lasting = make();
    test::Numbers numbers;
    lasting.invalidate(kennel::Invalidation::soft);
    CHECK_THROWS_AS(lasting.get_or_create("key", numbers), kennel::DogpileCacheException);
}

TEST_CASE("a backend of the user's is a class of three methods and a line, and proxies go around it", "[DP8]") {
    kennel::register_backend<DictionaryBackend>("dogpile_guide.test: dictionary");
    CHECK_THROWS_AS(kennel::register_backend<DictionaryBackend>("dogpile_guide.test: dictionary"),
                    kennel::ValidationError);
    std::vector<std::string> lines;
    kennel::CacheRegion<> region;
    region.configure(
        "dogpile_guide.test: dictionary",
        {.wrap = {std::make_shared<kennel::RetryDeleteProxy>(kennel::Arguments{{"pause", 0}}),
                  std::make_shared<StubbornProxy>(2),
                  std::make_shared<kennel::LoggingProxy>([&](std::string_view line) { lines.emplace_back(line); })}});
    region.set("key", 1);
    CHECK(region.get<int>("key") == 1);
    region.erase("key");
    CHECK_FALSE(region.get<int>("key"));
    CHECK(lines.size() == 4);
    CHECK(dynamic_cast<DictionaryBackend*>(region.actual_backend().get()) != nullptr);
}

TEST_CASE("the guide's recipes: a group of keys, a refresh after a commit, a prefix for all keys", "[DP9]") {
    const RegionFactory make;
    auto region = make({}, {.key_mangler = kennel::prefix_mangler("myapp:")});

    SECTION("a group is invalidated by its part of the key") {
        test::Numbers numbers;
        CHECK(region.get_or_create(group_key(region, "org1", "ada"), numbers) == 1);
        CHECK(region.get_or_create(group_key(region, "org2", "bob"), numbers) == 2);
        invalidate_group(region, "org1");
        CHECK(region.get_or_create(group_key(region, "org1", "ada"), numbers) == 3);
        CHECK(region.get_or_create(group_key(region, "org2", "bob"), numbers) == 2);
    }
    SECTION("a value is refreshed on another thread once its change is committed") {
        std::map<int, std::string> committed{{1, "old"}};
        const auto load = region.cache_on_arguments("load", [&](int id) { return committed.at(id); });
        CHECK(load(1) == "old");
        std::vector<int> changed_in_transaction{1};
        committed[1] = "new";
        std::thread([&] {
            for (const int id : changed_in_transaction) load.refresh(id);
        }).join();
        CHECK(load.get(1) == "new");
    }
    SECTION("every key has the program's prefix in the store") {
        region.set("key", 1);
        CHECK(region.backend()->get("myapp:key"));
        CHECK_FALSE(region.backend()->get("key"));
    }
}

TEST_CASE("what is stored is metadata in JSON, a bar, and the serialized value", "[DP10]") {
    const RegionFactory make{.backend = "memory_bytes"};
    auto region = make();
    make.clock->set_wall(kennel::WallTime(1'795'243'567'500ms));
    region.set("key", "text");
    const auto entry = region.backend()->get("key");
    REQUIRE(entry);
    const std::string stored = kennel::encode_envelope(*entry);
    CHECK(stored.starts_with(R"({"ct": 1795243567.5, "v": 2}|)"));
    CHECK(stored.substr(stored.find('|') + 1) == kennel::DefaultSerializer().serialize(std::string("text")));
}
