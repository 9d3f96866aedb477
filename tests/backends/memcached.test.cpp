// needs: memcached
#include "kennel/backends/memcached.hpp"

#include "backends/memcached/memcached_backend.hpp"
#include "kennel/kennel.hpp"
#include "support/catch.hpp"
#include "support/fault_proxy.hpp"
#include "support/memcached_server.hpp"
#include "support/messages.hpp"

#include <zlib.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using test::entry_of;
using test::envelope_of;
using test::item_reply;
using test::memcached_backend;
using test::put;
using test::text_of;

std::string compressed(const std::string& text) {
    uLongf size = compressBound(text.size());
    std::string bytes(size, '\0');
    REQUIRE(compress(reinterpret_cast<Bytef*>(bytes.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
                     text.size()) == Z_OK);
    bytes.resize(size);
    return bytes;
}

/// Stores an item by hand.
void plant(test::MemcachedServer& server, const std::string& key, const std::string& value, int flags = 0) {
    REQUIRE(server.command("set " + key + ' ' + std::to_string(flags) + " 0 " + std::to_string(value.size()) + "\r\n" +
                           value) == "STORED\r\n");
}

kennel::CachedValue useful_for(kennel::TimeSpan span) {
    kennel::CachedValue entry = entry_of("value");
    entry.metadata.useful_for = span;
    return entry;
}

/// The expiry with which a backend of these settings stores an entry that is of use for `span`.
std::int64_t expiry_sent(test::FaultProxy& proxy, const kennel::Arguments& arguments, kennel::TimeSpan span) {
    proxy.forget();
    memcached_backend(proxy.address().text(), arguments)->set("key", useful_for(span));
    const std::string begin = "set key 0 ";
    for (const std::string& request : proxy.requests())
        if (request.starts_with(begin)) return std::stoll(request.substr(begin.size()));
    FAIL("nothing was stored");
    return -1;
}

std::int64_t now_in_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

} // namespace

TEST_CASE("what is sent to memcached is what dogpile with pylibmc sends", "[memcached]") {
    test::FaultProxy proxy(test::memcached_server().address());
    const auto backend = memcached_backend(proxy.address().text(), {{"memcached_expire_time", 100}});
    put(*backend, "k1", "[1, 2]");
    CHECK(text_of(*backend, "k1") == "[1, 2]");
    backend->erase("k1");
    const std::vector<std::string_view> keys{"k1", "k2"};
    backend->get_multi(keys, [](std::size_t, const kennel::CachedValue&) {});
    CHECK(proxy.requests() == std::vector<std::string>{"set k1 0 100 35\r\n"
                                                       R"({"ct": 1795243567.5, "v": 2}|[1, 2])"
                                                       "\r\n",
                                                       "get k1\r\n", "delete k1\r\n", "get k1 k2\r\n"});
}

TEST_CASE("the memcached backend says what it is", "[memcached]") {
    const auto backend = memcached_backend("localhost");
    CHECK(backend->payload_form() == kennel::PayloadForm::bytes);
    CHECK(backend->capabilities().is_remote);
    CHECK(backend->capabilities().is_shared);
    CHECK(backend->capabilities().expires_entries);
    CHECK(backend->get_mutex("key") == nullptr);
    CHECK_FALSE(backend->key_mangler());
}

TEST_CASE("a region finds the memcached backend by its own name and by dogpile's", "[memcached]") {
    const std::string url = test::memcached_server().url();
    for (const char* const name : {"memcached", "dogpile.cache.pylibmc", "dogpile.cache.memcached",
                                   "dogpile.cache.pymemcache", "dogpile.cache.bmemcached"}) {
        CAPTURE(name);
        kennel::CacheRegion region;
        region.configure(name, {.expiration_time = 1h, .arguments = {{"url", url}}});
        region.set("key", std::string(name));
        CHECK(region.get_or_create("key", [] { return std::string("created"); }) == name);
        region.erase("key");
        CHECK(region.get_or_create("key", [] { return std::string("created"); }) == "created");
    }
}

TEST_CASE("lists without keys ask nobody", "[memcached]") {
    const auto backend = memcached_backend("127.0.0.1:1"); // where nobody listens
    backend->get_multi({}, [](std::size_t, const kennel::CachedValue&) { FAIL("there is no key"); });
    backend->set_multi({});
    backend->erase_multi({});
}

TEST_CASE("a key that is asked for twice is answered twice", "[memcached]") {
    const auto backend = memcached_backend(test::memcached_server().url());
    put(*backend, "a", "1");
    put(*backend, "b", "2");
    const std::vector<std::string_view> keys{"a", "none", "b", "a"};
    std::map<std::size_t, std::string> found;
    backend->get_multi(keys, [&](std::size_t index, const kennel::CachedValue& value) {
        CHECK(found.emplace(index, value.payload.as_bytes()).second);
    });
    CHECK(found == std::map<std::size_t, std::string>{{0, "1"}, {2, "2"}, {3, "1"}});
}

TEST_CASE("hundreds of keys are one question with the text protocol", "[memcached]") {
    test::FaultProxy proxy(test::memcached_server().address());
    const bool is_binary = GENERATE(false, true);
    const auto backend = memcached_backend(proxy.address().text(), {{"binary", is_binary}});
    std::vector<std::string> texts;
    for (int number = 0; number != 700; ++number) texts.push_back("key" + std::to_string(number));
    for (std::size_t index = 0; index < texts.size(); index += 2) put(*backend, texts[index], texts[index]);
    const std::vector<std::string_view> keys(texts.begin(), texts.end());
    proxy.forget();
    std::map<std::size_t, std::string> found;
    backend->get_multi(keys, [&](std::size_t index, const kennel::CachedValue& value) {
        found.emplace(index, value.payload.as_bytes());
    });
    CHECK(found.size() == 350);
    for (const auto& [index, text] : found) CHECK(text == texts[index]);
    CHECK(proxy.round_trips() <= (is_binary ? 20 : 1)); // a question of that length may come in two pieces
}

TEST_CASE("what a reader throws reaches the caller, and the next call is answered rightly", "[memcached]") {
    const auto backend = memcached_backend(test::memcached_server().url());
    for (const char* const key : {"a", "b", "c"}) put(*backend, key, key);
    struct Failure {};
    const std::vector<std::string_view> keys{"a", "b", "c"};
    for (int round = 0; round != 3; ++round) {
        REQUIRE_THROWS_AS(backend->visit("a", [](const kennel::CachedValue&) { throw Failure(); }), Failure);
        CHECK(text_of(*backend, "b") == "b");
        REQUIRE_THROWS_AS(backend->get_multi(keys, [](std::size_t, const kennel::CachedValue&) { throw Failure(); }),
                          Failure);
        CHECK(text_of(*backend, "c") == "c");
    }
}

TEST_CASE("a value is understood by its flags: those of bytes, compressed or not, and no others", "[memcached]") {
    test::MemcachedServer& server = test::memcached_server();
    const auto backend = memcached_backend(server.url());
    const std::string value = envelope_of(std::string(5000, 'x'));
    for (const int flags : {0, 16}) {
        plant(server, "key", value, flags);
        CHECK(text_of(*backend, "key") == std::string(5000, 'x'));
    }
    for (const int flags : {8, 24}) {
        plant(server, "key", compressed(value), flags);
        CHECK(text_of(*backend, "key") == std::string(5000, 'x'));
    }
    for (const int flags : {1, 2, 4, 32, 65'535}) {
        CAPTURE(flags);
        plant(server, "key", value, flags);
        CHECK_FALSE(text_of(*backend, "key"));
    }
}

TEST_CASE("what is no entry is a miss, and only that key's", "[memcached]") {
    test::MemcachedServer& server = test::memcached_server();
    const auto backend = memcached_backend(server.url());
    put(*backend, "good", "value");
    const std::vector<std::string> values{
        "", "garbage", "{}", "|", "1", std::string(3, '\0'), envelope_of("x").substr(0, 20), "\x80\x05\x95"};
    const std::vector<std::string_view> keys{"bad", "good"};
    for (const std::string& value : values) {
        plant(server, "bad", value);
        CHECK_FALSE(text_of(*backend, "bad"));
        std::vector<std::size_t> found;
        backend->get_multi(keys, [&](std::size_t index, const kennel::CachedValue&) { found.push_back(index); });
        CHECK(found == std::vector<std::size_t>{1});
        put(*backend, "bad", "better");
        CHECK(text_of(*backend, "bad") == "better");
    }
}

TEST_CASE("a compressed value that is cut short, damaged or far too long is a miss", "[memcached]") {
    test::MemcachedServer& server = test::memcached_server();
    const auto backend = memcached_backend(server.url(), {{"max_inflated_size", 100'000}});
    const std::string whole = compressed(envelope_of("value"));
    for (std::size_t length = 0; length != whole.size(); ++length) {
        plant(server, "key", whole.substr(0, length), 8);
        CHECK_FALSE(text_of(*backend, "key"));
    }
    plant(server, "key", whole + "more", 8);
    CHECK_FALSE(text_of(*backend, "key"));
    plant(server, "key", compressed(envelope_of(std::string(90'000, 'x'))), 8);
    CHECK(text_of(*backend, "key") == std::string(90'000, 'x'));
    plant(server, "key", compressed(envelope_of(std::string(100'000, 'x'))), 8);
    CHECK_FALSE(text_of(*backend, "key"));
    plant(server, "key", compressed(envelope_of(std::string(100'000'000, 'x'))), 8);
    CHECK_FALSE(text_of(*backend, "key"));
}

TEST_CASE("values from min_compress_len on are compressed when that makes them shorter", "[memcached]") {
    test::MemcachedServer& server = test::memcached_server();
    const auto backend = memcached_backend(server.url(), {{"min_compress_len", 100}});
    const std::string long_text(5000, 'x');
    put(*backend, "long", long_text);
    put(*backend, "short", "x");
    std::string noise;
    for (unsigned number = 1, index = 0; index != 200; ++index) {
        number = number * 1'103'515'245U + 12'345U;
        noise += static_cast<char>(number >> 24U);
    }
    put(*backend, "noise", noise);
    CHECK(server.command("get long").starts_with("VALUE long 8 "));
    CHECK(server.command("get short") == item_reply("short", envelope_of("x")) + "END\r\n");
    CHECK(server.command("get noise") == item_reply("noise", envelope_of(noise)) + "END\r\n");
    CHECK(text_of(*backend, "long") == long_text);
    CHECK(text_of(*memcached_backend(server.url()), "long") == long_text);
    CHECK(text_of(*backend, "noise") == noise);
}

TEST_CASE("a value over the server's limit is an error that says size and remedy, and leaves no older one",
          "[memcached]") {
    test::MemcachedServer& server = test::memcached_server();
    const bool is_binary = GENERATE(false, true);
    const bool is_known = GENERATE(false, true); // to the client, which then does not even send it
    const auto backend = memcached_backend(server.url(),
                                           {{"binary", is_binary}, {"max_value_size", is_known ? 1 << 20 : 1 << 24}});
    const std::string fits((1 << 20) - 400, 'x');
    put(*backend, "key", fits);
    CHECK(text_of(*backend, "key") == fits);
    const std::string text = message_of<kennel::BackendError>([&] { put(*backend, "key", std::string(1 << 21, 'y')); });
    CHECK(mentions(text, {server.url(), "set 'key'", "2097181 bytes", "-I", "max_value_size", "min_compress_len"}));
    CHECK_FALSE(mentions(text, {"yyy"}));
    CHECK_FALSE(text_of(*backend, "key"));
    CHECK(server.command("get key") == "END\r\n");
    put(*backend, "key", "small");
    CHECK(text_of(*backend, "key") == "small");
}

TEST_CASE("a server that takes larger values is used for them when max_value_size says so", "[memcached]") {
    const test::MemcachedServer server({"-I", "4m"});
    const auto backend = memcached_backend(server.url(), {{"max_value_size", 4 << 20}});
    const std::string text(3 << 20, 'x');
    put(*backend, "key", text);
    CHECK(text_of(*backend, "key") == text);

    const auto careful = memcached_backend(server.url());
    const auto read = [&] { static_cast<void>(text_of(*careful, "key")); };
    CHECK(
        mentions(message_of<kennel::BackendError>(read), {"get 'key'", "longer than max_value_size (1048576 bytes)"}));
    put(*careful, "key", "small");
    CHECK(text_of(*careful, "key") == "small");
}

TEST_CASE("the expiry of an entry is how long it is of use, in whole seconds that are not too few",
          "[memcached][fault-25]") {
    test::FaultProxy proxy(test::memcached_server().address());
    CHECK(expiry_sent(proxy, {}, kennel::unlimited) == 0);
    CHECK(expiry_sent(proxy, {}, 0s) == 2);
    CHECK(expiry_sent(proxy, {}, 1ms) == 2);
    CHECK(expiry_sent(proxy, {}, 1s) == 2);
    CHECK(expiry_sent(proxy, {}, 1001ms) == 3);
    CHECK(expiry_sent(proxy, {}, 30 * 24h - 1s) == 30 * 86'400);
    const std::int64_t sent = expiry_sent(proxy, {}, 30 * 24h);
    CHECK(sent >= now_in_seconds() + 30 * 86'400 - 60);
    CHECK(sent <= now_in_seconds() + 30 * 86'400 + 1);
    CHECK(expiry_sent(proxy, {}, 24h * 365 * 200) == 0);
}

TEST_CASE("memcached_expire_time goes for every entry, and is converted above 30 days", "[memcached][fault-25]") {
    test::FaultProxy proxy(test::memcached_server().address());
    const auto sent = [&](const kennel::ArgumentValue& seconds) {
        return expiry_sent(proxy, {{"memcached_expire_time", seconds}}, 5s);
    };
    CHECK(sent(0) == 0);
    CHECK(sent(nullptr) == 6);
    CHECK(sent(100) == 100);
    CHECK(sent(0.2) == 1);
    CHECK(sent("1h") == 3600);
    CHECK(sent(2'592'000) == 2'592'000);
    const std::int64_t above = sent(2'592'001);
    CHECK(above >= now_in_seconds() + 2'592'001 - 60);
    CHECK(above <= now_in_seconds() + 2'592'001);
    CHECK(sent((std::int64_t{1} << 31)) == 0); // after 2038, which the protocol cannot write
    CHECK(sent((std::numeric_limits<std::int64_t>::max)()) == 0);
    CHECK(sent("9223372036854775808") == 0);
    CHECK(sent("unlimited") == 0);
    for (const kennel::ArgumentValue& bad : {kennel::ArgumentValue(-1), kennel::ArgumentValue("soon")})
        CHECK_THROWS_AS(sent(bad), kennel::ValidationError);
}

TEST_CASE("an entry with an expiry of more than 30 days is there", "[memcached][fault-25]") {
    const bool is_binary = GENERATE(false, true);
    const std::string url = test::memcached_server().url();
    const auto backend = memcached_backend(url, {{"memcached_expire_time", 2'592'001}, {"binary", is_binary}});
    put(*backend, "key", "value");
    CHECK(text_of(*backend, "key") == "value");
}
