// needs: redis
#include "kennel/backends/redis/key_watcher.hpp"

#include "support/fault_proxy.hpp"
#include "support/redis_backend.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::SteadyTime;
using kennel::detail::Endpoint;
using kennel::detail::KeyWatcher;
using kennel::detail::RedisConnection;
using kennel::detail::RedisSettings;
using test::RedisServer;
using test::wait_until;

SteadyTime soon() { return std::chrono::steady_clock::now() + test::patience; }

Endpoint endpoint_at(int port) { return {.host = "127.0.0.1", .port = static_cast<std::uint16_t>(port)}; }

/// A watcher, and a reader whose messages go to it.
struct Scene {
    explicit Scene(int port, std::shared_ptr<RedisSettings> with = std::make_shared<RedisSettings>())
        : settings(std::move(with)), watcher(settings, endpoint_at(port)) {}

    /// Looks whether the key is there, as who waits for its change does.
    bool track(const std::string& key) {
        const std::int64_t listener = watcher.client_id(soon());
        REQUIRE(listener != 0);
        RedisConnection& reader = reader_for(listener);
        reader.new_request().add("CLIENT", "CACHING", "YES").add("EXISTS", key);
        reader.send(soon());
        CHECK(reader.receive(soon()).is_status("OK"));
        return reader.receive(soon()).integer != 0;
    }

    RedisServer& server = test::redis_server();
    std::shared_ptr<RedisSettings> settings;
    KeyWatcher watcher;

private:
    RedisConnection& reader_for(std::int64_t listener) {
        if (listener == listener_) return *reader_;
        listener_ = listener;
        reader_ = std::make_unique<RedisConnection>(*settings, endpoint_at(server.port()), soon());
        reader_->new_request().add("CLIENT", "TRACKING", "ON", "REDIRECT", std::to_string(listener), "OPTIN");
        reader_->send(soon());
        REQUIRE(reader_->receive(soon()).is_status("OK"));
        return *reader_;
    }

    std::int64_t listener_ = 0;
    std::unique_ptr<RedisConnection> reader_;
};

/// Waits for a change, and says whether it came before the wait was over anyway.
bool hear(KeyWatcher::Watch& watch) {
    const SteadyTime limit = soon();
    watch.wait_until(limit);
    return std::chrono::steady_clock::now() < limit;
}

/// A watch of a key that has been read after it had begun.
class TrackedWatch {
public:
    TrackedWatch(Scene& scene, const std::string& key) : watch_(scene.watcher, key) { scene.track(key); }
    [[nodiscard]] bool hears() { return hear(watch_); }

private:
    KeyWatcher::Watch watch_;
};

} // namespace

TEST_CASE("a watcher tells of whatever happens to a key", "[redis][lock]") {
    test::redis_server();
    Scene scene(test::redis_server().port());
    scene.server.command({"SET", "key", "before"});
    TrackedWatch watch(scene, "key");
    SECTION("a change") { scene.server.command({"SET", "key", "after"}); }
    SECTION("its deletion") { scene.server.command({"DEL", "key"}); }
    SECTION("its expiry") { scene.server.command({"PEXPIRE", "key", "1"}); }
    SECTION("another time to live") { scene.server.command({"PEXPIRE", "key", "100000"}); }
    SECTION("the end of everything") { scene.server.command({"FLUSHALL"}); }
    CHECK(watch.hears());
}

TEST_CASE("a watcher tells of a key that comes to be, and of one whose time is up by itself", "[redis][lock]") {
    Scene scene(test::redis_server().port());
    TrackedWatch absent(scene, "absent");
    scene.server.command({"SET", "absent", "now"});
    CHECK(absent.hears());
    KeyWatcher::Watch passing(scene.watcher, "short");
    int life = 50;
    do {
        life *= 2; // for a machine that takes longer to look
        scene.server.command({"SET", "short", "value", "PX", std::to_string(life)});
    } while (!scene.track("short"));
    CHECK(hear(passing));
    CHECK(scene.server.command({"EXISTS", "short"}) == "0");
}

TEST_CASE("a watch hears of its key alone, and of what has happened before it waits", "[redis][lock]") {
    Scene scene(test::redis_server().port());
    TrackedWatch one(scene, "one");
    KeyWatcher::Watch other(scene.watcher, "other");
    scene.track("other");
    scene.server.command({"SET", "one", "1"});
    CHECK(one.hears()); // by now the message has come
    const SteadyTime limit = std::chrono::steady_clock::now() + 20ms;
    other.wait_until(limit);
    CHECK(std::chrono::steady_clock::now() >= limit);
}

TEST_CASE("all watches of one key hear of its change, and later ones of the next", "[redis][lock]") {
    Scene scene(test::redis_server().port());
    std::vector<std::unique_ptr<KeyWatcher::Watch>> watches;
    for (int count = 0; count != 100; ++count)
        watches.push_back(std::make_unique<KeyWatcher::Watch>(scene.watcher, "key"));
    for (int round = 0; round != 3; ++round) {
        scene.track("key");
        scene.server.command({"SET", "key", std::to_string(round)});
        std::atomic<int> heard = 0;
        test::run_together(watches.size(), [&](std::size_t number) {
            if (hear(*watches[number])) ++heard;
        });
        CHECK(heard == 100);
        watches.erase(watches.begin(), watches.begin() + 50);
        while (watches.size() != 100) watches.push_back(std::make_unique<KeyWatcher::Watch>(scene.watcher, "key"));
    }
}

TEST_CASE("a watcher whose connection is closed tells all who wait, connects again, and hears as before",
          "[redis][lock]") {
    Scene scene(test::redis_server().port());
    const std::int64_t first = scene.watcher.client_id(soon());
    TrackedWatch watch(scene, "key");
    scene.server.command({"CLIENT", "KILL", "ID", std::to_string(first)});
    CHECK(watch.hears());
    REQUIRE(wait_until([&] {
        const std::int64_t id = scene.watcher.client_id(soon());
        return id != 0 && id != first;
    }));
    scene.track("key");
    scene.server.command({"SET", "key", "1"});
    CHECK(watch.hears());
}

TEST_CASE("a watcher to which nothing comes through any more notices it, and tells all who wait", "[redis][fault-2]") {
    test::FaultProxy proxy(test::redis_server().address());
    Scene scene(proxy.port());
    const std::int64_t first = scene.watcher.client_id(soon());
    TrackedWatch watch(scene, "key");
    proxy.lose_packets();
    scene.server.command({"SET", "key", "1"}); // of which it never hears
    CHECK(watch.hears());
    CHECK(wait_until([&] { return scene.watcher.client_id(soon()) == 0; }));
    proxy.pass();
    REQUIRE(wait_until([&] { return scene.watcher.client_id(soon()) > first; }));
    scene.track("key");
    scene.server.command({"SET", "key", "2"});
    CHECK(watch.hears());
}

TEST_CASE("a watcher of a server that is silent keeps its connection", "[redis][lock]") {
    test::FaultProxy proxy(test::redis_server().address());
    Scene scene(proxy.port());
    const std::int64_t first = scene.watcher.client_id(soon());
    const std::size_t requests = proxy.requests().size();
    REQUIRE(proxy.await_requests(requests + 2)); // for signs of life
    CHECK(scene.watcher.client_id(soon()) == first);
    TrackedWatch watch(scene, "key");
    scene.server.command({"SET", "key", "1"});
    CHECK(watch.hears());
    CHECK(proxy.connections() == 1);
}

TEST_CASE("a watcher that may not be one is refused once, and asks no more", "[redis][fault-9]") {
    RedisServer& server = test::redis_server();
    server.command({"ACL", "SETUSER", "deaf", "reset", "on", ">pw", "allkeys", "allcommands", "allchannels"});
    SECTION("to subscribe") { server.command({"ACL", "SETUSER", "deaf", "-subscribe"}); }
    SECTION("to hear of the channel") { server.command({"ACL", "SETUSER", "deaf", "resetchannels"}); }
    SECTION("to know its number") { server.command({"ACL", "SETUSER", "deaf", "-client|id"}); }
    const auto settings = std::make_shared<RedisSettings>();
    settings->username = "deaf";
    settings->password = "pw";
    test::FaultProxy proxy(server.address());
    KeyWatcher watcher(settings, endpoint_at(proxy.port()));
    CHECK(watcher.client_id(soon()) == 0);
    CHECK(wait_until([&] { return watcher.has_given_up(); }));
    CHECK(wait_until([&] { return proxy.open_connections() == 0; }));
    CHECK_FALSE(wait_until([&] { return proxy.connections() != 1; }, 300ms)); // several times the first pause
    server.command({"ACL", "DELUSER", "deaf"});
}

TEST_CASE("a watcher remembers the refusal that its readers have met, unless it says nothing about tracking",
          "[redis][lock]") {
    Scene scene(test::redis_server().port());
    for (const char* const passing : {"LOADING", "ERR max number of clients reached", "ERR The client ID 5"})
        scene.watcher.note_refusal(passing);
    CHECK_FALSE(scene.watcher.has_given_up());
    scene.watcher.note_refusal("ERR unknown subcommand 'TRACKING'");
    CHECK(scene.watcher.has_given_up());
}

TEST_CASE("a watcher of a server that is not there makes nobody wait, and ends at once", "[redis][fault-2]") {
    test::FaultProxy proxy(test::redis_server().address());
    proxy.refuse_connections();
    const auto settings = std::make_shared<RedisSettings>();
    KeyWatcher watcher(settings, endpoint_at(proxy.port()));
    CHECK(watcher.client_id(soon()) == 0);
    proxy.accept_connections();
    CHECK(wait_until([&] { return watcher.client_id(soon()) != 0; }));
}
