// needs: redis
// Servers that keep a renewal waiting.

#include "kennel/backends/redis_cluster.hpp"

#include "support/backends.hpp"
#include "support/fault_proxy.hpp"
#include "support/redis_backend.hpp"
#include "support/redis_cluster.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::RedisServer;
using test::wait_until;
using test::redis::locking;
using test::redis::new_backend;

/// Keys whose locks lie on this node of a cluster.
std::vector<std::string> keys_with_locks_on(test::RedisCluster& cluster, std::size_t node, std::size_t count) {
    std::vector<std::string> keys;
    for (int number = 0; keys.size() != count; ++number) {
        std::string key = "key " + std::to_string(number);
        if (cluster.owner_of(cluster.slot_of("_lock" + key)) == node) keys.push_back(std::move(key));
    }
    return keys;
}

long renewals(RedisServer& server) { return server.calls_of("evalsha") + server.calls_of("eval"); }

} // namespace

TEST_CASE("a node that does not answer delays no renewal at another one", "[redis][fault-1][fault-19]") {
    test::RedisCluster cluster({"--cluster-require-full-coverage", "no"});
    const auto backend = kennel::testing_support::new_backend<kennel::RedisClusterBackend>(
        locking({{"startup_nodes", "127.0.0.1:" + std::to_string(cluster.node(0).port())}, {"lock_timeout", 3s}}));
    std::vector<std::shared_ptr<kennel::CacheMutex>> held;
    const auto hold = [&](std::size_t node, std::size_t count) {
        for (const std::string& key : keys_with_locks_on(cluster, node, count)) {
            held.push_back(backend->get_mutex(key));
            REQUIRE(held.back()->try_acquire());
        }
    };
    hold(1, 6); // whose renewals would take 18 s, one after another
    RedisServer& other = cluster.node(2);
    const std::string key = keys_with_locks_on(cluster, 2, 1).front();
    const auto mutex = backend->get_mutex(key);
    REQUIRE(mutex->try_acquire());
    const std::string token = other.command({"GET", "_lock" + key});
    cluster.node(1).process().suspend();
    const long before = renewals(other);
    CHECK(wait_until([&] { return renewals(other) >= before + 4; }));
    CHECK(other.command({"GET", "_lock" + key}) == token);
    CHECK_FALSE(mutex->is_lost());
    cluster.node(1).process().resume();
}

TEST_CASE("a lease whose renewal gets no answer is renewed by another connection before it is over",
          "[redis][fault-2][fault-19]") {
    RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto backend = new_backend(server.url_through(proxy.port()),
                                     locking({{"lock_timeout", 5s}, {"socket_timeout", 60s}}));
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->try_acquire());
    const std::string token = server.command({"GET", "_lockkey"});
    proxy.hold();
    REQUIRE(wait_until([&] { return proxy.connections() == 2; }));
    const long before = renewals(server); // of which there was one, without an answer
    CHECK(before != 0);
    proxy.pass();
    CHECK(wait_until([&] { return renewals(server) > before; }));
    CHECK(server.command({"GET", "_lockkey"}) == token);
    CHECK_FALSE(mutex->is_lost());
}
