// needs: crypto redis
// Keys that a mangler makes one. An entry does not carry its key, for Python's do not: a mangler that makes two keys one
// makes them share an entry. Where strangers choose keys, sha256_mangle_key is the one with which nobody can do that.

#include "kennel/backends/redis.hpp"
#include "kennel/manglers/sha256.hpp"

#include "support/halted_creation.hpp"
#include "support/redis_backend.hpp"
#include "support/threads.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CacheRegion;
using test::HaltedCreation;
using test::RedisServer;
using test::wait_until;
using test::redis::locking;

using Keys = std::vector<std::string>;

CacheRegion<> new_region(RedisServer& server, kennel::KeyMangler mangler) {
    CacheRegion<> region({.key_mangler = std::move(mangler)});
    kennel::ConfigureOptions options;
    options.arguments = locking({{"url", server.url()}});
    region.configure("redis", options);
    return region;
}

/// Takes the first letters for the whole key.
std::string first_letters(std::string_view key) { return std::string(key.substr(0, 6)); }

/// Keys that weak manglers make one: by case, by length, by what is behind a NUL or a blank, by the order of parts.
Keys similar_keys() {
    Keys keys = {"",
                 std::string("\0", 1),
                 std::string("\0\0", 2),
                 " ",
                 "key",
                 "Key",
                 "key ",
                 " key",
                 std::string("key\0", 4),
                 std::string("key\0a", 5),
                 std::string("key\0b", 5),
                 "key\r\n",
                 "a b",
                 "b a",
                 "a  b",
                 "e\xcc\x81",
                 "\xc3\xa9",
                 kennel::sha256_mangle_key("key"),
                 kennel::sha256_mangle_key("Key")};
    for (const std::size_t length : {55U, 56U, 63U, 64U, 65U, 119U, 120U, 250U, 251U, 1'000'000U})
        for (const char last : {'x', 'y'}) keys.push_back(std::string(length - 1, 'x') + last);
    for (int number = 0; number != 2000; ++number) keys.push_back("user:" + std::to_string(number));
    return keys;
}

} // namespace

TEST_CASE("keys that are mangled by SHA-256 never share an entry, however similar they are", "[redis][fault-23]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server, kennel::sha256_mangle_key);
    const Keys keys = similar_keys();
    std::size_t index = 0;
    const auto made = region.get_or_create_multi(keys, [&](const Keys& missing) {
        std::vector<std::size_t> numbers;
        for (std::size_t count = missing.size(); count != 0; --count) numbers.push_back(index++);
        return numbers;
    });
    CHECK(index == keys.size()); // none was taken for another one
    CHECK(std::set<std::size_t>(made.begin(), made.end()).size() == keys.size());
    CHECK(server.command({"DBSIZE"}) == std::to_string(keys.size()));
    for (std::size_t at = 0; at != keys.size(); ++at) CHECK(region.get<std::size_t>(keys[at]) == made[at]);
    region.erase("key");
    CHECK(server.command({"DBSIZE"}) == std::to_string(keys.size() - 1));
    CHECK(region.get<std::size_t>("Key").has_value());
}

TEST_CASE("two keys that a mangler makes one share an entry, and never as values of different types",
          "[redis][fault-23]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server, first_letters);
    region.set("shared 1", 5);
    CHECK(region.get<int>("shared 2") == 5);
    CHECK_FALSE(region.get<std::string>("shared 2").has_value());
    CHECK(region.get_or_create("shared 2", [] { return std::string("text"); }) == "text");
    CHECK_FALSE(region.get<int>("shared 1").has_value());
    CHECK(region.statistics().reads_failed == 0);
}

TEST_CASE("creations of two keys that a mangler makes one wait for each other, and the second finds the first's value",
          "[redis][fault-23]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server, first_letters);
    HaltedCreation creation(region, "shared 1", 1);
    auto waiting = test::on_another_thread([&] { return region.get_or_create("shared 2", [] { return 2; }); });
    REQUIRE(wait_until([&] { return server.calls_of("pttl") != 0; }));
    CHECK(region.key_is_locked("shared 2"));
    CHECK(creation.finish() == 1);
    CHECK(waiting.get() == 1);
    CHECK(region.statistics().created == 1);
}

TEST_CASE("a call for many keys that a mangler makes one takes their lock once, and ends",
          "[redis][fault-23][defect-D13]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server, first_letters);
    const Keys keys = {"shared 1", "other", "shared 2", "shared 3"};
    const auto made = region.get_or_create_multi(
        keys, [](const Keys& missing) { return std::vector<int>(missing.size(), static_cast<int>(missing.size())); });
    CHECK(made == std::vector<int>{4, 4, 4, 4});
    CHECK(server.command({"DBSIZE"}) == "2");
    CHECK(region.get<int>("shared 2") == 4);
}

TEST_CASE("a creator that asks for a key which the mangler makes its own ends when the wait may not last longer",
          "[redis][fault-23]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server, first_letters);
    bool has_ended = false;
    const auto inner = [&] {
        const kennel::CreateOptions<int> options{.lock_timeout = 200ms};
        return region.get_or_create("shared 2", [] { return 2; }, options);
    };
    const int made = region.get_or_create("shared 1", [&] {
        CHECK_THROWS_AS(inner(), kennel::CreationTimeout);
        has_ended = true;
        return 1;
    });
    CHECK(has_ended);
    CHECK(made == 1);
}
