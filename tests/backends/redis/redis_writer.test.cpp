// needs: redis
#include "kennel/backends/redis/redis_writer.hpp"

#include "support/fault_proxy.hpp"
#include "support/redis_backend.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace {

using test::redis::entry;
using test::redis::locking;
using test::redis::new_backend;

/// A backend whose requests can be seen, at a server that knows the scripts.
struct Scene {
    test::RedisServer& server = test::redis_server();
    test::FaultProxy proxy{server.address()};
    std::shared_ptr<kennel::RedisBackend> backend = new_backend(server.url_through(proxy.port()), locking());

    Scene() {
        backend->erase("before");
        proxy.forget();
    }

    /// The names of the commands that were sent.
    [[nodiscard]] std::vector<std::string> commands() const {
        std::vector<std::string> names;
        for (const std::string& request : proxy.requests()) {
            const std::size_t begin = request.find("\r\n", request.find('$')) + 2;
            names.push_back(request.substr(begin, request.find('\r', begin) - begin));
        }
        return names;
    }
};

} // namespace

TEST_CASE("a change takes the lock from a creation that it overtakes, in the same round trip", "[redis][writer]") {
    Scene scene;
    SECTION("a store") {
        scene.backend->set("key", entry("text"));
        CHECK(scene.commands() == std::vector<std::string>{"SET", "EVALSHA"});
    }
    SECTION("the removal of several keys") {
        const std::vector<std::string_view> keys = {"a", "b"};
        scene.backend->erase_multi(keys);
        CHECK(scene.commands() == std::vector<std::string>{"UNLINK", "EVALSHA", "EVALSHA"});
    }
    CHECK(scene.proxy.round_trips() == 1);
}

TEST_CASE("a change that the server reads in parts takes the lock before it, too", "[redis][writer]") {
    Scene scene;
    SECTION("a store") {
        scene.backend->set("key", entry(std::string(20'000, 'x')));
        CHECK(scene.commands() == std::vector<std::string>{"EVALSHA", "SET", "EVALSHA"});
    }
    SECTION("the removal of many keys") {
        std::vector<std::string> names;
        for (int number = 0; number != 100; ++number) names.push_back("key " + std::to_string(number));
        const std::vector<std::string_view> keys(names.begin(), names.end());
        scene.backend->erase_multi(keys);
        const std::vector<std::string> commands = scene.commands();
        REQUIRE(commands.size() == 201);
        CHECK(commands[100] == "UNLINK");
        CHECK(std::count(commands.begin(), commands.end(), "EVALSHA") == 200);
    }
}

TEST_CASE("when the server did not know the scripts, a change is made again with them", "[redis][writer]") {
    Scene scene;
    scene.server.command({"SCRIPT", "FLUSH"});
    scene.backend->set("key", entry("text"));
    CHECK(scene.commands() == std::vector<std::string>{"SET", "EVALSHA", "SET", "EVAL"});
    CHECK(test::redis::text_of(*scene.backend, "key") == "text");
}

TEST_CASE("thousands of entries are stored and removed in requests of a bounded length", "[redis][writer]") {
    test::RedisServer& server = test::redis_server();
    const bool has_locks = GENERATE(false, true);
    const auto backend = new_backend(server.url(), {{"distributed_lock", has_locks}});
    const kennel::CachedValue value = entry(std::string(500, 'x'));
    std::vector<std::string> names;
    for (int number = 0; number != 5000; ++number) names.push_back("key " + std::to_string(number));
    const std::vector<std::string_view> keys(names.begin(), names.end());
    std::vector<kennel::BackendEntry> entries;
    for (const std::string_view key : keys) entries.push_back({key, &value});
    backend->set_multi(entries);
    CHECK(server.command({"DBSIZE"}) == "5000");
    const auto texts = test::redis::texts_of(*backend, keys);
    CHECK(std::count(texts.begin(), texts.end(), std::string(500, 'x')) == 5000);
    backend->erase_multi(keys);
    CHECK(server.command({"DBSIZE"}) == "0");
}
