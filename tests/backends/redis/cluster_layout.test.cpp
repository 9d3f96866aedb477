#include "kennel/backends/redis/cluster_layout.hpp"

#include "support/catch.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace {

using kennel::detail::ClusterLayout;
using kennel::detail::ClusterRedirection;
using kennel::detail::Endpoint;
using kennel::detail::RedisReply;

const Endpoint asked{.host = "asked", .port = 7000};

RedisReply number(std::int64_t value) { return {.kind = RedisReply::Kind::integer, .integer = value}; }
RedisReply text(std::string value) { return {.kind = RedisReply::Kind::bulk, .text = std::move(value)}; }
RedisReply list(std::vector<RedisReply> elements) {
    return {.kind = RedisReply::Kind::array, .elements = std::move(elements)};
}
RedisReply node(const std::string& host, std::int64_t port) { return list({text(host), number(port), text("id")}); }
RedisReply range(std::int64_t first, std::int64_t last, RedisReply master) {
    return list({number(first), number(last), std::move(master), node("replica", 1)});
}

} // namespace

TEST_CASE("a layout says which master has a slot") {
    const ClusterLayout layout = ClusterLayout::parse(
        list({range(0, 100, node("a", 1)), range(102, 16'383, node("b", 2)), range(101, 101, node("a", 1))}), asked);
    REQUIRE(layout.masters.size() == 2);
    CHECK(layout.masters[0] == Endpoint{.host = "a", .port = 1});
    CHECK(layout.masters[1] == Endpoint{.host = "b", .port = 2});
    CHECK(layout.owners[0] == 0);
    CHECK(layout.owners[101] == 0);
    CHECK(layout.owners[102] == 1);
    CHECK(layout.owners[16'383] == 1);
}

TEST_CASE("a slot that nobody serves has no owner") {
    const ClusterLayout layout = ClusterLayout::parse(list({range(5, 5, node("a", 1))}), asked);
    CHECK(layout.owners[4] == ClusterLayout::nobody);
    CHECK(layout.owners[6] == ClusterLayout::nobody);
}

TEST_CASE("a node that names no host means itself") {
    for (const RedisReply& host : {text(""), text("?"), RedisReply{}}) {
        const RedisReply master = list({host, number(7001)});
        const ClusterLayout layout = ClusterLayout::parse(list({range(0, 1, master)}), asked);
        CHECK(layout.masters.at(0) == Endpoint{.host = "asked", .port = 7001});
    }
}

TEST_CASE("what is no layout is an error") {
    const auto refuses = [](const RedisReply& reply) {
        CHECK_THROWS_AS(ClusterLayout::parse(reply, asked), kennel::BackendError);
    };
    refuses(text("OK"));
    refuses(list({}));
    refuses(list({text("range")}));
    refuses(list({list({number(0), number(1)})}));
    refuses(list({list({number(0), number(1), list({text("host")})})}));
    refuses(list({range(-1, 5, node("a", 1))}));
    refuses(list({range(5, 4, node("a", 1))}));
    refuses(list({range(0, 16'384, node("a", 1))}));
    refuses(list({range(0, 1, node("a", 0))}));
    refuses(list({range(0, 1, node("a", 65'536))}));
    refuses({.kind = RedisReply::Kind::error, .text = "ERR This instance has cluster support disabled"});
}

TEST_CASE("a redirection names a slot and a node") {
    const auto moved = ClusterRedirection::parse("MOVED 3999 127.0.0.1:6381", asked);
    REQUIRE(moved);
    CHECK(moved->slot == 3999);
    CHECK(moved->endpoint == Endpoint{.host = "127.0.0.1", .port = 6381});
    const auto ask = ClusterRedirection::parse("ASK 0 ::1:6381", asked);
    REQUIRE(ask);
    CHECK(ask->endpoint == Endpoint{.host = "::1", .port = 6381});
    const auto itself = ClusterRedirection::parse("MOVED 1 :6381", asked);
    REQUIRE(itself);
    CHECK(itself->endpoint == Endpoint{.host = "asked", .port = 6381});
}

TEST_CASE("what is no redirection is none") {
    for (const char* const answer :
         {"MOVED", "MOVED ", "MOVED 1", "MOVED 1 ", "MOVED 1 host", "MOVED x host:1", "MOVED 16384 host:1",
          "MOVED -1 host:1", "MOVED 1 host:0", "MOVED 1 host:70000", ""})
        CHECK_FALSE(ClusterRedirection::parse(answer, asked));
}
