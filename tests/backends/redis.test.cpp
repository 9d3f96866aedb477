// needs: redis
#include "kennel/backends/redis.hpp"

#include "kennel/testing/mutex_contract.hpp"
#include "support/backends.hpp"
#include "support/catch.hpp"
#include "support/fault_proxy.hpp"
#include "support/messages.hpp"
#include "support/proxied_contract.hpp"
#include "support/redis_backend.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::Arguments;
using kennel::backend_contract;
using kennel::MakeBackend;
using kennel::ValidationError;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using kennel::testing_support::run_behind_proxies;
using kennel::testing_support::run_contract;
using test::RedisServer;
using test::redis::entry;
using test::redis::envelope;
using test::redis::locking;
using test::redis::new_backend;
using test::redis::new_region;
using test::redis::text_of;
using test::redis::texts_of;

MakeBackend maker(const std::string& url, const Arguments& arguments = {}) {
    return [url, arguments] { return new_backend(url, arguments); };
}

/// What is wrong with these arguments.
std::string complaint(const Arguments& arguments) {
    return message_of<ValidationError>(
        [&] { (void)kennel::testing_support::new_backend<kennel::RedisBackend>(arguments); });
}

long time_left(RedisServer& server, const std::string& key) { return std::stol(server.command({"PTTL", key})); }

} // namespace

TEST_CASE("the redis backend keeps the contract of backends", "[redis][backend_contract]") {
    RedisServer& server = test::redis_server();
    const bool has_locks = GENERATE(false, true);
    const Arguments arguments = {{"distributed_lock", has_locks}};
    SECTION("at a port") { run_contract(backend_contract(maker(server.url(), arguments))); }
    SECTION("at a Unix socket") { run_behind_proxies(backend_contract, maker(server.unix_url(), arguments)); }
}

TEST_CASE("the redis backend keeps the contract of backends with one connection for all threads",
          "[redis][backend_contract]") {
    run_contract(backend_contract(maker(test::redis_server().url(), locking({{"max_connections", 1}}))));
}

TEST_CASE("the locks of the redis backend keep the contract of mutexes", "[redis][mutex_contract]") {
    RedisServer& server = test::redis_server();
    const auto contract_of = [](const std::string& url, Arguments arguments) {
        return kennel::mutex_contract([backend = new_backend(url, locking(std::move(arguments)))](
                                          std::string_view key) { return backend->get_mutex(key); });
    };
    SECTION("with a lease") { run_contract(contract_of(server.url(), {{"lock_timeout", 3600}})); }
    SECTION("without an end, as Python's are unless one says otherwise") {
        run_contract(contract_of(server.url(), {{"lock_timeout", 0}}));
    }
    SECTION("at a Unix socket, with a lease that is renewed all the time") {
        run_contract(contract_of(server.unix_url(), {{"lock_timeout", "300ms"}}));
    }
    SECTION("with one connection") { run_contract(contract_of(server.url(), {{"max_connections", 1}})); }
    SECTION("of clients of their own") {
        run_contract(kennel::mutex_contract(
            [&,
             backends = std::make_shared<std::vector<std::shared_ptr<kennel::CacheBackend>>>()](std::string_view key) {
                backends->push_back(new_backend(server.url(), locking()));
                return backends->back()->get_mutex(key);
            }));
    }
}

TEST_CASE("the redis backend is known by its names, and dogpile's", "[redis]") {
    RedisServer& server = test::redis_server();
    for (const char* const name : {"redis", "dogpile.cache.redis", "dogpile.cache.valkey"}) {
        kennel::CacheRegion<> region;
        region.configure(name, {.arguments = {{"url", server.url()}}});
        region.set(name, 1);
        CHECK(region.get<int>(name) == 1);
        CHECK(server.command({"EXISTS", name}) == "1");
    }
}

TEST_CASE("all of dogpile's arguments are taken", "[redis][arguments]") {
    RedisServer& server = test::redis_server();
    kennel::CacheRegion<> region;
    region.configure("dogpile.cache.redis", {.arguments = {{"host", "127.0.0.1"},
                                                           {"port", server.port()},
                                                           {"db", 3},
                                                           {"username", "default"},
                                                           {"password", "any"},
                                                           {"redis_expiration_time", 60},
                                                           {"distributed_lock", true},
                                                           {"lock_timeout", 20.5},
                                                           {"lock_sleep", 0.05},
                                                           {"lock_blocking", true},
                                                           {"lock_blocking_timeout", 10},
                                                           {"lock_prefix", "lock:"},
                                                           {"thread_local_lock", false},
                                                           {"socket_timeout", 2},
                                                           {"socket_connect_timeout", 1.5},
                                                           {"socket_keepalive", true},
                                                           {"ssl", false}}});
    test::RespClient client = server.new_client();
    client.call({"SELECT", "3"});
    CHECK(region.get_or_create("key", [&] {
        const std::string left = client.call({"PTTL", "lock:key"}).text;
        CHECK(std::stol(left) > 15'000);
        CHECK(std::stol(left) <= 20'500);
        return 1;
    }) == 1);
    CHECK(std::stol(client.call({"PTTL", "key"}).text) > 50'000);
    CHECK(client.call({"EXISTS", "lock:key"}).text == "0");
    CHECK(server.command({"EXISTS", "key"}) == "0"); // in database 0
}

TEST_CASE("without arguments it is localhost, and the locks are those of the process", "[redis][arguments]") {
    const kennel::detail::RedisSettings defaults;
    CHECK(defaults.endpoint.text() == "localhost:6379");
    const auto backend = kennel::testing_support::new_backend<kennel::RedisBackend>();
    CHECK(backend->get_mutex("key") == nullptr);
    CHECK(backend->payload_form() == kennel::PayloadForm::bytes);
    CHECK(backend->capabilities().is_remote);
    CHECK(backend->capabilities().is_shared);
    CHECK(backend->capabilities().expires_entries);
}

TEST_CASE("an argument with a wrong value is refused with what it must be", "[redis][arguments]") {
    struct Wrong {
        const char* name;
        kennel::ArgumentValue value;
        const char* remedy;
    };
    const std::vector<Wrong> all = {{"port", 70'000, "0 to 65535"},
                                    {"port", 0, "from 1 to 65535"},
                                    {"port", "http", "whole number"},
                                    {"host", 5, "text"},
                                    {"db", -1, "zero or more"},
                                    {"db", "one", "whole number"},
                                    {"socket_timeout", 0, "longer than nothing"},
                                    {"socket_timeout", -1, "length of time"},
                                    {"socket_timeout", "soon", "length of time"},
                                    {"socket_timeout", "unlimited", "more than an hour"},
                                    {"socket_timeout", "3601", "more than an hour"},
                                    {"socket_connect_timeout", "unlimited", "more than an hour"},
                                    {"socket_connect_timeout", 0, "longer than nothing"},
                                    {"socket_keepalive", "maybe", "true or false"},
                                    {"max_connections", 0, "at least 1"},
                                    {"max_connections", -3, "zero or more"},
                                    {"max_connections", std::int64_t{1} << 60, "at most 10000"},
                                    {"max_reply_size", -1, "zero or more"},
                                    {"max_reply_size", 0, "at least 1024"},
                                    {"redis_expiration_time", -5, "length of time"},
                                    {"redis_expiration_time", "1000000h", "hundred years"},
                                    {"distributed_lock", 7, "true or false"},
                                    {"lock_timeout", 0.001, "shorter than 10 ms"},
                                    {"lock_sleep", 0, "longer than nothing"},
                                    {"lock_blocking_timeout", "x", "length of time"},
                                    {"lock_prefix", "", "2 to 10"},
                                    {"lock_prefix", "_", "2 to 10"},
                                    {"lock_prefix", "eleven_long", "2 to 10"},
                                    {"lock_prefix", "a b", "2 to 10"},
                                    {"client_name", "two words", "spaces"},
                                    {"connection_kwargs", "anything", "arguments of their own"},
                                    {"connection_pool", "anything", "max_connections"},
                                    {"url", "http://localhost", "redis://"},
                                    {"hots", "localhost", "host"}};
    for (const Wrong& wrong : all) {
        INFO(wrong.name);
        CHECK(mentions(complaint({{wrong.name, wrong.value}}), {"backend 'redis'", wrong.name, wrong.remedy}));
    }
    CHECK(mentions(complaint({{"redis_expiration_time", 1}, {"valkey_expiration_time", 1}}),
                   {"valkey_expiration_time", "one"}));
}

TEST_CASE("a complaint about an argument never shows the password", "[redis][arguments]") {
    CHECK_FALSE(mentions(complaint({{"url", "redis://user:s3cr3t@host:port"}}), {"s3cr3t"}));
    CHECK_FALSE(mentions(complaint({{"url", "http://user:s3cr3t@host"}}), {"s3cr3t"}));
    CHECK_FALSE(mentions(complaint({{"url", "redis://user:%zzs3cr3t@host"}}), {"s3cr3t"}));
    CHECK_FALSE(mentions(complaint({{"url", "redis://host?passwort=s3cr3t"}}), {"s3cr3t"}));
    CHECK_FALSE(mentions(complaint({{"password", 12345}}), {"12345"}));
}

TEST_CASE("the url overrides the other arguments of the server", "[redis][arguments]") {
    RedisServer& server = test::redis_server();
    const auto backend = new_backend(server.url(4), {{"host", "no-such-host.invalid"}, {"port", 1}, {"db", 5}});
    backend->set("key", entry("text"));
    test::RespClient client = server.new_client();
    client.call({"SELECT", "4"});
    CHECK(client.call({"GET", "key"}).text == envelope("text"));
}

TEST_CASE("the server sees a client by its name", "[redis][arguments]") {
    RedisServer& server = test::redis_server();
    const auto backend = new_backend(server.url(), {{"client_name", "of-the-test"}});
    (void)backend->get("key");
    CHECK(mentions(server.command({"CLIENT", "LIST"}), {"name=of-the-test"}));
}

TEST_CASE("waits for the server may last an hour, and what locks do may be unlimited", "[redis][arguments]") {
    const auto backend = new_backend(test::redis_server().url(), locking({{"socket_timeout", "1h"},
                                                                          {"socket_connect_timeout", "1h"},
                                                                          {"lock_timeout", "unlimited"},
                                                                          {"lock_max_hold", "unlimited"},
                                                                          {"lock_blocking_timeout", "unlimited"}}));
    backend->set("key", entry(std::string(100'000, 'x')));
    CHECK(text_of(*backend, "key") == std::string(100'000, 'x'));
    CHECK(backend->get_mutex("key")->try_acquire());
}

TEST_CASE("an entry is stored under its key as dogpile stores it", "[redis]") {
    RedisServer& server = test::redis_server();
    const auto backend = new_backend(server.url());
    backend->set("key", entry("text"));
    CHECK(server.command({"GET", "key"}) == envelope("text"));
    CHECK(time_left(server, "key") == -1);
    server.command({"SET", "foreign", R"({"v": 2, "ct": 1795243567.5, "more": [1]}|from elsewhere)"});
    CHECK(text_of(*backend, "foreign") == "from elsewhere");
}

TEST_CASE("any bytes are a key, and keys never touch each other", "[redis][fault-22]") {
    RedisServer& server = test::redis_server();
    const auto backend = new_backend(server.url(), locking());
    backend->set("victim", entry("intact"));
    const std::vector<std::string> keys = {"",
                                           " ",
                                           "two words",
                                           "\r\n",
                                           "x\r\nSET victim 0\r\n",
                                           "x\r\n*3\r\n$3\r\nSET\r\n$6\r\nvictim\r\n$1\r\n0\r\n",
                                           std::string("\0", 1),
                                           std::string("a\0b", 3),
                                           "\x7f\x80\xff",
                                           "Schlüssel \xf0\x9f\x94\x91",
                                           "{tag}key",
                                           "*?[a-z]\\",
                                           std::string(250, 'k'),
                                           std::string(251, 'k'),
                                           std::string(300, 'k'),
                                           std::string(8 * 1024, 'k'),
                                           std::string(8 * 1024 + 1, 'k'),
                                           std::string(1024 * 1024, 'k')};
    std::vector<std::string_view> views(keys.begin(), keys.end());
    for (std::size_t index = 0; index != keys.size(); ++index) backend->set(keys[index], entry(std::to_string(index)));
    const auto texts = texts_of(*backend, views);
    for (std::size_t index = 0; index != keys.size(); ++index) {
        CHECK(text_of(*backend, keys[index]) == std::to_string(index));
        CHECK(texts[index] == std::to_string(index));
        CHECK(server.command({"GET", keys[index]}) == envelope(std::to_string(index)));
        const auto mutex = backend->get_mutex(keys[index]);
        REQUIRE(mutex->try_acquire());
        CHECK(server.command({"EXISTS", "_lock" + keys[index]}) == "1");
        mutex->release();
    }
    CHECK(server.command({"DBSIZE"}) == std::to_string(keys.size() + 1));
    backend->erase_multi(views);
    CHECK(server.command({"DBSIZE"}) == "1");
    CHECK(text_of(*backend, "victim") == "intact");
}

TEST_CASE("values of any size and of any bytes come back as they were", "[redis]") {
    RedisServer& server = test::redis_server();
    const std::string url = GENERATE_REF(server.url(), server.unix_url());
    const auto backend = new_backend(url, {{"distributed_lock", GENERATE(false, true)}});
    std::vector<std::string> values;
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{8'191}, std::size_t{8'192}, std::size_t{12'255},
          std::size_t{16'384}, std::size_t{65'400}, std::size_t{65'536}, std::size_t{1} << 20, std::size_t{5} << 20}) {
        std::string value(size, '\0');
        for (std::size_t at = 0; at != size; ++at) value[at] = static_cast<char>((at * 31 + at / 256) % 256);
        values.push_back(std::move(value));
    }
    std::vector<std::string> keys;
    for (const std::string& value : values) keys.push_back("size " + std::to_string(value.size()));
    std::vector<kennel::CachedValue> entries;
    for (const std::string& value : values) entries.push_back(entry(value));
    std::vector<kennel::BackendEntry> pairs;
    for (std::size_t index = 0; index != keys.size(); ++index) pairs.push_back({keys[index], &entries[index]});
    SECTION("one by one") {
        for (const kennel::BackendEntry& pair : pairs) backend->set(pair.key, *pair.value);
    }
    SECTION("together") { backend->set_multi(pairs); }
    for (std::size_t index = 0; index != keys.size(); ++index) CHECK((text_of(*backend, keys[index]) == values[index]));
    const auto texts = texts_of(*backend, {keys.begin(), keys.end()});
    for (std::size_t index = 0; index != keys.size(); ++index) CHECK((texts[index] == values[index]));
}

TEST_CASE("a value that is longer than a string of Redis may be is refused by name, and the old one is gone",
          "[redis][fault-24]") {
    RedisServer& server = test::redis_server();
    const auto backend = new_backend(server.url());
    backend->set("key", entry("old"));
    const std::string bytes(std::size_t{512} * 1024 * 1024, 'x');
    const kennel::CachedValue large{kennel::Payload::borrowed_bytes(bytes), {}};
    const std::string text = message_of<kennel::BackendError>([&] { backend->set("key", large); });
    CHECK(mentions(text, {"'key'", "536870912"}));
    CHECK(text.size() < 300);
    CHECK_FALSE(backend->get("key").has_value());
    backend->set("key", entry("old"));
    const kennel::BackendEntry pair{"key", &large};
    CHECK_THROWS_AS(backend->set_multi({&pair, 1}), kennel::BackendError);
    CHECK_FALSE(backend->get("key").has_value());
}

TEST_CASE("a value over the limit that the server has been given is refused by it, and costs the connection at most",
          "[redis][fault-24]") {
    RedisServer server({"--proto-max-bulk-len", "1mb"});
    const auto backend = new_backend(server.url());
    backend->set("key", entry("old"));
    CHECK_THROWS_AS(backend->set("key", entry(std::string(2'000'000, 'x'))), kennel::BackendError);
    backend->set("other", entry("text"));
    CHECK(text_of(*backend, "other") == "text");
}

TEST_CASE("a time to live is in whole milliseconds, at least one, or none at all", "[redis][fault-25]") {
    RedisServer& server = test::redis_server();
    const auto stored_for = [&](kennel::TimeSpan span, const Arguments& arguments = {}) {
        const auto backend = new_backend(server.url(), arguments);
        kennel::CachedValue value = entry("text");
        value.metadata.useful_for = span;
        server.command({"DEL", "key"});
        backend->set("key", value);
        const long left = time_left(server, "key");
        const kennel::BackendEntry pair{"key", &value};
        backend->set_multi({&pair, 1});
        CHECK(std::abs(time_left(server, "key") - left) <= 1000);
        return left;
    };
    const auto is_about = [](long left, double seconds) {
        return static_cast<double>(left) <= seconds * 1000 && static_cast<double>(left) > seconds * 1000 - 5000;
    };
    CHECK(stored_for(kennel::unlimited) == -1);
    CHECK(stored_for(0s) <= 1); // gone, or about to be
    CHECK(stored_for(1ns) <= 1);
    CHECK(is_about(stored_for(10s), 10));
    CHECK(is_about(stored_for(10'500ms), 10.5));
    CHECK(is_about(stored_for(std::chrono::hours(24 * 30)), 2'592'000));
    CHECK(is_about(stored_for(std::chrono::hours(24 * 30) + 1s), 2'592'001));
    CHECK(is_about(stored_for(std::chrono::seconds(std::int64_t{1} << 31)), 2'147'483'648.0));
    CHECK(stored_for(std::chrono::hours(24 * 365 * 200)) == -1);
    CHECK(stored_for(std::chrono::nanoseconds(INT64_MAX - 1)) == -1);

    CHECK(is_about(stored_for(10s, {{"redis_expiration_time", 60}}), 60));
    CHECK(is_about(stored_for(kennel::unlimited, {{"redis_expiration_time", 60.5}}), 60.5));
    CHECK(is_about(stored_for(kennel::unlimited, {{"valkey_expiration_time", "2h"}}), 7200));
    CHECK(is_about(stored_for(10s, {{"redis_expiration_time", 0}}), 10)); // as dogpile has it: none of its own
    CHECK(stored_for(10s, {{"redis_expiration_time", "unlimited"}}) == -1);
}

TEST_CASE("an entry of a region lives in the server for as long as it can be of use", "[redis]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking(), {.expiration_time = 60s, .stale_time = 40s});
    region.set("set", 1);
    (void)region.get_or_create("created", [] { return 1; });
    for (const char* const key : {"set", "created"}) {
        CHECK(time_left(server, key) > 95'000);
        CHECK(time_left(server, key) <= 100'000);
    }
}

TEST_CASE("an empty list of keys asks the server for nothing", "[redis]") {
    test::RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto backend = new_backend(server.url_through(proxy.port()), locking());
    CHECK(texts_of(*backend, {}).empty());
    backend->set_multi({});
    backend->erase_multi({});
    CHECK(proxy.connections() == 0);
}

TEST_CASE("an object cannot be stored without its bytes", "[redis]") {
    const auto backend = new_backend(test::redis_server().url());
    const kennel::CachedValue object{kennel::Payload::object(5), {}};
    CHECK(
        mentions(message_of<kennel::SerializationError>([&] { backend->set("key", object); }), {"redis", "serialize"}));
}

TEST_CASE("what a reader throws reaches the caller, and the connection goes on", "[redis][fault-31]") {
    test::RedisServer& server = test::redis_server();
    const auto backend = new_backend(server.url());
    backend->set("short", entry("text"));
    backend->set("long", entry(std::string(100'000, 'x')));
    struct Failure {};
    for (const std::string_view key : {"short", "long"}) {
        CHECK_THROWS_AS(backend->visit(key, [](const kennel::CachedValue&) { throw Failure(); }), Failure);
        const std::vector<std::string_view> keys = {"short", key};
        CHECK_THROWS_AS(backend->get_multi(keys, [](std::size_t, const kennel::CachedValue&) { throw Failure(); }),
                        Failure);
        CHECK(text_of(*backend, "short") == "text");
        CHECK(text_of(*backend, "long") == std::string(100'000, 'x'));
    }
}
