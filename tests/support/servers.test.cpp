#include "support/memcached_server.hpp"
#include "support/messages.hpp"
#include "support/redis_cluster.hpp"
#include "support/redis_sentinel.hpp"
#include "support/redis_server.hpp"

#include <stdexcept>
#include <string>

using namespace std::string_literals;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;

TEST_CASE("a Redis server of the tests answers at its port and its socket, and keeps any bytes") {
    test::RedisServer& server = test::redis_server();
    const std::string bytes = "a\0\r\n|\xff"s;
    CHECK(server.command({"SET", "key", bytes}) == "OK");
    CHECK(server.command({"GET", "key"}) == bytes);
    CHECK(test::RespClient(server.unix_address()).call({"GET", "key"}).text == bytes);
    CHECK(server.reply({"GET", "none"}).is_nothing());
    CHECK(server.command({"MGET", "key", "none"}) == bytes + "\n(nil)");
    CHECK(server.reply({"INCR", "key"}).is_error());
    CHECK(test::redis_server().command({"DBSIZE"}) == "0");
}

TEST_CASE("a Redis server of the tests can be killed, started again, halted, and be given arguments") {
    test::RedisServer server({"--requirepass", "secret"});
    CHECK(server.command({"SET", "key", "value"}) == "OK");
    CHECK(server.calls_of("set") == 1);
    CHECK(test::RespClient(server.address()).call({"GET", "key"}).text.starts_with("NOAUTH"));
    server.process().suspend();
    CHECK(server.process().is_running());
    server.process().resume();
    server.process().crash();
    CHECK_FALSE(server.process().is_running());
    CHECK_THROWS_AS(server.command({"PING"}), std::runtime_error);
    server.restart();
    CHECK(server.command({"GET", "key"}) == "(nil)");
}

TEST_CASE("a server that does not start says why") {
    const std::string message = message_of<std::runtime_error>(
        [] { const test::RedisServer server({"--no-such-argument", "1"}); });
    CHECK(mentions(message, {"--port", "no-such-argument"}));
}

TEST_CASE("a halted server is ended, too") {
    test::MemcachedServer server;
    server.process().suspend();
    server.process().stop();
    CHECK_FALSE(server.process().is_running());
}

TEST_CASE("a Memcached server of the tests answers") {
    test::MemcachedServer& server = test::memcached_server();
    CHECK(server.command("set key 3 0 4\r\na\r\nb") == "STORED\r\n");
    CHECK(server.command("get key other") == "VALUE key 3 4\r\na\r\nb\r\nEND\r\n");
    CHECK(server.statistic("curr_items") >= 1);
    CHECK(test::memcached_server().command("get key") == "END\r\n");
    CHECK(server.command("nonsense") == "ERROR\r\n");
}

TEST_CASE("a cluster of the tests serves all slots and moves them") {
    test::RedisCluster cluster;
    const std::string key = "key";
    const int slot = cluster.slot_of(key);
    const std::size_t from = cluster.owner_of(slot);
    const std::size_t to = (from + 1) % cluster.size();
    const auto redirection = [&](std::size_t node) { return cluster.node(node).command({"GET", key}); };
    CHECK(cluster.command({"SET", key, "value"}) == "OK");
    CHECK(redirection(to).starts_with("(error) MOVED " + std::to_string(slot)));

    cluster.begin_migration(slot, from, to);
    CHECK(redirection(from) == "value");
    cluster.migrate_key(key, from, to);
    CHECK(redirection(from).starts_with("(error) ASK "));
    CHECK(redirection(to).starts_with("(error) MOVED "));

    cluster.finish_migration(slot, from, to);
    CHECK(redirection(from).starts_with("(error) MOVED "));
    CHECK(redirection(to) == "value");
    CHECK(cluster.owner_of(slot) == to);
}

TEST_CASE("sentinels of the tests replace a master on demand, and when it is killed") {
    test::SentinelGroup group({.replicas = 2, .sentinels = 3});
    const int first = group.master_port();
    CHECK(group.master().command({"SET", "key", "value"}) == "OK");
    group.await_replication();
    group.fail_over();
    const int second = group.master_port();
    CHECK(second != first);
    CHECK(group.server_at(first).reply({"SET", "key", "other"}).text.starts_with("READONLY"));
    CHECK(group.master().command({"GET", "key"}) == "value");
    group.kill_master();
    CHECK(group.master_port() != second);
    CHECK(group.master().command({"GET", "key"}) == "value");
}
