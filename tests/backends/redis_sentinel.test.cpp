// needs: redis
#include "kennel/backends/redis_sentinel.hpp"

#include "kennel/kennel.hpp"
#include "kennel/testing/mutex_contract.hpp"
#include "support/backends.hpp"
#include "support/catch.hpp"
#include "support/halted_creation.hpp"
#include "support/messages.hpp"
#include "support/proxied_contract.hpp"
#include "support/redis_sentinel.hpp"
#include "support/threads.hpp"
#include "support/wait_until.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using kennel::testing_support::new_backend;
using kennel::testing_support::run_behind_proxies;
using kennel::testing_support::run_contract;
using namespace std::chrono_literals;

using Backend = std::shared_ptr<kennel::RedisSentinelBackend>;
using Strings = std::vector<std::string>;

/// The group that test cases share which leave it in order, whoever is its master then. Each call empties it.
test::SentinelGroup& shared_group() {
    static std::optional<test::SentinelGroup> group;
    if (!group) group.emplace();
    group->master().command({"FLUSHALL"});
    group->await_replication();
    return *group;
}

std::string place_of(int port) { return "127.0.0.1:" + std::to_string(port); }

kennel::Arguments arguments_of(const test::SentinelGroup& group, kennel::Arguments others = {}) {
    Strings sentinels;
    for (const int port : group.sentinel_ports()) sentinels.push_back(place_of(port));
    others["sentinels"] = sentinels;
    return others;
}

Backend backend_of(const test::SentinelGroup& group, kennel::Arguments others = {}) {
    return new_backend<kennel::RedisSentinelBackend>(arguments_of(group, std::move(others)));
}

kennel::CacheRegion<> region_of(const test::SentinelGroup& group, kennel::Arguments others = {}) {
    kennel::CacheRegion<> region;
    region.configure("redis_sentinel", {.expiration_time = 1h, .arguments = arguments_of(group, std::move(others))});
    return region;
}

void set(const Backend& backend, const std::string& key, const std::string& bytes) {
    backend->set(key, {kennel::Payload::borrowed_bytes(bytes), {.created = kennel::SystemClock::shared()->wall_now()}});
}
std::string get(const Backend& backend, const std::string& key) {
    const std::optional<kennel::CachedValue> value = backend->get(key);
    return value ? std::string(value->payload.as_bytes()) : "(none)";
}

/// Whether `action` is done without an error before long.
template <class Action>
bool succeeds_soon(const Action& action) {
    return test::wait_until([&] {
        try {
            action();
            return true;
        } catch (const kennel::BackendError&) {
            return false;
        }
    });
}

/// A group of which the sentinel has seen that its replica has all that its master has.
class GroupWithReplica : public test::SentinelGroup {
public:
    GroupWithReplica() {
        test::RespClient sentinel({.port = sentinel_ports().at(0)});
        const bool is_seen = test::wait_until([&] {
            const std::string replicas = sentinel.call({"SENTINEL", "REPLICAS", service_name}).shown();
            return replicas.find("master-link-status\nok") != std::string::npos;
        });
        if (!is_seen) FAIL("the sentinel does not see the replica");
    }
    [[nodiscard]] test::RedisServer& replica() { return server(1); }
};

} // namespace

TEST_CASE("the backend behind sentinels keeps the contract of backends", "[backend_contract]") {
    test::SentinelGroup& group = shared_group();
    SECTION("with locks") {
        run_behind_proxies(kennel::backend_contract, [&] { return backend_of(group); });
    }
    SECTION("without locks") {
        run_contract(kennel::backend_contract([&] { return backend_of(group, {{"distributed_lock", false}}); }));
    }
}

TEST_CASE("the locks behind sentinels keep the contract of mutexes", "[mutex_contract]") {
    const Backend backend = backend_of(shared_group());
    run_contract(kennel::mutex_contract([&](std::string_view key) { return backend->get_mutex(key); }));
}

TEST_CASE("a group of sentinels is known under dogpile's names and Valkey's, and has locks by default") {
    test::SentinelGroup& group = shared_group();
    for (const char* const name : {"dogpile.cache.redis_sentinel", "dogpile.cache.valkey_sentinel"}) {
        kennel::CacheRegion<> region;
        region.configure(name,
                         {.expiration_time = 1h, .arguments = arguments_of(group, {{"valkey_expiration_time", 100}})});
        region.set(name, 5);
        CHECK(region.get<int>(name) == 5);
        const int seconds = std::stoi(group.master().command({"TTL", name}));
        CHECK((seconds > 90 && seconds <= 100));
        CHECK(region.actual_backend()->get_mutex(name) != nullptr);
    }
}

TEST_CASE("the arguments of a group of sentinels are checked") {
    const auto complaint = [](kennel::Arguments arguments) {
        return message_of<kennel::ValidationError>(
            [&] { static_cast<void>(new_backend<kennel::RedisSentinelBackend>(arguments)); });
    };
    CHECK(mentions(complaint({}), {"redis_sentinel", "sentinels", "host:port"}));
    CHECK(mentions(complaint({{"sentinels", "host:nothing"}}), {"sentinels", "host:nothing"}));
    CHECK(mentions(complaint({{"sentinels", "/run/sentinel.sock"}}), {"sentinels", "Unix sockets"}));
    CHECK(mentions(complaint({{"sentinels", "a:1"}, {"service_name", ""}}), {"service_name", "empty"}));
    CHECK(mentions(complaint({{"sentinels", "a:1"}, {"url", "redis://a:1"}}), {"url", "sentinels"}));
    CHECK(mentions(complaint({{"sentinels", "a:1"}, {"host", "a"}}), {"host", "sentinels"}));
    CHECK(mentions(complaint({{"sentinels", "a:1"}, {"unix_socket_path", "/a"}}), {"unix_socket_path", "sentinels"}));
    CHECK(mentions(complaint({{"sentinels", "a:1"}, {"sentinel_kwargs", "x"}}),
                   {"sentinel_kwargs", "sentinel_password"}));
    CHECK(mentions(complaint({{"sentinels", "a:1"}, {"sentinel", "b:1"}}), {"unknown", "'sentinel'", "service_name"}));
}

TEST_CASE("who finds no master is told what each sentinel has answered") {
    test::SentinelGroup& group = shared_group();
    test::RedisServer& server = test::redis_server();
    const std::string sentinel = place_of(group.sentinel_ports().at(0));
    const auto complaint = [](kennel::Arguments arguments) {
        const auto backend = new_backend<kennel::RedisSentinelBackend>(arguments);
        return message_of<kennel::BackendError>([&] { static_cast<void>(backend->get("key")); });
    };
    SECTION("none that answers, or is a sentinel") {
        const std::string message = complaint({{"sentinels", Strings{"127.0.0.1:1", place_of(server.port())}}});
        CAPTURE(message);
        CHECK(mentions(message, {"'mymaster'", "127.0.0.1:1", "refused", place_of(server.port()), "unknown command"}));
    }
    SECTION("none that knows the name") {
        const std::string message = complaint({{"sentinels", sentinel}, {"service_name", "other"}});
        CHECK(mentions(message, {sentinel, "knows no master 'other'", "service_name"}));
    }
    SECTION("a password that a sentinel does not want") {
        const std::string message = complaint({{"sentinels", sentinel}, {"sentinel_password", "secret"}});
        CAPTURE(message);
        CHECK(mentions(message, {sentinel, "AUTH"}));
    }
    SECTION("a password that the master does not want") {
        const std::string message = complaint({{"sentinels", sentinel}, {"password", "secret"}});
        CAPTURE(message);
        CHECK(mentions(message, {sentinel + " names " + place_of(group.master_port()), "AUTH"}));
    }
}

TEST_CASE("sentinels that do not answer leave time to ask the others") {
    test::SentinelGroup group({.replicas = 1, .sentinels = 3});
    group.sentinel(0).crash();
    group.sentinel(1).suspend();
    const Backend backend = backend_of(group, {{"socket_timeout", 2}});
    const auto begin = std::chrono::steady_clock::now();
    set(backend, "key", "value");
    CHECK(std::chrono::steady_clock::now() - begin < 2s);
    CHECK(group.server(0).command({"EXISTS", "key"}) == "1");
    group.sentinel(1).resume();
}

TEST_CASE("a master that answers is used while no sentinel does, but not found without one") {
    test::SentinelGroup group;
    const Backend backend = backend_of(group);
    set(backend, "key", "before");
    group.sentinel(0).crash();
    group.server(0).command({"CLIENT", "KILL", "TYPE", "normal"});
    try {
        set(backend, "key", "lost"); // on the connection that was ended
    } catch (const kennel::BackendError&) {
    }
    set(backend, "key", "after");
    CHECK(get(backend, "key") == "after");
    CHECK_THROWS_AS(get(backend_of(group), "key"), kennel::BackendError);
}

TEST_CASE("traffic follows a failover, and leaves the former master alone") {
    test::SentinelGroup& group = shared_group();
    const Backend backend = backend_of(group, {{"socket_timeout", 5}});
    test::RedisServer& former = group.master();
    std::atomic<bool> is_over = false;
    std::atomic<int> successes = 0;
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread != 3; ++thread)
        threads.emplace_back([&, thread] {
            const std::string key = "traffic:" + std::to_string(thread);
            for (int round = 0; !is_over; ++round) {
                try {
                    set(backend, key, std::to_string(round));
                    const std::string found = get(backend, key);
                    if (found != "(none)" && std::stoi(found) > round) ++wrong; // the last writes may be lost
                    ++successes;
                } catch (const kennel::BackendError&) { // what was under way is reported as failed
                }
            }
        });
    CHECK(test::wait_until([&] { return successes > 50; }));
    group.fail_over();
    const int before = successes;
    CHECK(test::wait_until([&] { return successes > before + 50; }));
    REQUIRE(&group.master() != &former);
    former.command({"CONFIG", "RESETSTAT"});
    const int since = successes;
    CHECK(test::wait_until([&] { return successes > since + 50; }));
    is_over = true;
    threads.clear();
    CHECK(former.calls_of("get") == 0);
    CHECK(former.errors_of("READONLY") == 0);
    CHECK(wrong == 0);
}

TEST_CASE("a master that crashes is an error for a moment, and then its replica is found") {
    test::SentinelGroup group({.replicas = 2, .sentinels = 3});
    const Backend backend = backend_of(group, {{"socket_timeout", 2}});
    set(backend, "key", "before");
    group.await_replication();
    const int former = group.master_port();
    group.server_at(former).process().crash();
    const auto begin = std::chrono::steady_clock::now();
    const std::string message = message_of<kennel::BackendError>([&] {
        for (int round = 0; round != 3; ++round) set(backend, "key", "lost");
    });
    CAPTURE(message);
    CHECK(mentions(message, {place_of(former)}));
    CHECK(std::chrono::steady_clock::now() - begin < 6s);
    CHECK(succeeds_soon([&] { set(backend, "key", "after"); }));
    CHECK(get(backend, "key") == "after");
    REQUIRE(
        test::wait_until([&] { return group.master_port() != former; })); // each sentinel hears of it in its own time
    CHECK(group.master().command({"EXISTS", "key"}) == "1");
}

TEST_CASE("a master that hangs is left for the one that replaces it") {
    test::SentinelGroup group({.replicas = 1, .sentinels = 1});
    const Backend backend = backend_of(group, {{"socket_timeout", 1}});
    set(backend, "key", "before");
    group.await_replication();
    test::RedisServer& former = group.master();
    former.process().suspend();
    CHECK_THROWS_AS(get(backend, "key"), kennel::BackendError); // it is asked until the time has run out
    CHECK(succeeds_soon([&] { set(backend, "key", "after"); }));
    CHECK(get(backend, "key") == "after");
    CHECK(&group.master() != &former);
    former.process().resume();
}

TEST_CASE("a master that has become a replica does not stick") {
    test::SentinelGroup group;
    const Backend backend = backend_of(group, {{"socket_timeout", 2}});
    set(backend, "key", "before");
    test::RedisServer& master = group.server(0);
    // Before the sentinel has seen it: it names a server that says that it is a replica.
    master.command({"REPLICAOF", "127.0.0.1", std::to_string(group.server(1).port())});
    const auto begin = std::chrono::steady_clock::now();
    const std::string message = message_of<kennel::BackendError>([&] { set(backend, "key", "lost"); });
    CAPTURE(message);
    CHECK(mentions(message, {place_of(group.sentinel_ports().at(0)), place_of(master.port()), "replica"}));
    CHECK(std::chrono::steady_clock::now() - begin < 3s);
    master.command({"REPLICAOF", "NO", "ONE"});
    CHECK(succeeds_soon([&] { set(backend, "key", "after"); }));
    CHECK(get(backend, "key") == "after");
}

TEST_CASE("a creation that holds its lock through a failover stores its value with the new master") {
    test::SentinelGroup& group = shared_group();
    const kennel::CacheRegion<> region = region_of(group);
    test::HaltedCreation creation(region, "key", 1);
    group.await_replication();
    group.fail_over();
    CHECK(creation.finish() == 1);
    CHECK(region.statistics().locks_lost == 0);
    CHECK(region.statistics().writes_failed == 0);
    CHECK(region.get<int>("key") == 1);
    CHECK(group.master().command({"EXISTS", "_lockkey"}) == "0");
}

TEST_CASE("a lock that a failover has lost is counted, and its value is returned and not stored") {
    test::SentinelGroup& group = shared_group();
    const kennel::CacheRegion<> region = region_of(group);
    test::HaltedCreation creation(region, "key", 1);
    group.await_replication();
    group.fail_over();
    group.master().command({"DEL", "_lockkey"}); // as if it had not been replicated in time
    CHECK(creation.finish() == 1);
    CHECK(region.statistics().locks_lost == 1);
    CHECK(region.statistics().writes_failed == 0);
    CHECK_FALSE(region.get<int>("key").has_value());
}

TEST_CASE("a lock is renewed at the new master") {
    test::SentinelGroup& group = shared_group();
    const kennel::CacheRegion<> region = region_of(group, {{"lock_timeout", 5}});
    test::HaltedCreation creation(region, "key", 1);
    group.await_replication();
    group.fail_over();
    test::RedisServer& master = group.master();
    const auto renewals = [&] { return master.calls_of("evalsha") + master.calls_of("eval"); };
    const long before = renewals();
    CHECK(test::wait_until([&] { return renewals() > before + 3; })); // longer than one lease
    CHECK(master.command({"EXISTS", "_lockkey"}) == "1");
    CHECK(creation.finish() == 1);
    CHECK(region.statistics().locks_lost == 0);
    CHECK(region.get<int>("key") == 1);
}

TEST_CASE("who waits for a creation through a failover gets its value") {
    test::SentinelGroup& group = shared_group();
    const kennel::CacheRegion<> here = region_of(group);
    const kennel::CacheRegion<> there = region_of(group);
    test::HaltedCreation creation(here, "key", 1);
    std::atomic<bool> is_waiting = false;
    test::RedisServer& former = group.master();
    former.command({"CONFIG", "RESETSTAT"});
    auto waiting = test::on_another_thread([&] { return there.get_or_create("key", [] { return 2; }); });
    CHECK(test::wait_until([&] { return former.calls_of("pttl") != 0; }));
    group.await_replication();
    group.fail_over();
    CHECK(creation.finish() == 1);
    CHECK(waiting.get() == 1);
    CHECK(there.statistics().created == 0);
}

TEST_CASE("who waits after a failover listens to the new master, and nobody listens to the former one") {
    test::SentinelGroup& group = shared_group();
    const kennel::CacheRegion<> here = region_of(group);
    const kennel::CacheRegion<> there = region_of(group, {{"client_name", "the-waiter"}});
    const auto wait_at = [&](test::RedisServer& master, const std::string& key) {
        test::HaltedCreation creation(here, key, 1);
        master.command({"CONFIG", "RESETSTAT"});
        auto waiting = test::on_another_thread([&] { return there.get_or_create(key, [] { return 2; }); });
        CHECK(test::wait_until([&] { return master.calls_of("pttl") != 0; }));
        CHECK(creation.finish() == 1);
        CHECK(waiting.get() == 1);
    };
    const auto is_connected_to = [](test::RedisServer& server) {
        return mentions(server.command({"CLIENT", "LIST"}), {"name=the-waiter"});
    };
    test::RedisServer& former = group.master();
    wait_at(former, "before");
    CHECK(is_connected_to(former));
    group.await_replication();
    group.fail_over();
    REQUIRE(succeeds_soon([&] { there.set("written", 1); }));
    wait_at(group.master(), "after");
    CHECK(is_connected_to(group.master()));
    CHECK(test::wait_until([&] { return !is_connected_to(former); }));
}

TEST_CASE("all is read from the master unless replicas are asked for") {
    GroupWithReplica group;
    const auto reads_of_replica = [&](const kennel::Arguments& arguments) {
        const Backend backend = backend_of(group, arguments);
        set(backend, "key", "value");
        group.await_replication();
        group.replica().command({"CONFIG", "RESETSTAT"});
        for (int round = 0; round != 10; ++round) CHECK(get(backend, "key") == "value");
        const std::string_view key = "key";
        backend->get_multi({&key, 1}, [](std::size_t, const kennel::CachedValue&) {});
        return group.replica().calls_of("get") + group.replica().calls_of("mget");
    };
    CHECK(reads_of_replica({}) == 0);
    CHECK(reads_of_replica({{"read_from_replicas", true}}) == 11);
}

TEST_CASE("who creates looks at the master, however far the replicas are behind") {
    GroupWithReplica group;
    const kennel::CacheRegion<> region = region_of(group, {{"read_from_replicas", true}});
    region.set("key", 1);
    region.set("other", 1);
    group.await_replication();
    group.replica().command({"CONFIG", "SET", "replica-read-only", "no"});
    group.replica().command({"DEL", "key", "other"}); // as if they had not come yet
    CHECK_FALSE(region.get<int>("key").has_value());
    CHECK(region.get_or_create("key", [] { return 2; }) == 1);
    CHECK(region.get_or_create_multi(Strings{"key", "other"}, [](const Strings& missing) {
        return std::vector<int>(missing.size(), 2);
    }) == std::vector<int>{1, 1});
    CHECK(region.statistics().created == 0);
}

TEST_CASE("without a replica that answers, all is read from the master") {
    test::SentinelGroup group({.replicas = 2, .sentinels = 1});
    const Backend backend = backend_of(group, {{"read_from_replicas", true}});
    set(backend, "key", "value");
    group.await_replication();
    CHECK(get(backend, "key") == "value");
    for (const std::size_t replica : {1U, 2U}) {
        group.server(replica).process().crash();
        for (int round = 0; round != 6; ++round) CHECK(get(backend, "key") == "value");
    }
    const Backend late = backend_of(group, {{"read_from_replicas", true}});
    CHECK(get(late, "key") == "value");
}
