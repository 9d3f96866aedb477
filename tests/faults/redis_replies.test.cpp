// needs: redis
// Replies that are none, that are too long, or that end too early.

#include "kennel/backends/redis.hpp"

#include "support/fault_proxy.hpp"
#include "support/messages.hpp"
#include "support/redis_backend.hpp"

#include <sys/resource.h>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::BackendError;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using test::redis::entry;
using test::redis::envelope;
using test::redis::KnownEntries;
using test::redis::locking;
using test::redis::new_backend;
using test::redis::text_of;
using test::redis::texts_of;

using Backend = kennel::CacheBackend;

const kennel::Arguments impatient = {
    {"distributed_lock", true}, {"socket_timeout", 300ms}, {"socket_connect_timeout", 300ms}};

/// A request of every kind.
struct Operation {
    const char* name;
    std::function<void(Backend&)> run;
};

std::vector<Operation> operations() {
    return {{"get", [](Backend& backend) { (void)backend.get(KnownEntries::key(1)); }},
            {"get_multi",
             [](Backend& backend) { (void)texts_of(backend, {KnownEntries::key(1), "absent", KnownEntries::key(2)}); }},
            {"set", [](Backend& backend) { backend.set("written", entry("new")); }},
            {"set_multi",
             [](Backend& backend) {
                 const kennel::CachedValue value = entry("new");
                 const std::vector<kennel::BackendEntry> entries = {{"written", &value}, {"written too", &value}};
                 backend.set_multi(entries);
             }},
            {"erase", [](Backend& backend) { backend.erase("erased"); }},
            {"await_turn", [](Backend& backend) { (void)backend.get_mutex("lock")->await_turn(kennel::at_once); }},
            {"acquire", [](Backend& backend) { (void)backend.get_mutex("lock")->acquire(kennel::at_once); }},
            {"locked", [](Backend& backend) { (void)backend.get_mutex("lock")->locked(); }}};
}

/// A backend behind a proxy, and entries that show whether it is in step.
struct Scene {
    test::RedisServer& server = test::redis_server();
    KnownEntries known{server};
    test::FaultProxy proxy{server.address()};
    std::shared_ptr<Backend> backend = new_backend(server.url_through(proxy.port()), impatient);

    void check_that_all_is_well(int reads) {
        proxy.pass();
        REQUIRE(KnownEntries::come_back(*backend));
        CHECK(KnownEntries::wrong_reads(*backend, reads) == 0);
    }
};

/// Bytes that are no reply, whatever was asked.
std::vector<std::pair<const char*, std::string>> no_replies() {
    return {{"text", "hello\r\n"},
            {"HTTP", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"},
            {"a TLS alert", std::string("\x15\x03\x01\x00\x02\x02\x50\r\n", 9)},
            {"NUL bytes", std::string(100, '\0')},
            {"a map of RESP3", "%1\r\n$1\r\na\r\n$1\r\nb\r\n"},
            {"null of RESP3", "_\r\n"},
            {"a push of RESP3", ">2\r\n+message\r\n+text\r\n"},
            {"a boolean of RESP3", "#t\r\n"},
            {"an unknown type within a list", "*2\r\n@1\r\n@2\r\n"},
            {"a length that is no number", "$abc\r\nabc\r\n"},
            {"a length with a blank", "$ 3\r\nabc\r\n"},
            {"a negative length", "$-2\r\n"},
            {"a negative count", "*-7\r\n"},
            {"a value longer than announced", "$2\r\nabc\r\n"},
            {"a value longer than announced within a list", "*3\r\n$2\r\nabc\r\n$-1\r\n$-1\r\n"},
            {"a line without its end", "+OK\n+OK\n" + std::string(20'000, 'a')},
            {"a number that is none", ":1x\r\n"}};
}

/// Announcements of more than anybody could keep.
std::vector<std::pair<const char*, std::string>> bombs() {
    std::string nested;
    for (int depth = 0; depth != 300'000; ++depth) nested += "*1\r\n";
    return {{"a value of 9e18 bytes", "$9000000000000000000\r\nabc"},
            {"a value of 2^64 - 1 bytes", "$18446744073709551615\r\nabc"},
            {"a value of more bytes than a number has", "$99999999999999999999999999\r\nabc"},
            {"a value just over the limit", "$1048577\r\nabc"},
            {"a list of 2^31 elements", "*2147483648\r\n:1\r\n"},
            {"a list of 100 million elements", "*100000000\r\n:1\r\n"},
            {"a list of 2^63 elements", "*9223372036854775808\r\n:1\r\n"},
            {"a huge value within a list", "*3\r\n$9000000000000000000\r\nabc"},
            {"a huge list within a list", "*3\r\n*2147483647\r\n:1\r\n"},
            {"lists within lists", nested},
            {"an endless line", '+' + std::string(4'000'000, 'a')},
            {"an endless number", ':' + std::string(4'000'000, '1')},
            {"an endless length", '$' + std::string(4'000'000, '1')},
            {"an endless line within a list", "*3\r\n+" + std::string(4'000'000, 'a')}};
}

/// The most memory that this process has had so far, in KiB.
long peak_memory() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

} // namespace

TEST_CASE("bytes that are no reply are an error that closes the connection", "[redis][fault-4]") {
    Scene scene;
    for (const Operation& operation : operations()) {
        for (const auto& [name, bytes] : no_replies()) {
            INFO(operation.name << " is answered with " << name);
            REQUIRE(KnownEntries::come_back(*scene.backend));
            const std::size_t connections = scene.proxy.connections();
            scene.proxy.replace_replies(bytes);
            CHECK_THROWS_AS(operation.run(*scene.backend), BackendError);
            scene.check_that_all_is_well(3);
            CHECK(scene.proxy.connections() > connections);
        }
        INFO("after " << operation.name);
        scene.check_that_all_is_well(1000);
    }
}

TEST_CASE("a reply of another kind than the request has is an error that closes the connection", "[redis][fault-4]") {
    Scene scene;
    const std::string value = "$38\r\n" + envelope("other").substr(0, 38) + "\r\n";
    const std::string two = "*2\r\n$-1\r\n$-1\r\n";
    const std::vector<std::pair<const char*, std::vector<std::string>>> wrong = {
        {"get", {":1\r\n", "+OK\r\n", "*0\r\n", "*1\r\n" + value}},
        {"get_multi", {":1\r\n", "+OK\r\n", value, "$-1\r\n", two, "*4\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n", "*-1\r\n"}},
        {"set", {":1\r\n:1\r\n", "$-1\r\n:1\r\n", value + ":1\r\n", "+OK\r\n+OK\r\n", "+QUEUED\r\n:1\r\n"}},
        {"erase", {"+OK\r\n:1\r\n", "$-1\r\n:1\r\n", ":1\r\n+OK\r\n"}},
        {"await_turn", {":1\r\n$-1\r\n", "+OK\r\n:1\r\n", value + value}},
        {"acquire", {":1\r\n", value, "*0\r\n", "+QUEUED\r\n"}},
        {"locked", {"+OK\r\n", "$-1\r\n", value}}};
    for (const auto& [name, replies] : wrong)
        for (const Operation& operation : operations()) {
            if (std::string_view(operation.name) != name) continue;
            for (const std::string& reply : replies) {
                INFO(name << " is answered with " << reply);
                REQUIRE(KnownEntries::come_back(*scene.backend));
                const std::size_t connections = scene.proxy.connections();
                scene.proxy.replace_replies(reply);
                CHECK_THROWS_AS(operation.run(*scene.backend), BackendError);
                scene.check_that_all_is_well(16);
                CHECK(scene.proxy.connections() > connections);
            }
        }
}

TEST_CASE("bytes behind a reply never become the reply to the next request", "[redis][fault-4]") {
    Scene scene;
    const std::string other = envelope("of nobody");
    for (const std::string& rest : {std::string("+OK\r\n"), std::string("$-1\r\n"), std::string("\r\n"),
                                    '$' + std::to_string(other.size()) + "\r\n" + other + "\r\n"})
        for (const Operation& operation : operations()) {
            INFO(operation.name << " is answered with a reply and " << rest);
            REQUIRE(KnownEntries::come_back(*scene.backend));
            scene.proxy.append_to_replies(rest);
            try {
                operation.run(*scene.backend);
            } catch (const BackendError&) { // NOLINT(*-empty-catch): that is all right, too
            }
            scene.proxy.pass();
            CHECK(KnownEntries::wrong_reads(*scene.backend, 32) == 0);
        }
}

TEST_CASE("a server of something else is named as one in the error", "[redis][fault-4]") {
    test::RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto complaint = [&](const std::string& greeting) {
        proxy.replace_replies(greeting);
        const auto backend = new_backend(server.url_through(proxy.port()), impatient);
        return message_of<BackendError>([&] { (void)backend->get("key"); });
    };
    const std::string where = "127.0.0.1:" + std::to_string(proxy.port());
    CHECK(mentions(complaint("HTTP/1.1 400 Bad Request\r\n\r\n"), {where, "does not speak the protocol of Redis"}));
    CHECK(mentions(complaint(std::string("\x15\x03\x01\x00\x02\x02\x50", 7)), {where, "TLS"}));
}

TEST_CASE("an announcement of more than can be kept costs no memory", "[redis][fault-5]") {
    test::RedisServer& server = test::redis_server();
    const KnownEntries known(server);
    test::FaultProxy proxy(server.address());
    kennel::Arguments arguments = impatient;
    arguments["max_reply_size"] = 1'048'576;
    arguments["socket_timeout"] = 1s;
    const auto backend = new_backend(server.url_through(proxy.port()), arguments);
    const auto all = bombs();
    for (const Operation& operation : operations()) {
        if (std::string_view(operation.name).find("get") == std::string_view::npos &&
            operation.name != std::string_view("await_turn"))
            continue;
        for (const auto& [name, bytes] : all) {
            INFO(operation.name << " is answered with " << name);
            REQUIRE(KnownEntries::come_back(*backend));
            proxy.replace_replies(bytes);
            const long before = peak_memory();
            const auto took = test::redis::time_of(
                [&, run = operation.run] { CHECK_THROWS_AS(run(*backend), BackendError); });
            CHECK(took < 3s);
            CHECK(peak_memory() - before < 60'000); // the proxy holds the bytes, too
            proxy.pass();
            REQUIRE(KnownEntries::come_back(*backend));
            CHECK(KnownEntries::wrong_reads(*backend, 16) == 0);
        }
    }
}

TEST_CASE("a value that is larger than max_reply_size is an error that names the argument", "[redis][fault-5]") {
    test::RedisServer& server = test::redis_server();
    const auto backend = new_backend(server.url(), {{"max_reply_size", 10'000}});
    backend->set("small", entry(std::string(9'000, 'a')));
    backend->set("large", entry(std::string(11'000, 'b')));
    CHECK(text_of(*backend, "small") == std::string(9'000, 'a'));
    CHECK(mentions(message_of<BackendError>([&] { (void)backend->get("large"); }), {"max_reply_size"}));
    CHECK(
        mentions(message_of<BackendError>([&] { (void)texts_of(*backend, {"small", "large"}); }), {"max_reply_size"}));
    CHECK(text_of(*backend, "small") == std::string(9'000, 'a'));
}

TEST_CASE("a connection that ends within a reply gives an error, and never a part of a value", "[redis][fault-6]") {
    Scene scene;
    const std::string old_value = envelope("old");
    for (const Operation& operation : operations()) {
        bool is_whole = false;
        std::size_t length = 0;
        for (; !is_whole; ++length) {
            INFO(operation.name << " is answered with " << length << " bytes and the end");
            REQUIRE(KnownEntries::come_back(*scene.backend));
            scene.server.command({"SET", "written", old_value});
            scene.server.command({"DEL", "_locklock"});
            scene.proxy.cut_after(length);
            try {
                operation.run(*scene.backend);
                is_whole = true;
            } catch (const BackendError&) {
            }
            const std::string stored = scene.server.command({"GET", "written"});
            CHECK((stored == old_value || stored == envelope("new")));
            scene.check_that_all_is_well(1);
        }
        INFO("the reply to " << operation.name << " has " << length - 1 << " bytes");
        CHECK(length > 4);
        scene.check_that_all_is_well(1000);
    }
}

TEST_CASE("a connection that ends within a long value gives an error, and never a part of it", "[redis][fault-6]") {
    Scene scene;
    const std::size_t size = envelope(KnownEntries::text(3)).size() + 10; // with "$20031\r\n" and the end
    for (std::size_t length = 0; length < size; length += length < 20 || length > size - 20 ? 1 : 997) {
        INFO("the end comes after " << length << " bytes of " << size);
        REQUIRE(KnownEntries::come_back(*scene.backend));
        scene.proxy.cut_after(length);
        CHECK_THROWS_AS(scene.backend->get(KnownEntries::key(3)), BackendError);
        scene.check_that_all_is_well(4);
    }
}

TEST_CASE("a region misses and creates when replies are damaged, and counts that", "[redis][fault-4][fault-6]") {
    test::RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto region = test::redis::new_region(server.url_through(proxy.port()), impatient);
    region.set("key", 1);
    proxy.replace_replies("nonsense\r\n");
    CHECK_FALSE(region.get<int>("key").has_value());
    CHECK(region.statistics().reads_failed == 1);
    CHECK(region.get_or_create("key", [] { return 2; }) == 2);
    proxy.pass();
    CHECK(test::wait_until([&] { return region.get<int>("key").has_value(); }));
}
