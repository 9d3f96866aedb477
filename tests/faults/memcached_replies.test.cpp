// needs: memcached
// Answers that are cut off, damaged, or no answers at all.

#include "kennel/backends/memcached.hpp"

#include "backends/memcached/faulty_server.hpp"
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
using test::FaultySetting;
using test::item_reply;
using test::put;
using test::text_of;

} // namespace

TEST_CASE("an answer that ends too early is an error or a miss, wherever it ends", "[memcached][fault-6]") {
    FaultySetting setting;
    const std::string reply = item_reply("key", envelope_of("value")) + "END\r\n";
    for (std::size_t length = 0; length != reply.size(); ++length) {
        CAPTURE(length);
        setting.proxy.cut_after(length);
        CHECK_THROWS_AS(text_of(*setting.backend, "key"), BackendError);
        REQUIRE(setting.comes_back());
    }
    setting.expect_recovery();
}

TEST_CASE("an answer that makes no sense is an error, and its connection is closed", "[memcached][fault-4][fault-5]") {
    using namespace std::string_literals;
    FaultySetting setting;
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
        REQUIRE(setting.comes_back());
        CHECK(setting.proxy.connections() > before);
        setting.proxy.replace_replies(reply);
        REQUIRE_THROWS_AS(setting.backend->get_multi(keys, [](std::size_t, const kennel::CachedValue&) {}),
                          BackendError);
        REQUIRE(setting.comes_back());
    }
    setting.expect_recovery();
}

TEST_CASE("a write that is answered with something else is an error", "[memcached][fault-4]") {
    FaultySetting setting;
    for (const char* const reply :
         {"OK\r\n", "1\r\n", "VALUE key 0 1\r\nx\r\nEND\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n",
          "\x15\x03\x01\x01\x02\x02\n", "END\r\n", "DELETED\r\n", "NOT_STORED\r\n", "EXISTS\r\n", "NOT_FOUND\r\n",
          "VERSION 1.6\r\n", "garbage\r\n", "ERROR\r\n", "CLIENT_ERROR bad data chunk\r\n", "SERVER_ERROR busy\r\n",
          "STORED\r\nSTORED\r\n", "STORED\r\nmore\r\n", "STORED\r\nVALUE key 0 1\r\nx\r\nEND\r\n"}) {
        CAPTURE(reply);
        setting.proxy.replace_replies(reply);
        CHECK_THROWS_AS(put(*setting.backend, "written", "value"), BackendError);
        REQUIRE(setting.comes_back());
    }
    setting.expect_recovery();
}

TEST_CASE("an answer that is late is never taken for that to the next question", "[memcached][fault-1]") {
    FaultySetting setting;
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

TEST_CASE("a server that is killed between command and answer is an error, and nothing is taken for an answer",
          "[memcached][fault-6]") {
    FaultySetting setting;
    setting.proxy.drop_replies();
    CHECK_THROWS_AS(setting.backend->get("key"), BackendError);
    CHECK_THROWS_AS(put(*setting.backend, "written", "value"), BackendError);
    setting.expect_recovery();
}

TEST_CASE("an answer to an erasure or about a lock that is another one's is an error", "[memcached][fault-4]") {
    FaultySetting setting(test::hasty({{"distributed_lock", true}}));
    for (const char* const reply :
         {"OK\r\n", "VALUE key 0 1\r\nx\r\nEND\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "STORED\r\n", "garbage\r\n"}) {
        CAPTURE(reply);
        setting.proxy.replace_replies(reply);
        CHECK_THROWS_AS(setting.backend->erase("written"), BackendError);
        REQUIRE(setting.comes_back());
        setting.proxy.replace_replies(reply);
        CHECK_THROWS_AS(setting.backend->get_mutex("written")->await_turn(kennel::at_once), BackendError);
        REQUIRE(setting.comes_back());
    }
    setting.expect_recovery();
}

TEST_CASE("what a server of the text protocol answers to the binary one, and the other way round, is an error",
          "[memcached][fault-4]") {
    const bool is_binary = GENERATE(false, true);
    FaultySetting setting(test::hasty({{"binary", is_binary}}));
    const std::string reply = is_binary ? item_reply("key", envelope_of("value")) + "END\r\n"
                                        : "\x81\x0d" + std::string(22, '\0') + std::string(50, 'x');
    setting.proxy.replace_replies(reply);
    CHECK_THROWS_AS(text_of(*setting.backend, "key"), BackendError);
    REQUIRE(setting.comes_back());
    setting.proxy.replace_replies(reply);
    CHECK_THROWS_AS(put(*setting.backend, "written", "value"), BackendError);
    setting.expect_recovery();
}

TEST_CASE("a packet that announces gigabytes makes nobody allocate them", "[memcached][fault-5]") {
    FaultySetting setting(test::hasty({{"binary", true}}));
    for (const std::size_t at : {2U, 4U, 8U}) { // the lengths of key, extras, and all
        setting.proxy.rewrite_replies([at](std::string piece, bool is_first) {
            if (is_first && piece.size() > at + 1) piece[at] = piece[at + 1] = '\xff';
            return piece;
        });
        const std::string text = message_of<BackendError>([&] { (void)text_of(*setting.backend, "key"); });
        CHECK_FALSE(mentions(text, {"time"})); // nobody has waited for them
        REQUIRE(setting.comes_back());
    }
    setting.expect_recovery();
}

TEST_CASE("no reply is taken for more than it is, wherever it ends", "[memcached][fault-6]") {
    const bool is_binary = GENERATE(false, true);
    FaultySetting setting(test::hasty({{"binary", is_binary}, {"retry_timeout", 1ms}, {"distributed_lock", true}}));
    const std::vector<std::string_view> keys{"key", "none", "other"};
    const auto cut_everywhere = [&](const auto& action, const auto&... is_ready) {
        for (std::size_t length = 0;; ++length) {
            CAPTURE(length);
            REQUIRE(setting.comes_back());
            REQUIRE((test::wait_until(is_ready) && ...));
            setting.proxy.cut_after(length);
            try {
                action();
            } catch (const BackendError&) {
                continue;
            }
            return length;
        }
    };
    const std::size_t of_get = cut_everywhere([&] {
        const std::optional<std::string> text = text_of(*setting.backend, "key");
        CHECK(text == "value");
    });
    CHECK(of_get > 40);
    const std::size_t of_get_multi = cut_everywhere([&] {
        std::size_t found = 0;
        setting.backend->get_multi(keys, [&](std::size_t index, const kennel::CachedValue& value) {
            ++found;
            CHECK(value.payload.as_bytes() == (index == 0 ? "value" : "another value"));
        });
        CHECK(found == 2);
    });
    CHECK(of_get_multi > 100);
    const auto without_locks = test::memcached_backend(setting.proxy.address().text(),
                                                       {{"binary", is_binary}, {"retry_timeout", 1ms}});
    const auto write = [&] { put(*without_locks, "written", "value"); };
    const auto can_write = [&] { return message_of<BackendError>(write).empty(); };
    CHECK(cut_everywhere(write, can_write) == (is_binary ? 24 : 8));
    const std::size_t of_lock = cut_everywhere([&] {
        const auto mutex = setting.backend->get_mutex("none");
        setting.server.command("delete _locknone");
        if (mutex->look_or_acquire() == kennel::Turn::mine) mutex->release();
    });
    CHECK(of_lock >= 8);
}

TEST_CASE("a value with flipped bits, of another format or none is a miss of that key alone",
          "[memcached][fault-7][fault-8]") {
    test::MemcachedServer& server = test::memcached_server();
    kennel::CacheRegion region;
    region.configure("memcached", {.expiration_time = 1h, .arguments = {{"url", server.url()}}});
    region.set("good", std::string("value"));
    region.set("bad", std::string("value"));
    const std::string whole = server.command("get bad");
    const std::size_t begin = whole.find("\r\n") + 2;
    const std::string stored = whole.substr(begin, whole.rfind("\r\nEND") - begin);
    const auto plant = [&](const std::string& value) {
        REQUIRE(server.command("set bad 0 0 " + std::to_string(value.size()) + "\r\n" + value) == "STORED\r\n");
    };
    std::size_t misses = 0;
    for (std::size_t bit = 0; bit != stored.size() * 8; ++bit) {
        std::string flipped = stored;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        plant(flipped);
        if (!region.get<std::string>("bad")) ++misses; // a digit of the time or a letter of the text is not noticed
        REQUIRE(region.get<std::string>("good") == "value");
    }
    CHECK(misses > stored.size());
    for (const char* const value : {"", "{}", "\x80\x04\x95", "{\"ct\": 1, \"v\": 99}|\"x\""}) {
        plant(value);
        CHECK_FALSE(region.get<std::string>("bad"));
        const std::vector<std::string> keys{"bad", "good"};
        const auto found = region.get_multi<std::string>(keys);
        CHECK_FALSE(found[0]);
        CHECK(found[1] == "value");
        CHECK(region.get_or_create("bad", [] { return std::string("again"); }) == "again");
        CHECK(region.get<std::string>("bad") == "again");
    }
}
