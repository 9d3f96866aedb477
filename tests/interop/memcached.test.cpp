// needs: json memcached
#include "kennel/backends/memcached.hpp"
#include "interop/golden_bytes.hpp"
#include "interop/meetings.hpp"

#include <optional>
#include <string>

namespace {

using Keys = test::SharedMemcached::Keys;

void with_each_client(void (*check)(test::SharedServer&), Keys keys = Keys::plain) {
    for (const char* const client : {"pylibmc", "pymemcache"}) SECTION(client) {
            test::SharedMemcached server(client, keys);
            check(server);
        }
}

} // namespace

TEST_CASE("on Memcached, each language reads the values that the other has stored") {
    with_each_client(test::values_cross);
}

TEST_CASE("on Memcached, wrapped functions of both languages have the same keys") {
    with_each_client(test::wrapped_functions_share_keys, Keys::hashed);
}

TEST_CASE("on Memcached, each language waits for the lock of the other and takes what it has made") {
    with_each_client(test::each_waits_for_the_other);
}

TEST_CASE("on Memcached, one of many programs in both languages creates a missing value") {
    with_each_client(test::a_storm_on_a_missing_key_creates_once);
}

TEST_CASE(
    "on Memcached, one of many programs in both languages creates a stale value, and the others get the old one") {
    with_each_client(test::a_storm_on_a_stale_key_creates_once);
}

TEST_CASE("on Memcached, calls for many keys in both languages never wait for each other in a circle") {
    with_each_client(test::multi_calls_never_deadlock);
}

TEST_CASE("on Memcached, entries and locks are such as the clients of Python read, byte for byte") {
    test::MemcachedServer& server = test::memcached_server();
    test::FaultProxy proxy(server.address());
    const auto region = test::golden_region("memcached", proxy.address().text());
    const std::string entry = test::kennel_entry;
    const std::string head = " 0 " + std::to_string(entry.size()) + "\r\n";

    region.set("key", test::golden_value());
    CHECK(server.command("get key") == "VALUE key" + head + entry + "\r\nEND\r\n");
    const std::string golden = test::golden_entry;
    server.command("set key 0 0 " + std::to_string(golden.size()) + "\r\n" + golden);
    CHECK(region.get<nlohmann::json>("key") == std::optional(test::golden_value()));

    std::string held;
    const nlohmann::json made = region.get_or_create("made", [&] {
        held = server.command("get _lockmade");
        return test::golden_value();
    });
    CHECK(made == test::golden_value());
    CHECK(test::is_like(held, "VALUE _lockmade 0 32\r\n????????????????????????????????\r\nEND\r\n"));
    CHECK(server.command("get made") == "VALUE made" + head + entry + "\r\nEND\r\n");
    CHECK(server.command("get _lockmade") == "END\r\n");
    CHECK(test::is_like(test::request_with(proxy, "_lockmade"),
                        "add _lockmade 0 30 32\r\n????????????????????????????????\r\n"));
}
