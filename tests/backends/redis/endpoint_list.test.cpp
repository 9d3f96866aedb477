#include "kennel/backends/redis/endpoint_list.hpp"

#include "support/catch.hpp"
#include "support/messages.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using kennel::detail::Endpoint;
using kennel::detail::EndpointList;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;

std::vector<Endpoint> parse(const std::vector<std::string>& texts) {
    return EndpointList::parse(texts, 26'379,
                               [](std::string_view why) { throw std::invalid_argument(std::string(why)); });
}

std::string complaint(const std::vector<std::string>& texts) {
    return message_of<std::invalid_argument>([&] { static_cast<void>(parse(texts)); });
}

} // namespace

TEST_CASE("servers are listed as texts, or in one text with commas") {
    const std::vector<Endpoint> expected{{.host = "a", .port = 1}, {.host = "b.example", .port = 26'379}};
    CHECK(parse({"a:1", "b.example"}) == expected);
    CHECK(parse({"a:1,b.example"}) == expected);
    CHECK(parse({" a:1 , b.example "}) == expected);
    CHECK(parse({"a:1,"}) == std::vector<Endpoint>{{.host = "a", .port = 1}});
}

TEST_CASE("an IPv6 address of a server is in brackets") {
    CHECK(parse({"[::1]:5"}) == std::vector<Endpoint>{{.host = "::1", .port = 5}});
    CHECK(parse({"[fe80::1]"}) == std::vector<Endpoint>{{.host = "fe80::1", .port = 26'379}});
    CHECK(mentions(complaint({"::1:5"}), {"::1:5", "brackets"}));
    CHECK(mentions(complaint({"[::1"}), {"']'"}));
}

TEST_CASE("what is no list of servers is refused with a reason") {
    CHECK(mentions(complaint({}), {"host:port"}));
    CHECK(mentions(complaint({""}), {"host:port"}));
    CHECK(mentions(complaint({"a,,b"}), {"empty"}));
    CHECK(mentions(complaint({":6379"}), {"no host"}));
    CHECK(mentions(complaint({"a:0"}), {"a:0", "65535"}));
    CHECK(mentions(complaint({"a:65536"}), {"65535"}));
    CHECK(mentions(complaint({"a:port"}), {"65535"}));
    CHECK(mentions(complaint({"redis://a:1"}), {"URLs"}));
    CHECK(mentions(complaint({"/run/redis.sock"}), {"Unix sockets"}));
}
