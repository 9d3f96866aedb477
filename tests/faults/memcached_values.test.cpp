// needs: memcached
// Keys, values and times that a server does not take, and servers that have no room or let nobody in.

#include "kennel/backends/memcached.hpp"

#include "backends/memcached/faulty_server.hpp"
#include "kennel/creation_scope.hpp"
#include "kennel/kennel.hpp"
#include "support/catch.hpp"
#include "support/memcached_server.hpp"
#include "support/messages.hpp"
#include "support/wait_until.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using kennel::BackendError;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using test::memcached_backend;
using test::put;
using test::text_of;

/// A backend that has been told a wrong, or a right, password of a server that wants none.
std::shared_ptr<kennel::MemcachedBackend> backend_with_password(const std::string& url) {
    return memcached_backend(url, test::hasty({{"binary", true}, {"username", "name"}, {"password", "hunter2"}}));
}

} // namespace

TEST_CASE("a password that the server does not accept is an error at once, and is told once in a while",
          "[memcached][fault-9]") {
    test::MemcachedServer& server = test::memcached_server();
    test::FaultProxy proxy(server.address());
    const std::string refusal = "\x81\x21\0\0\0\0\0\x20\0\0\0\x0d\0\0\0\0"s + std::string(8, '\0') + "Auth failure.";
    proxy.replace_replies(refusal);
    const auto backend = backend_with_password(proxy.address().text());
    const std::string text = message_of<BackendError>([&] { static_cast<void>(text_of(*backend, "key")); });
    CHECK(mentions(text, {proxy.address().text(), "get 'key'", "username and the password", "Auth failure."}));
    CHECK_FALSE(mentions(text, {"hunter2"}));
    for (int round = 0; round != 100; ++round) CHECK_THROWS_AS(put(*backend, "key", "value"), BackendError);
    CHECK(proxy.connections() < 20);
    CHECK(proxy.sent().find("PLAIN" + "\0name\0hunter2"s) != std::string::npos);
}

TEST_CASE("a server that knows no passwords says so", "[memcached][fault-9]") {
    const auto backend = backend_with_password(test::memcached_server().url());
    CHECK(mentions(message_of<BackendError>([&] { static_cast<void>(text_of(*backend, "key")); }), {"-S"}));
}

TEST_CASE("a server that accepts the password is used", "[memcached][fault-9]") {
    test::FaultProxy proxy(test::memcached_server().address());
    std::size_t connections = 0;
    proxy.rewrite_replies([&connections](const std::string& piece, bool) {
        const bool is_entrance = piece.starts_with("\x81\x21");
        if (is_entrance) ++connections;
        return is_entrance ? "\x81\x21\0\0\0\0\0\0\0\0\0\x0d\0\0\0\0"s + std::string(8, '\0') + "Authenticated" : piece;
    });
    const auto backend = backend_with_password(proxy.address().text());
    // The numbers of the packets go on after it.
    put(*backend, "key", "value");
    CHECK(text_of(*backend, "key") == "value");
    proxy.pass();
    CHECK(connections == 1);
}

TEST_CASE("a server without memory refuses a value, and has no older one then", "[memcached][fault-12]") {
    test::MemcachedServer server({"-M", "-m", "2", "-I", "1m"});
    const bool is_binary = GENERATE(false, true);
    const auto backend = memcached_backend(server.url(), {{"binary", is_binary}, {"distributed_lock", true}});
    put(*backend, "key", "before");
    std::string text;
    for (int number = 0; text.empty() && number != 500; ++number)
        text = message_of<BackendError>(
            [&] { put(*backend, "filler" + std::to_string(number), std::string(100'000, 'x')); });
    REQUIRE(mentions(text, {server.url(), "set 'filler", "memory"}));
    CHECK_FALSE(mentions(text, {"xxx"}));
    CHECK_THROWS_AS(put(*backend, "key", std::string(100'000, 'y')), BackendError);
    CHECK_FALSE(text_of(*backend, "key"));
    put(*backend, "key", "small"); // there is room for that
    CHECK(text_of(*backend, "key") == "small");

    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(kennel::no_deadline) == kennel::Turn::mine);
    {
        const kennel::CreationScope scope({&mutex, 1});
        CHECK_THROWS_AS(put(*backend, "key", std::string(100'000, 'y')), BackendError);
    }
    mutex->release();
    CHECK_FALSE(mutex->locked());
    CHECK_FALSE(text_of(*backend, "key"));
    for (int number = 0; number != 100; ++number) CHECK_FALSE(text_of(*backend, "none"));
}

TEST_CASE("locks and values that are evicted are misses and lost locks, and never wrong", "[memcached][fault-13]") {
    test::MemcachedServer server({"-m", "2"});
    const auto backend = memcached_backend(server.url(), {{"distributed_lock", true}});
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(kennel::no_deadline) == kennel::Turn::mine);
    const auto is_evicted = [&] { return server.command("get _lockkey") == "END\r\n"; };
    const auto others = memcached_backend(server.url());
    const kennel::CachedValue filler = test::entry_of(
        std::string(12, 'x'));                   // of about the lock's size, by which items are evicted
    for (int round = 0; round != 100; ++round) { // nobody looks at the lock meanwhile, which would keep it
        std::vector<std::string> keys;
        for (int number = 0; number != 1000; ++number) keys.push_back(std::to_string(round * 1000 + number));
        std::vector<kennel::BackendEntry> entries;
        for (const std::string& key : keys) entries.push_back({key, &filler});
        others->set_multi(entries);
    }
    REQUIRE(is_evicted());
    {
        const kennel::CreationScope scope({&mutex, 1});
        CHECK_NOTHROW(put(*backend, "key", "late"));
    }
    CHECK(mutex->is_lost());
    CHECK_FALSE(text_of(*backend, "key"));
    put(*backend, "key", "again");
    CHECK(text_of(*backend, "key") == "again");
}

TEST_CASE("a server that takes no more clients is a server that is not reached", "[memcached][fault-14]") {
    test::MemcachedServer server({"-c", "40"});
    std::vector<std::unique_ptr<test::MemcachedTextClient>> clients;
    try {
        for (int count = 0; count != 40; ++count) {
            clients.push_back(std::make_unique<test::MemcachedTextClient>(server.address()));
            static_cast<void>(clients.back()->call("get none"));
        }
    } catch (const std::exception&) { // it is full
    }
    const auto backend = memcached_backend(server.url(), test::hasty());
    const auto start = std::chrono::steady_clock::now();
    for (int count = 0; count != 200; ++count) CHECK_THROWS_AS(backend->get("key"), BackendError);
    CHECK(std::chrono::steady_clock::now() - start < 20s);
    clients.clear();
    CHECK(test::wait_until([&] {
        try {
            put(*backend, "key", "value");
            return text_of(*backend, "key") == "value";
        } catch (const BackendError&) {
            return false;
        }
    }));
}

TEST_CASE("keys of any bytes and lengths reach their own entries, and nobody else's", "[memcached][fault-22]") {
    test::MemcachedServer& server = test::memcached_server();
    const bool is_binary = GENERATE(false, true);
    const auto backend = memcached_backend(server.url(), {{"binary", is_binary}});
    put(*backend, "victim", "safe");
    std::vector<std::string> keys{""s,
                                  " "s,
                                  "\0"s,
                                  "\r\n"s,
                                  "\x7f"s,
                                  "\xc3\xbc"s,
                                  "x\r\nset victim 0 0 4\r\npwnd"s,
                                  "x\r\ndelete victim\r\n"s,
                                  "victim\0"s,
                                  "victim "s};
    for (const std::size_t length : {1U, 244U, 245U, 246U, 250U, 251U, 300U, 1'000'000U})
        keys.push_back(std::string(length, 'k'));
    for (std::size_t index = 0; index != keys.size(); ++index) put(*backend, keys[index], std::to_string(index));
    for (std::size_t index = 0; index != keys.size(); ++index)
        CHECK(text_of(*backend, keys[index]) == std::to_string(index));
    CHECK(text_of(*backend, "victim") == "safe");
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    std::size_t found = 0;
    backend->get_multi(views, [&](std::size_t index, const kennel::CachedValue& value) {
        ++found;
        CHECK(value.payload.as_bytes() == std::to_string(index));
    });
    CHECK(found == keys.size());
    backend->erase_multi(views);
    for (const std::string& key : keys) CHECK_FALSE(text_of(*backend, key));
    CHECK(text_of(*backend, "victim") == "safe");
}

TEST_CASE("a value of more than the limit fails by name, and nothing else is disturbed", "[memcached][fault-24]") {
    test::MemcachedServer& server = test::memcached_server();
    const bool is_binary = GENERATE(false, true);
    const bool is_known = GENERATE(false, true); // to the client, which then does not even send it
    const auto backend = memcached_backend(server.url(),
                                           {{"binary", is_binary}, {"max_value_size", is_known ? 1 << 20 : 1 << 24}});
    for (const char* const key : {"a", "b", "c"}) put(*backend, key, "old");
    const kennel::CachedValue small = test::entry_of("new");
    const std::string huge((1 << 20) + 1, 'x');
    const kennel::CachedValue large{kennel::Payload::bytes(huge), small.metadata};
    const std::vector<kennel::BackendEntry> entries{{"a", &small}, {"b", &large}, {"c", &small}};
    CHECK(mentions(message_of<BackendError>([&] { backend->set_multi(entries); }), {"set 'b'", "too big", "-I"}));
    CHECK(text_of(*backend, "a") == "new");
    CHECK_FALSE(text_of(*backend, "b"));
    CHECK(text_of(*backend, "c") == "new");
    put(*backend, "b", std::string((1 << 20) - 400, 'y'));
    CHECK(text_of(*backend, "b") == std::string((1 << 20) - 400, 'y'));
}

TEST_CASE("an entry with any time to live is there afterwards", "[memcached][fault-25]") {
    test::MemcachedServer& server = test::memcached_server();
    const bool is_binary = GENERATE(false, true);
    const auto backend = memcached_backend(server.url(), {{"binary", is_binary}});
    for (const kennel::TimeSpan span :
         {kennel::TimeSpan(), kennel::TimeSpan(1ms), kennel::TimeSpan(30 * 24h), kennel::TimeSpan(30 * 24h + 1s),
          kennel::TimeSpan(std::chrono::seconds(std::int64_t{1} << 31)), kennel::unlimited}) {
        kennel::CachedValue entry = test::entry_of("value");
        entry.metadata.useful_for = span;
        backend->set("key", entry);
        CHECK(text_of(*backend, "key") == "value");
        backend->erase("key");
    }
}
