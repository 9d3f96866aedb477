#include "kennel/backends/net/back_off.hpp"

#include "support/catch.hpp"
#include "support/messages.hpp"

#include <chrono>

namespace {

using namespace std::chrono_literals;
using kennel::detail::BackOff;
using kennel::detail::Endpoint;

} // namespace

TEST_CASE("a server that was never out of reach is not left alone", "[back_off]") {
    const BackOff back_off;
    CHECK(back_off.time_left() == 0ms);
    CHECK_NOTHROW(back_off.refuse_while_waiting(Endpoint()));
}

TEST_CASE("after each failure a server is left alone for twice as long, up to a few seconds", "[back_off]") {
    BackOff back_off;
    auto least = 50ms;
    for (int failures = 1; failures != 100; ++failures) {
        const auto before = std::chrono::steady_clock::now();
        back_off.failed("");
        const auto left = back_off.time_left();
        CHECK(left + (std::chrono::steady_clock::now() - before) >= least);
        CHECK(left <= least * 3 / 2);
        least = (std::min)(least * 2, 2000ms);
    }
    back_off.succeeded();
    CHECK(back_off.time_left() == 0ms);
    back_off.failed("");
    CHECK(back_off.time_left() <= 75ms);
}

TEST_CASE("who is refused hears the last failure, and when the next attempt is", "[back_off]") {
    BackOff back_off;
    back_off.failed("redis: the first reason");
    back_off.failed("redis: the last reason");
    const std::string text = kennel::testing_support::message_of<kennel::BackendError>(
        [&] { back_off.refuse_while_waiting({.host = "::1", .port = 7}); });
    CHECK(kennel::testing_support::mentions(text, {"redis: the last reason", "[::1]:7", "next attempt", " ms"}));
}

TEST_CASE("not all clients come back at the same moment", "[back_off]") {
    BackOff first;
    first.failed("");
    for (int tries = 0; tries != 100; ++tries) {
        BackOff other;
        other.failed("");
        if (other.time_left() + 2ms < first.time_left() || first.time_left() + 2ms < other.time_left()) return;
    }
    FAIL("a hundred of them have waited for equally long");
}

TEST_CASE("who tries again does so alone, if others are to wait for that", "[back_off]") {
    BackOff back_off(10ms, 1h);
    back_off.begin_attempt(); // nothing has failed yet
    CHECK(back_off.time_left() == 0ms);
    back_off.failed("the reason");
    CHECK(back_off.time_left() <= 15ms);
    back_off.begin_attempt();
    CHECK(back_off.time_left() > 59min);
    CHECK_THROWS_AS(back_off.refuse_while_waiting(Endpoint()), kennel::detail::NotReached);
    back_off.succeeded();
    CHECK(back_off.time_left() == 0ms);
}
