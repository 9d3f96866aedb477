// needs: json redis
#include "kennel/backends/redis.hpp"
#include "interop/golden_bytes.hpp"
#include "interop/meetings.hpp"

#include <optional>
#include <string>
#include <vector>

TEST_CASE("on Redis, each language reads the values that the other has stored") {
    test::SharedRedis server;
    test::values_cross(server);
}

TEST_CASE("on Redis, wrapped functions of both languages have the same keys") {
    test::SharedRedis server;
    test::wrapped_functions_share_keys(server);
    CHECK(server.keys() == std::vector<std::string>{"shop.users:area|2 3", "shop.users:area|2 4",
                                                    "shop.users:load|v2|-5 \xc3\xa9 False 1e+22 None",
                                                    "shop.users:load|v2|5 Ada L. True 2.5 None",
                                                    "shop.users:squares|many|1", "shop.users:squares|many|2",
                                                    "shop.users:squares|many|3", "shop.users:squares|many|7",
                                                    "shop.users:squares|many|8", "shop.users:squares|many|9"});
}

TEST_CASE("on Redis, each language waits for the lock of the other and takes what it has made") {
    test::SharedRedis server;
    test::each_waits_for_the_other(server);
}

TEST_CASE("on Redis, one of many programs in both languages creates a missing value") {
    test::SharedRedis server;
    test::a_storm_on_a_missing_key_creates_once(server);
}

TEST_CASE("on Redis, one of many programs in both languages creates a stale value, and the others get the old one") {
    test::SharedRedis server;
    test::a_storm_on_a_stale_key_creates_once(server);
}

TEST_CASE("on Redis, calls for many keys in both languages never wait for each other in a circle") {
    test::SharedRedis server;
    test::multi_calls_never_deadlock(server);
}

TEST_CASE("on Redis, entries and locks are those of dogpile.cache, byte for byte") {
    test::RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto region = test::golden_region("redis", server.url_through(proxy.port()));

    region.set("key", test::golden_value());
    CHECK(server.command({"GET", "key"}) == test::kennel_entry);
    server.command({"SET", "key", test::golden_entry});
    CHECK(region.get<nlohmann::json>("key") == std::optional(test::golden_value()));

    std::string held;
    const nlohmann::json made = region.get_or_create("made", [&] {
        held = server.command({"GET", "_lockmade"});
        return test::golden_value();
    });
    CHECK(made == test::golden_value());
    CHECK(server.command({"GET", "made"}) == test::kennel_entry);
    CHECK(server.reply({"GET", "_lockmade"}).is_nothing());
    const std::string lock = test::request_with(proxy, "_lockmade");
    CHECK(test::is_like(lock, "*6\r\n$3\r\nSET\r\n$9\r\n_lockmade\r\n$32\r\n????????????????????????????????\r\n"
                              "$2\r\nPX\r\n$5\r\n30000\r\n$2\r\nNX\r\n"));
    CHECK(lock.find(held) != std::string::npos);
    CHECK(held.size() == 32);
}
