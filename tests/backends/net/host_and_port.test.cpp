#include "kennel/backends/net/host_and_port.hpp"

#include "support/catch.hpp"
#include "support/messages.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using kennel::detail::HostAndPort;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;

HostAndPort parse(std::string_view text) {
    return HostAndPort::parse(text, [](std::string_view why) { throw std::invalid_argument(std::string(why)); });
}

std::string complaint(std::string_view text) {
    return message_of<std::invalid_argument>([&] { static_cast<void>(parse(text)); });
}

} // namespace

TEST_CASE("a server is a host with or without a port") {
    CHECK(parse("a.example").host == "a.example");
    CHECK(parse("a.example").port == std::nullopt);
    CHECK(parse("a:65535").host == "a");
    CHECK(parse("a:65535").port == 65'535);
    CHECK(parse("[fe80::1]").host == "fe80::1");
    CHECK(parse("[fe80::1]").port == std::nullopt);
    CHECK(parse("[::1]:5").host == "::1");
    CHECK(parse("[::1]:5").port == 5);
}

TEST_CASE("what is no server is refused with a reason") {
    for (const char* const text : {"", ":1", "[]", "[]:1"}) CHECK(mentions(complaint(text), {"no host"}));
    for (const char* const text : {"a:", "a:0", "a:65536", "a:-1", "a:x", "a:1x", "[::1]5", "[::1]:"})
        CHECK(mentions(complaint(text), {"65535"}));
    for (const char* const text : {"::1", "a:1:2", "[::1]5:1"}) CHECK(mentions(complaint(text), {"brackets"}));
    CHECK(mentions(complaint("[::1"), {"']'"}));
}
