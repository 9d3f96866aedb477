#include "kennel/backends/net/socket.hpp"

#include "support/catch.hpp"
#include "support/messages.hpp"
#include "support/sockets.hpp"
#include "support/wait_until.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace std::chrono_literals;
using kennel::SteadyTime;
using kennel::detail::ConnectionLost;
using kennel::detail::Endpoint;
using kennel::detail::NotReached;
using kennel::detail::Socket;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;

SteadyTime in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

Endpoint at(int port) { return {.host = "127.0.0.1", .port = static_cast<std::uint16_t>(port)}; }

/// Both ends of a connection: ours, and what a server holds of it.
struct Line {
    int port = test::free_port();
    test::Descriptor listener = test::listen_at({.port = port});
    Socket ours = Socket::connect(at(port), in(test::patience), false);
    test::Descriptor theirs{::accept(listener.number(), nullptr, nullptr)};

    [[nodiscard]] std::size_t receive(SteadyTime deadline) {
        std::array<char, 4096> bytes{};
        return ours.receive(bytes.data(), bytes.size(), deadline, false);
    }
    void send(std::string text, SteadyTime deadline) {
        iovec piece{.iov_base = text.data(), .iov_len = text.size()};
        ours.send({&piece, 1}, deadline);
    }
};

} // namespace

TEST_CASE("where nobody listens, nobody is connected with", "[net][socket]") {
    const Endpoint nobody = at(test::free_port());
    CHECK(mentions(message_of<NotReached>([&] { (void)Socket::connect(nobody, in(test::patience), true); }),
                   {nobody.text()}));
    CHECK_THROWS_AS(Socket::connect({.unix_socket = "/no/such/socket"}, in(test::patience), true), NotReached);
}

TEST_CASE("who has answered is connected with, though the caller was halted until the deadline", "[net][socket]") {
    const int port = test::free_port();
    const test::Descriptor listener = test::listen_at({.port = port});
    CHECK(test::wait_until([&] { // the system may not have passed it on yet
        try {
            (void)Socket::connect(at(port), in(-1ms), false);
            return true;
        } catch (const NotReached&) {
            return false;
        }
    }));
}

TEST_CASE("what one side sends the other receives, until it closes the connection", "[net][socket]") {
    Line line;
    REQUIRE(::send(line.theirs.number(), "text", 4, 0) == 4);
    CHECK(line.receive(in(test::patience)) == 4);
    line.theirs = {};
    CHECK(line.receive(in(test::patience)) == 0);
}

TEST_CASE("an answer that does not come is waited for until the deadline", "[net][socket]") {
    Line line;
    const SteadyTime deadline = in(20ms);
    CHECK(mentions(message_of<ConnectionLost>([&] { (void)line.receive(deadline); }), {"time ran out"}));
    CHECK(std::chrono::steady_clock::now() >= deadline);
}

TEST_CASE("what has arrived is received, though the caller was halted until the deadline", "[net][socket]") {
    Line line;
    REQUIRE(::send(line.theirs.number(), "text", 4, 0) == 4);
    CHECK(test::wait_until([&] {
        try {
            return line.receive(in(-1ms)) == 4;
        } catch (const ConnectionLost&) {
            return false;
        }
    }));
}

TEST_CASE("who takes nothing is sent to until the deadline", "[net][socket]") {
    Line line;
    CHECK(mentions(message_of<ConnectionLost>([&] { line.send(std::string(64 << 20, 'x'), in(50ms)); }),
                   {"time ran out"}));
}

TEST_CASE("who has gone is not sent to, and no signal is raised", "[net][socket][fault-32]") {
    Line line;
    line.theirs = {};
    CHECK_THROWS_AS(test::wait_until([&] {
                        line.send("text", in(test::patience));
                        return false;
                    }),
                    ConnectionLost);
}
