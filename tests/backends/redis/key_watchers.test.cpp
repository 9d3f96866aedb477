// needs: redis
#include "kennel/backends/redis/key_watchers.hpp"

#include "support/redis_backend.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace {

using kennel::detail::Endpoint;
using kennel::detail::KeyWatcher;
using kennel::detail::KeyWatchers;
using kennel::detail::RedisSettings;

Endpoint endpoint_at(int port) { return {.host = "127.0.0.1", .port = static_cast<std::uint16_t>(port)}; }

bool all_serve(const Endpoint& /*endpoint*/) { return true; }
bool none_serves(const Endpoint& /*endpoint*/) { return false; }

} // namespace

TEST_CASE("each server has one watcher, for as long as it keeps keys", "[redis][lock]") {
    KeyWatchers watchers(std::make_shared<RedisSettings>());
    const std::weak_ptr<KeyWatcher> first = watchers.of(endpoint_at(1), all_serve);
    CHECK(watchers.of(endpoint_at(1), all_serve) == first.lock());
    CHECK(watchers.of(endpoint_at(2), all_serve) != first.lock());
    CHECK(watchers.count() == 2);
    static_cast<void>(watchers.of(endpoint_at(2), [](const Endpoint& other) { return other != endpoint_at(1); }));
    CHECK(first.expired());
    CHECK(watchers.count() == 1);
}

TEST_CASE("the watcher of a server that has gone stays while somebody waits with it, and no longer", "[redis][lock]") {
    KeyWatchers watchers(std::make_shared<RedisSettings>());
    std::shared_ptr<KeyWatcher> used = watchers.of(endpoint_at(1), none_serves);
    const std::shared_ptr<KeyWatcher> present = watchers.of(endpoint_at(2), none_serves);
    CHECK(watchers.count() == 2);
    CHECK(watchers.of(endpoint_at(1), none_serves) == used);
    used.reset();
    CHECK(watchers.of(endpoint_at(2), none_serves) == present);
    CHECK(watchers.count() == 1);
}

TEST_CASE("a watcher that is ended takes its connection with it", "[redis][lock]") {
    test::RedisServer& server = test::redis_server();
    const auto settings = std::make_shared<RedisSettings>();
    settings->client_name = "the-watcher";
    KeyWatchers watchers(settings);
    const auto is_connected = [&] {
        return server.command({"CLIENT", "LIST"}).find("name=the-watcher") != std::string::npos;
    };
    static_cast<void>(watchers.of(endpoint_at(server.port()), all_serve));
    REQUIRE(test::wait_until(is_connected));
    static_cast<void>(watchers.of(endpoint_at(1), none_serves));
    CHECK(test::wait_until([&] { return !is_connected(); }));
}

TEST_CASE("a server that has refused to tell has no watcher", "[redis][lock]") {
    KeyWatchers watchers(std::make_shared<RedisSettings>());
    watchers.of(endpoint_at(1), all_serve)->note_refusal("NOPERM");
    CHECK(watchers.of(endpoint_at(1), all_serve) == nullptr);
    CHECK(watchers.of(endpoint_at(2), all_serve) != nullptr);
}
