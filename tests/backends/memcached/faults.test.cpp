// needs: memcached
#include "kennel/backends/memcached.hpp"

#include "backends/memcached/memcached_backend.hpp"
#include "kennel/kennel.hpp"
#include "support/catch.hpp"
#include "support/fault_proxy.hpp"
#include "support/memcached_server.hpp"
#include "support/messages.hpp"
#include "support/wait_until.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::BackendError;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using test::envelope_of;
using test::item_reply;
using test::memcached_backend;
using test::put;
using test::text_of;

/// Settings with which a fault is over soon.
const kennel::Arguments hasty{{"socket_timeout", 300ms}, {"connect_timeout", 300ms}, {"retry_timeout", 50ms}};

/// A backend that talks to a server through a proxy, with the entries "key" and "other".
struct Setting {
    explicit Setting(const kennel::Arguments& arguments = hasty)
        : proxy(server.address()), backend(memcached_backend(proxy.address().text(), arguments)) {
        put(*backend, "key", "value");
        put(*backend, "other", "another value");
    }

    /// Waits until the server is asked again after a fault, and checks that all is as it should be.
    void expect_recovery() {
        proxy.pass();
        REQUIRE(test::wait_until([&] { return found("key") == "value"; }));
        for (int round = 0; round != 100; ++round) {
            REQUIRE(found("key") == "value");
            REQUIRE(found("other") == "another value");
            REQUIRE_FALSE(found("none"));
        }
        put(*backend, "written", "afterwards");
        CHECK(found("written") == "afterwards");
    }

    /// What is found; text in brackets when the server fails.
    std::optional<std::string> found(std::string_view key) {
        try {
            return text_of(*backend, key);
        } catch (const BackendError&) {
            return "(failure)";
        }
    }

    test::MemcachedServer& server = test::memcached_server();
    test::FaultProxy proxy;
    std::shared_ptr<kennel::MemcachedBackend> backend;
};

/// How long the action takes that throws a `BackendError`.
template <class Action>
std::chrono::steady_clock::duration time_to_failure(Action&& action) {
    const auto start = std::chrono::steady_clock::now();
    REQUIRE_THROWS_AS(action(), BackendError);
    return std::chrono::steady_clock::now() - start;
}

} // namespace

TEST_CASE("a server that is not there is an error at once, for reads and for writes", "[memcached][faults]") {
    const auto backend = memcached_backend("127.0.0.1:1", {{"distributed_lock", true}});
    const std::vector<std::string_view> keys{"a", "b"};
    const auto nothing = [](std::size_t, const kennel::CachedValue&) {};
    const auto start = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(backend->get("key"), BackendError);
    CHECK_THROWS_AS(put(*backend, "key", "value"), BackendError);
    CHECK_THROWS_AS(backend->erase("key"), BackendError);
    CHECK_THROWS_AS(backend->erase_multi(keys), BackendError);
    CHECK_THROWS_AS(backend->get_multi(keys, nothing), BackendError);
    CHECK_THROWS_AS(backend->get_mutex("key")->try_acquire(), BackendError);
    CHECK_THROWS_AS(backend->get_mutex("key")->locked(), BackendError);
    for (int round = 0; round != 1000; ++round) CHECK_THROWS_AS(backend->get("key"), BackendError);
    CHECK(std::chrono::steady_clock::now() - start < 30s);
}

TEST_CASE("an error names server, operation and key, and shows no value", "[memcached][faults]") {
    const auto text_for = [](auto&& action) {
        const auto backend = memcached_backend("127.0.0.1:1");
        return message_of<BackendError>([&] { action(*backend); });
    };
    const std::string read = text_for([](auto& backend) { static_cast<void>(text_of(backend, "user:1")); });
    CHECK(mentions(read, {"memcached", "127.0.0.1:1", "get 'user:1'", "cannot be reached"}));
    const std::string write = text_for([](auto& backend) { put(backend, std::string(100, 'k'), "secret"); });
    CHECK(mentions(write, {"127.0.0.1:1", "set 'kkk", "kkk...'"}));
    CHECK_FALSE(mentions(write, {"secret"}));
    CHECK_FALSE(mentions(write, {std::string(61, 'k')}));
    CHECK(mentions(text_for([](auto& backend) { backend.erase("a b"); }), {"erase '%e:a%20b'"}));
}

TEST_CASE("a host that does not exist is an error", "[memcached][faults]") {
    const auto backend = memcached_backend("does-not-exist.invalid:11211");
    CHECK_THROWS_AS(backend->get("key"), BackendError);
}

TEST_CASE("a region without its server creates, counts the failures, and tells of lost writes", "[memcached][faults]") {
    kennel::CacheRegion region;
    region.configure("memcached",
                     {.expiration_time = 1h, .arguments = {{"url", "127.0.0.1:1"}, {"distributed_lock", true}}});
    int calls = 0;
    CHECK(region.get_or_create("key", [&] { return ++calls; }) == 1);
    CHECK(region.get_or_create("key", [&] { return ++calls; }) == 2);
    CHECK_FALSE(region.get<int>("key"));
    CHECK_THROWS_AS(region.set("key", 1), BackendError);
    CHECK_THROWS_AS(region.erase("key"), BackendError);
}

TEST_CASE("a server that comes back is used again", "[memcached][faults]") {
    Setting setting;
    setting.proxy.refuse_connections();
    CHECK_THROWS_AS(setting.backend->get("key"), BackendError);
    CHECK_THROWS_AS(put(*setting.backend, "key", "lost"), BackendError);
    setting.proxy.accept_connections();
    setting.expect_recovery();
}

TEST_CASE("a connection that was ended while it was idle costs nobody an error", "[memcached][faults]") {
    Setting setting;
    const auto action = GENERATE(0, 1, 2, 3, 4);
    setting.proxy.end_connections();
    const std::vector<std::string_view> keys{"key", "other"};
    std::size_t found = 0;
    switch (action) {
    case 0: CHECK(text_of(*setting.backend, "key") == "value"); break;
    case 1: CHECK_NOTHROW(put(*setting.backend, "key", "value")); break;
    case 2: CHECK_NOTHROW(setting.backend->erase("none")); break;
    case 3:
        setting.backend->get_multi(keys, [&](std::size_t, const kennel::CachedValue&) { ++found; });
        CHECK(found == 2);
        break;
    default: CHECK_FALSE(text_of(*setting.backend, "none"));
    }
    CHECK(text_of(*setting.backend, "key") == "value");
}

TEST_CASE("a server that was started anew is used without an error", "[memcached][faults]") {
    test::MemcachedServer server;
    const auto backend = memcached_backend(server.url());
    put(*backend, "key", "value");
    server.restart();
    CHECK_FALSE(text_of(*backend, "key"));
    put(*backend, "key", "again");
    CHECK(text_of(*backend, "key") == "again");
}

TEST_CASE("a server that is killed between command and answer is an error, and nothing is taken for an answer",
          "[memcached][faults]") {
    Setting setting;
    setting.proxy.drop_replies();
    CHECK_THROWS_AS(setting.backend->get("key"), BackendError);
    CHECK_THROWS_AS(put(*setting.backend, "written", "value"), BackendError);
    setting.expect_recovery();
}

TEST_CASE("a server that is silent is an error when the time is up, and not waited for by the next",
          "[memcached][faults]") {
    test::MemcachedServer server;
    const bool is_binary = GENERATE(false, true);
    const auto backend = memcached_backend(server.url(), {{"socket_timeout", 300ms}, {"binary", is_binary}});
    for (int number = 0; number != 10; ++number) put(*backend, "key" + std::to_string(number), std::to_string(number));
    test::suspend(server);
    const auto first = time_to_failure([&] { static_cast<void>(backend->get("key1")); });
    CHECK(first >= 290ms);
    CHECK(first < 10s);
    CHECK(test::wait_until([&] { return time_to_failure([&] { static_cast<void>(backend->get("key2")); }) < 100ms; }));
    server.process().resume();
    REQUIRE(test::wait_until([&] {
        try {
            return text_of(*backend, "key0") == "0";
        } catch (const BackendError&) {
            return false;
        }
    }));
    for (int round = 0; round != 1000; ++round) {
        const std::string number = std::to_string(round % 10);
        REQUIRE(text_of(*backend, "key" + number) == number);
    }
}

TEST_CASE("a value that is too large for the buffers of a silent server is an error when the time is up",
          "[memcached][faults]") {
    test::MemcachedServer server({"-m", "200", "-I", "64m"});
    const bool is_binary = GENERATE(false, true);
    const auto backend = memcached_backend(
        server.url(), {{"socket_timeout", 300ms}, {"binary", is_binary}, {"max_value_size", 64 << 20}});
    put(*backend, "key", "before");
    test::suspend(server);
    CHECK(time_to_failure([&] { put(*backend, "key", std::string(32 << 20, 'x')); }) < 20s);
    server.process().resume();
    std::optional<std::string> found;
    REQUIRE(test::wait_until([&] {
        try {
            found = text_of(*backend, "key");
            return true;
        } catch (const BackendError&) {
            return false;
        }
    }));
    CHECK((!found || found == "before")); // half a value is none
}

TEST_CASE("an answer that ends too early is an error or a miss, wherever it ends", "[memcached][faults]") {
    Setting setting;
    const std::string reply = item_reply("key", envelope_of("value")) + "END\r\n";
    for (std::size_t length = 0; length != reply.size(); ++length) {
        CAPTURE(length);
        setting.proxy.cut_after(length);
        CHECK_THROWS_AS(text_of(*setting.backend, "key"), BackendError);
        REQUIRE(test::wait_until([&] {
            setting.proxy.pass();
            return setting.found("key") == "value";
        }));
    }
    setting.expect_recovery();
}

TEST_CASE("an answer that makes no sense is an error, and its connection is closed", "[memcached][faults]") {
    using namespace std::string_literals;
    Setting setting;
    const std::string long_key(320, 'k');
    for (const std::string& reply :
         {"garbage\r\n"s,
          "\r\n"s,
          "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"s,
          "\x15\x03\x01\0\x02\x02\n"s,
          "+OK\r\n"s,
          "$5\r\nvalue\r\n"s,
          "STORED\r\n"s,
          "ERROR\r\n"s,
          "CLIENT_ERROR bad\r\n"s,
          "SERVER_ERROR busy\r\n"s,
          "SERVER_ERROR out of memory\r\n"s,
          "VALUE\r\n"s,
          "VALUE \r\n"s,
          "VALUE key\r\n"s,
          "VALUE key 0\r\n"s,
          "VALUE key 0 x\r\nvalue\r\nEND\r\n"s,
          "VALUE key 0 -1\r\n"s,
          "VALUE key 0 -1\r\nvalue\r\nEND\r\n"s,
          "VALUE key 0 -2\r\n"s,
          "VALUE key 0 -2\r\nEND\r\n"s,
          "VALUE key 0 -3\r\n"s,
          "VALUE key 0 -4\r\n"s,
          "VALUE key 0 -1024\r\n"s,
          "VALUE key 0 18446744073709551615\r\n"s,
          "VALUE key 0 18446744073709551613\r\n"s,
          "VALUE key 0 9223372036854775807\r\n"s,
          "VALUE key 0 99999999999999999999\r\n"s,
          "VALUE key 0 1000000000\r\nvalue"s,
          "VALUE key 99999999999999999999 1\r\nx\r\nEND\r\n"s,
          "VALUE " + long_key + " 0 1\r\nx\r\nEND\r\n",
          "VALUE " + long_key + " 0 -1\r\n",
          "VALUE " + long_key + " x\r\n",
          "VALUE " + std::string(343, 'k') + "\n",
          "VALUE " + std::string(252, 'k') + " 0 99999999999999999999\r\n",
          "VALUE " + std::string(1000, 'k') + " 0 1\r\nx\r\nEND\r\n",
          std::string(100'000, 'x'),
          item_reply("other", envelope_of("another value")) + "END\r\n",
          item_reply("ke", "x") + "END\r\n",
          item_reply("keyy", "x") + "END\r\n",
          item_reply("key", envelope_of("v")) + item_reply("other", "x") + "END\r\n",
          item_reply("key", envelope_of("v")) + item_reply("key", envelope_of("w")) + "END\r\n",
          item_reply("key", envelope_of("v")) + "garbage\r\n",
          item_reply("key", envelope_of("v")) + "END\r\nmore\r\n"}) {
        CAPTURE(reply.substr(0, 60));
        setting.proxy.replace_replies(reply);
        const std::size_t before = setting.proxy.connections();
        REQUIRE_THROWS_AS(text_of(*setting.backend, "key"), BackendError);
        const std::vector<std::string_view> keys{"key", "none"};
        REQUIRE(test::wait_until([&] {
            setting.proxy.pass();
            return setting.found("key") == "value";
        }));
        CHECK(setting.proxy.connections() > before);
        setting.proxy.replace_replies(reply);
        REQUIRE_THROWS_AS(setting.backend->get_multi(keys, [](std::size_t, const kennel::CachedValue&) {}),
                          BackendError);
        REQUIRE(test::wait_until([&] {
            setting.proxy.pass();
            return setting.found("key") == "value";
        }));
    }
    setting.expect_recovery();
}

TEST_CASE("a write that is answered with something else is an error", "[memcached][faults]") {
    Setting setting;
    for (const char* const reply :
         {"garbage\r\n", "ERROR\r\n", "CLIENT_ERROR bad data chunk\r\n", "SERVER_ERROR busy\r\n",
          "STORED\r\nSTORED\r\n", "STORED\r\nmore\r\n", "STORED\r\nVALUE key 0 1\r\nx\r\nEND\r\n"}) {
        CAPTURE(reply);
        setting.proxy.replace_replies(reply);
        CHECK_THROWS_AS(put(*setting.backend, "written", "value"), BackendError);
        REQUIRE(test::wait_until([&] {
            setting.proxy.pass();
            return setting.found("key") == "value";
        }));
    }
    setting.expect_recovery();
}

TEST_CASE("an answer that is late is never taken for that to the next question", "[memcached][faults]") {
    Setting setting;
    for (int round = 0; round != 5; ++round) {
        setting.proxy.hold();
        CHECK_THROWS_AS(setting.backend->get("key"), BackendError);
        setting.proxy.pass();
        for (int count = 0; count != 20; ++count) {
            const auto other = setting.found("other");
            CHECK((other == "another value" || other == "(failure)"));
        }
        REQUIRE(test::wait_until([&] { return setting.found("key") == "value"; }));
    }
    setting.expect_recovery();
}

TEST_CASE("when all connections are in use for too long, that is an error", "[memcached][faults]") {
    const auto backend = memcached_backend(test::memcached_server().url(),
                                           {{"max_connections", 1}, {"socket_timeout", 100ms}});
    put(*backend, "key", "value");
    std::string text;
    backend->visit("key", [&](const kennel::CachedValue&) {
        text = message_of<BackendError>([&] { static_cast<void>(backend->get("key")); });
    });
    CHECK(mentions(text, {"all 1 connections", "max_connections"}));
    CHECK(text_of(*backend, "key") == "value");
}
