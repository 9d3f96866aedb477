// needs: redis
#include "kennel/backends/redis/client.hpp"

#include "support/fault_proxy.hpp"
#include "support/messages.hpp"
#include "support/redis_backend.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using kennel::BackendError;
using kennel::detail::ConnectionLost;
using kennel::detail::NotReached;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using test::redis::entry;
using test::redis::locking;
using test::redis::new_backend;
using test::redis::new_region;

void read_all(kennel::CacheBackend& backend, const std::vector<std::string_view>& keys) {
    backend.get_multi(keys, [](std::size_t, const kennel::CachedValue&) {});
}

} // namespace

TEST_CASE("who cannot reach the server is told which key was read or written", "[redis][client]") {
    const std::string url = "redis://127.0.0.1:" + std::to_string(test::free_port());
    const auto backend = new_backend(url, {{"distributed_lock", GENERATE(false, true)}});
    const std::string where = url.substr(8);
    CHECK(
        mentions(message_of<NotReached>([&] { (void)backend->get("some key"); }), {where, "while reading 'some key'"}));
    CHECK(mentions(message_of<NotReached>([&] { backend->set("some key", entry("secret")); }),
                   {where, "while writing 'some key'"}));
    CHECK(mentions(message_of<NotReached>([&] { backend->erase("some key"); }), {where, "while writing 'some key'"}));
    CHECK(mentions(message_of<NotReached>([&] { read_all(*backend, {"one", "two"}); }),
                   {"while reading 'one' and 1 other key)"}));
    CHECK(mentions(message_of<NotReached>([&] { read_all(*backend, {"one", "two", "three"}); }),
                   {"while reading 'one' and 2 other keys)"}));
    CHECK_FALSE(mentions(message_of<NotReached>([&] { backend->set("some key", entry("secret")); }), {"secret"}));
    const std::string long_key(10'000, 'k');
    CHECK(message_of<NotReached>([&] { backend->set(long_key, entry("text")); }).size() < 1'000);

    auto region = new_region(url);
    CHECK(mentions(message_of<BackendError>([&] { region.set("some key", 1); }), {where, "while writing 'some key'"}));
}

TEST_CASE("who loses the connection is told which key was read or written", "[redis][client]") {
    test::RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto backend = new_backend(server.url_through(proxy.port()));
    (void)backend->get("any");
    proxy.drop_replies();
    CHECK(mentions(message_of<ConnectionLost>([&] { backend->set("some key", entry("text")); }),
                   {std::to_string(proxy.port()), "while writing 'some key'"}));
    CHECK(mentions(message_of<BackendError>([&] { (void)backend->get("some key"); }), {"while reading 'some key'"}));
}

TEST_CASE("an answer that is an error names command and key once", "[redis][client]") {
    test::RedisServer& server = test::redis_server();
    server.command({"CONFIG", "SET", "maxmemory", "1"});
    const auto backend = new_backend(server.url());
    const std::string text = message_of<kennel::RedisServerError>([&] { backend->set("some key", entry("text")); });
    server.command({"CONFIG", "SET", "maxmemory", "0"});
    CHECK(mentions(text, {"answers SET of 'some key' with: OOM"}));
    CHECK_FALSE(mentions(text, {"while writing"}));
}

TEST_CASE("a password for a server that has none is told with its argument", "[redis][client]") {
    const auto backend = new_backend(test::redis_server().url(), {{"password", "s3cr3t"}});
    const std::string text = message_of<kennel::RedisServerError>([&] { (void)backend->get("key"); });
    CHECK(mentions(text, {"without any password", "the server has no password"}));
    CHECK_FALSE(mentions(text, {"s3cr3t"}));
}
