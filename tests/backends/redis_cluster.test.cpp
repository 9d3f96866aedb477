// needs: redis
#include "kennel/backends/redis_cluster.hpp"

#include "kennel/kennel.hpp"
#include "kennel/testing/mutex_contract.hpp"
#include "support/backends.hpp"
#include "support/catch.hpp"
#include "support/halted_creation.hpp"
#include "support/messages.hpp"
#include "support/proxied_contract.hpp"
#include "support/redis_cluster.hpp"
#include "support/threads.hpp"
#include "support/wait_until.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
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

using Backend = std::shared_ptr<kennel::RedisClusterBackend>;
using Strings = std::vector<std::string>;

/// The cluster that test cases share which leave it as it was. Each call empties it.
test::RedisCluster& shared_cluster() {
    static std::optional<test::RedisCluster> cluster;
    if (!cluster) cluster.emplace();
    cluster->flush();
    return *cluster;
}

std::string place_of(test::RedisServer& node) { return "127.0.0.1:" + std::to_string(node.port()); }

kennel::Arguments arguments_of(test::RedisCluster& cluster, kennel::Arguments others = {}) {
    others["startup_nodes"] = Strings{place_of(cluster.node(0)), place_of(cluster.node(1))};
    return others;
}

Backend backend_of(test::RedisCluster& cluster, kennel::Arguments others = {}) {
    return new_backend<kennel::RedisClusterBackend>(arguments_of(cluster, std::move(others)));
}

kennel::CacheRegion<> region_of(test::RedisCluster& cluster, kennel::Arguments others = {}) {
    kennel::CacheRegion<> region;
    others.emplace("distributed_lock", true);
    region.configure("redis_cluster", {.expiration_time = 1h, .arguments = arguments_of(cluster, std::move(others))});
    return region;
}

kennel::CachedValue value_of(std::string_view bytes) {
    return {kennel::Payload::borrowed_bytes(bytes), {.created = kennel::SystemClock::shared()->wall_now()}};
}

std::string bytes_of(const std::optional<kennel::CachedValue>& value) {
    return value ? std::string(value->payload.as_bytes()) : "(none)";
}

void set(const Backend& backend, const std::string& key, const std::string& bytes) {
    backend->set(key, value_of(bytes));
}
std::string get(const Backend& backend, const std::string& key) { return bytes_of(backend->get(key)); }

std::vector<std::string_view> views_of(const Strings& keys) { return {keys.begin(), keys.end()}; }

void set_multi(const Backend& backend, const Strings& keys, const std::string& bytes) {
    const kennel::CachedValue value = value_of(bytes);
    std::vector<kennel::BackendEntry> entries;
    for (const std::string& key : keys) entries.push_back({key, &value});
    backend->set_multi(entries);
}

/// How many of the keys have this value.
std::size_t count_multi(const Backend& backend, const Strings& keys, const std::string& bytes) {
    std::vector<int> found(keys.size());
    backend->get_multi(views_of(keys), [&](std::size_t index, const kennel::CachedValue& value) {
        if (value.payload.as_bytes() == bytes) found[index] = 1;
    });
    std::size_t count = 0;
    for (const int each : found) count += each != 0 ? 1U : 0U;
    return count;
}

Strings keys_named(const std::string& begin, int count) {
    Strings keys;
    for (int number = 0; number != count; ++number) keys.push_back(begin + std::to_string(number));
    return keys;
}

/// A slot that goes from its node to the next one, and back at the end.
class Move {
public:
    Move(test::RedisCluster& cluster, const std::string& key)
        : cluster_(cluster), slot_(cluster.slot_of(key)), from_(cluster.owner_of(slot_)), to_((from_ + 1) % 3) {
        await_epochs();
    }
    Move(const Move&) = delete;
    Move& operator=(const Move&) = delete;
    ~Move() {
        if (is_under_way_) finish();
        if (!has_gone_) return;
        await_epochs();
        cluster_.begin_migration(slot_, to_, from_);
        cluster_.finish_migration(slot_, to_, from_);
        await_owner(from_);
    }

    void begin() {
        cluster_.begin_migration(slot_, from_, to_);
        is_under_way_ = true;
    }
    void bring(const std::string& key) { cluster_.migrate_key(key, from_, to_); }
    void finish() {
        cluster_.finish_migration(slot_, from_, to_);
        is_under_way_ = false;
        has_gone_ = true;
        await_owner(to_);
    }

    [[nodiscard]] test::RedisServer& from() { return cluster_.node(from_); }
    [[nodiscard]] test::RedisServer& to() { return cluster_.node(to_); }

private:
    /// What the nodes tell each other may have been sent before the slot went, and then they forget it for a moment.
    void await_owner(std::size_t owner) {
        int times = 0;
        const bool is_settled = test::wait_until([&] {
            times = is_owner(owner) ? times + 1 : 0;
            return times == 3;
        });
        if (!is_settled) WARN("the nodes do not agree on a slot");
    }
    /// Only a slot that goes from node to node in epochs that all know of stays where it is.
    void await_epochs() {
        if (!test::wait_until([this] { return have_epochs(); })) WARN("the nodes do not agree on their epochs");
    }
    [[nodiscard]] bool have_epochs() {
        std::set<std::pair<std::string, std::string>> epochs;
        std::set<std::string> different;
        for (std::size_t node = 0; node != cluster_.size(); ++node) {
            std::istringstream nodes(cluster_.node(node).command({"CLUSTER", "NODES"}));
            for (std::string line; std::getline(nodes, line);) {
                std::istringstream fields(line);
                Strings words{std::istream_iterator<std::string>(fields), {}};
                if (words.size() < 7) continue;
                epochs.emplace(words[0], words[6]);
                different.insert(words[6]);
            }
        }
        return epochs.size() == cluster_.size() && different.size() == cluster_.size();
    }
    [[nodiscard]] bool is_owner(std::size_t owner) {
        const std::string port = std::to_string(cluster_.node(owner).port());
        for (std::size_t node = 0; node != cluster_.size(); ++node)
            for (const test::RespReply& range : cluster_.node(node).reply({"CLUSTER", "SLOTS"}).elements)
                if (std::stoi(range.elements.at(0).text) <= slot_ && slot_ <= std::stoi(range.elements.at(1).text) &&
                    range.elements.at(2).elements.at(1).text != port)
                    return false;
        return true;
    }

    test::RedisCluster& cluster_;
    int slot_;
    std::size_t from_;
    std::size_t to_;
    bool is_under_way_ = false;
    bool has_gone_ = false;
};

} // namespace

TEST_CASE("the backend on a Redis Cluster keeps the contract of backends", "[backend_contract]") {
    test::RedisCluster& cluster = shared_cluster();
    SECTION("without locks") {
        run_contract(kennel::backend_contract([&] { return backend_of(cluster); }));
    }
    SECTION("with locks in the cluster") {
        run_behind_proxies(kennel::backend_contract, [&] { return backend_of(cluster, {{"distributed_lock", true}}); });
    }
}

TEST_CASE("the locks in a Redis Cluster keep the contract of mutexes", "[mutex_contract]") {
    const Backend backend = backend_of(shared_cluster(), {{"distributed_lock", true}});
    run_contract(kennel::mutex_contract([&](std::string_view key) { return backend->get_mutex(key); }));
}

TEST_CASE("a Redis Cluster is known under dogpile's names and Valkey's") {
    test::RedisCluster& cluster = shared_cluster();
    for (const char* const name : {"dogpile.cache.redis_cluster", "dogpile.cache.valkey_cluster"}) {
        kennel::CacheRegion<> region;
        region.configure(
            name, {.expiration_time = 1h, .arguments = arguments_of(cluster, {{"valkey_expiration_time", 100}})});
        region.set(name, std::string("value"));
        CHECK(region.get<std::string>(name) == "value");
        const int seconds = std::stoi(cluster.command({"TTL", name}));
        CHECK((seconds > 90 && seconds <= 100));
    }
}

TEST_CASE("a Redis Cluster is found by any of its nodes") {
    test::RedisCluster& cluster = shared_cluster();
    const auto finds = [&](kennel::Arguments arguments) {
        const auto backend = new_backend<kennel::RedisClusterBackend>(arguments);
        set(backend, "key", "value");
        return get(backend, "key") == "value";
    };
    CHECK(finds({{"url", cluster.node(2).url()}}));
    CHECK(finds({{"startup_nodes", Strings{"127.0.0.1:1", place_of(cluster.node(1))}}}));
    CHECK(finds({{"startup_nodes", "127.0.0.1:1, " + place_of(cluster.node(1))}}));
    CHECK(finds({{"host", "127.0.0.1"}, {"port", cluster.node(1).port()}}));
    CHECK(finds({{"url", cluster.node(0).url()}, {"startup_nodes", Strings{"127.0.0.1:1"}}}));
}

TEST_CASE("the arguments of a Redis Cluster are checked") {
    const auto complaint = [](kennel::Arguments arguments) {
        return message_of<kennel::ValidationError>(
            [&] { static_cast<void>(new_backend<kennel::RedisClusterBackend>(arguments)); });
    };
    CHECK(mentions(complaint({}), {"redis_cluster", "startup_nodes", "url"}));
    CHECK(mentions(complaint({{"startup_nodes", Strings{}}}), {"startup_nodes", "host:port"}));
    CHECK(mentions(complaint({{"startup_nodes", "host:nothing"}}), {"startup_nodes", "host:nothing"}));
    CHECK(mentions(complaint({{"startup_nodes", "host:1"}, {"db", 1}}), {"db", "0"}));
    CHECK(mentions(complaint({{"url", "redis://host:1/3"}}), {"db", "0"}));
    CHECK(mentions(complaint({{"url", "unix:///run/redis.sock"}}), {"url", "Unix socket"}));
    CHECK(mentions(complaint({{"startup_nodes", "host:1"}, {"unix_socket_path", "/run/redis.sock"}}),
                   {"unix_socket_path", "Unix socket"}));
    CHECK(mentions(complaint({{"startup_nodes", "host:1"}, {"startup_node", "host:1"}}), {"unknown", "startup_node"}));
    CHECK(mentions(complaint({{"startup_nodes", "host:1"}, {"connection_kwargs", "x"}}), {"connection_kwargs"}));
}

TEST_CASE("who finds no cluster is told what each node has answered") {
    test::RedisServer& single = test::redis_server();
    const auto backend = new_backend<kennel::RedisClusterBackend>(
        {{"startup_nodes", Strings{"127.0.0.1:1", place_of(single)}}});
    const std::string message = message_of<kennel::BackendError>([&] { static_cast<void>(backend->get("key")); });
    CAPTURE(message);
    CHECK(mentions(message, {"127.0.0.1:1", "refused", place_of(single), "cluster support disabled", "use \"redis\""}));
    CHECK(
        mentions(message_of<kennel::BackendError>([&] { static_cast<void>(backend->get("key")); }), {"next attempt"}));
}

TEST_CASE("the slots that are computed are those of the servers") {
    test::RedisCluster& cluster = shared_cluster();
    test::RespClient client = cluster.node(0).new_client();
    for (int number = 0; number != 200; ++number) {
        std::string key;
        for (int position = 0; position != number % 40; ++position)
            key += static_cast<char>((number * 31 + position * position * 7) % 256);
        if (number % 3 == 0) key = "a{" + key + "}b";
        CAPTURE(number);
        CHECK(client.call({"CLUSTER", "KEYSLOT", key}).text == std::to_string(kennel::detail::cluster_slot(key)));
    }
}

TEST_CASE("keys of all slots are stored, read and erased together, and each node is sent its own", "[defect-D18]") {
    test::RedisCluster& cluster = shared_cluster();
    const Backend backend = backend_of(cluster);
    const Strings keys = keys_named("all:", 5000);
    set_multi(backend, keys, "value");
    long stored = 0;
    for (std::size_t node = 0; node != cluster.size(); ++node) {
        const long count = std::stol(cluster.node(node).command({"DBSIZE"}));
        CHECK(count > 1000);
        stored += count;
    }
    CHECK(stored == 5000);
    CHECK(count_multi(backend, keys, "value") == 5000);
    backend->erase_multi(views_of(keys));
    CHECK(count_multi(backend, keys, "value") == 0);
    for (std::size_t node = 0; node != cluster.size(); ++node) {
        CHECK(cluster.node(node).command({"DBSIZE"}) == "0");
        CHECK(cluster.node(node).errors_of("MOVED") == 0);
    }
}

TEST_CASE("a slot that has moved is found") {
    test::RedisCluster& cluster = shared_cluster();
    const Backend backend = backend_of(cluster);
    set(backend, "moved", "before");
    Move move(cluster, "moved");
    move.begin();
    move.finish();
    move.from().command({"CONFIG", "RESETSTAT"});
    SECTION("by who reads") { CHECK(get(backend, "moved") == "before"); }
    SECTION("by who stores") {
        set(backend, "moved", "after");
        CHECK(get(backend, "moved") == "after");
    }
    SECTION("by who erases") {
        backend->erase("moved");
        CHECK(get(backend, "moved") == "(none)");
    }
    SECTION("by who reads many") {
        Strings keys = keys_named("others:", 100);
        set_multi(backend, keys, "before"); // all at home
        keys.emplace_back("moved");
        CHECK(count_multi(backend, keys, "before") == 101);
    }
    SECTION("by who stores and erases many") {
        Strings keys = keys_named("others:", 100);
        keys.emplace_back("moved");
        set_multi(backend, keys, "after");
        CHECK(count_multi(backend, keys, "after") == 101);
        backend->erase_multi(views_of(keys));
        CHECK(count_multi(backend, keys, "after") == 0);
    }
    const long redirections = move.from().errors_of("MOVED");
    CHECK((redirections == 1 || redirections == 2)); // in a group, and then alone
    for (int round = 0; round != 10; ++round) set(backend, "moved", "known");
    CHECK(move.from().errors_of("MOVED") == redirections);
}

TEST_CASE("a slot on its way is followed key by key", "[fault-11]") {
    test::RedisCluster& cluster = shared_cluster();
    const Backend backend = backend_of(cluster);
    Strings keys = keys_named("{way}", 20);
    set_multi(backend, keys, "before");
    Move move(cluster, "{way}");
    move.begin();
    for (int number = 0; number != 10; ++number) move.bring(keys[static_cast<std::size_t>(number)]);
    SECTION("for keys that have gone and keys that have not") {
        CHECK(get(backend, keys[0]) == "before");
        CHECK(get(backend, keys[19]) == "before");
        set(backend, keys[0], "after");
        CHECK(get(backend, keys[0]) == "after");
    }
    SECTION("for keys that are new") {
        set(backend, "{way}new", "new");
        CHECK(get(backend, "{way}new") == "new");
        CHECK(get(backend, "{way}none") == "(none)");
    }
    SECTION("for many keys at once") {
        for (const std::string& other : keys_named("stays:", 100)) keys.push_back(other);
        CHECK(count_multi(backend, keys, "before") == 20);
        set_multi(backend, keys, "after");
        CHECK(count_multi(backend, keys, "after") == 120);
        backend->erase_multi(views_of(keys));
        CHECK(count_multi(backend, keys, "after") == 0);
    }
    move.finish();
    CHECK(get(backend, "{way}none") == "(none)");
}

TEST_CASE("a value is created under the lock of a key whose slot is on its way", "[fault-11]") {
    test::RedisCluster& cluster = shared_cluster();
    const kennel::CacheRegion<> region = region_of(cluster);
    REQUIRE(region.get_or_create("{x}warm", [] { return 0; }) == 0);
    Move move(cluster, "{lock}key");
    move.begin();
    CHECK(region.get_or_create("{lock}key", [] { return 1; }) == 1);
    CHECK(region.get<int>("{lock}key") == 1);
    region.set("{lock}key", 2);
    CHECK(region.get<int>("{lock}key") == 2);
    CHECK(region.statistics().writes_failed == 0);
    CHECK(region.statistics().locks_failed == 0);
    CHECK(region.statistics().locks_lost == 0);
    move.finish();
    CHECK(region.get<int>("{lock}key") == 2);
    CHECK(cluster.command({"EXISTS", "_lock{lock}key"}) == "0");
}

TEST_CASE("a call that expects a miss waits for a lock that is apart from its entry") {
    test::RedisCluster& cluster = shared_cluster();
    const kennel::CacheRegion<> region = region_of(cluster);
    const kennel::CacheRegion<> other = region_of(cluster);
    test::HaltedCreation creation(other, "apart", 1);
    CHECK(region.get_or_create("{tag}together", [] { return 0; }) == 0);
    const auto looks_at_locks = [&] {
        long count = 0;
        for (std::size_t node = 0; node != 3; ++node) count += cluster.node(node).calls_of("pttl");
        return count;
    };
    const long before = looks_at_locks();
    auto waiting = test::on_another_thread([&] { return region.get_or_create("apart", [] { return 2; }); });
    REQUIRE(test::wait_until([&] { return looks_at_locks() != before; }));
    CHECK(creation.finish() == 1);
    CHECK(waiting.get() == 1);
    CHECK(region.statistics().locks_failed == 0);
}

TEST_CASE("traffic goes on without an error while a slot moves to and fro") {
    test::RedisCluster& cluster = shared_cluster();
    const Backend backend = backend_of(cluster);
    std::atomic<bool> is_over = false;
    std::atomic<int> failures = 0;
    std::atomic<int> wrong = 0;
    std::atomic<int> rounds = 0;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread != 3; ++thread)
        threads.emplace_back([&, thread] {
            Strings keys = keys_named("{traffic}" + std::to_string(thread) + ":", 5);
            for (const std::string& other : keys_named("others:" + std::to_string(thread) + ":", 20))
                keys.push_back(other);
            for (int round = 0; !is_over; ++round) {
                const std::string bytes = std::to_string(round);
                try {
                    set_multi(backend, keys, bytes);
                    set(backend, keys[0], bytes);
                    if (count_multi(backend, keys, bytes) != keys.size() || get(backend, keys[1]) != bytes) ++wrong;
                } catch (const std::exception& error) {
                    UNSCOPED_INFO(error.what());
                    ++failures;
                }
                ++rounds;
            }
        });
    for (int move = 0; move != 5; ++move) {
        const int before = rounds;
        Move there_and_back(cluster, "{traffic}");
        there_and_back.begin();
        CHECK(test::wait_until([&] { return rounds > before + 3; }));
        there_and_back.finish();
    }
    is_over = true;
    threads.clear();
    CHECK(failures == 0);
    CHECK(wrong == 0);
}

TEST_CASE("however many slots have moved, the layout is asked for now and then, by one at a time") {
    test::RedisCluster& cluster = shared_cluster();
    const auto settings = std::make_shared<kennel::detail::RedisSettings>();
    kennel::detail::ClusterTopology topology(
        settings, {{.host = "127.0.0.1", .port = static_cast<std::uint16_t>(cluster.node(0).port())}});
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    const auto purpose = kennel::detail::RedisPurpose::read;
    const auto begin = std::chrono::steady_clock::now();
    const std::string other = place_of(cluster.node(2));
    test::run_together(4, [&](std::size_t) {
        for (int slot = 0; slot != 500; ++slot) {
            kennel::detail::RedisRoute route = topology.route("key", purpose, deadline);
            const std::string answer = "MOVED " + std::to_string(slot) + ' ' + other;
            static_cast<void>(topology.reroute(route, "key", purpose, {answer, answer}, deadline));
        }
    });
    const auto tenths = (std::chrono::steady_clock::now() - begin) / 100ms;
    CHECK(topology.refreshes() <= static_cast<std::size_t>(tenths) + 2);
}

TEST_CASE("nodes that do not name their hosts are found where they were asked") {
    test::RedisCluster cluster({"--cluster-preferred-endpoint-type", "unknown-endpoint"});
    const Backend backend = backend_of(cluster);
    const Strings keys = keys_named("key:", 100);
    set_multi(backend, keys, "value");
    Move move(cluster, keys[0]);
    move.begin();
    move.finish();
    CHECK(get(backend, keys[0]) == "value");
    CHECK(count_multi(backend, keys, "value") == 100);
}

TEST_CASE("a node that is lost costs its own keys alone, and serves them again when it is back") {
    test::RedisCluster cluster({"--cluster-require-full-coverage", "no"});
    const Backend backend = backend_of(cluster, {{"socket_timeout", 2}});
    const Strings keys = keys_named("key:", 60);
    set_multi(backend, keys, "before");
    std::string lost;
    std::string kept;
    for (const std::string& key : keys) (cluster.owner_of(cluster.slot_of(key)) == 1 ? lost : kept) = key;
    cluster.node(1).process().crash();

    const auto begin = std::chrono::steady_clock::now();
    const std::string message = message_of<kennel::BackendError>([&] {
        for (int round = 0; round != 3; ++round) static_cast<void>(backend->get(lost));
    });
    CAPTURE(message);
    CHECK(mentions(message, {place_of(cluster.node(1))}));
    CHECK(get(backend, kept) == "before");
    std::size_t found = 0;
    CHECK_THROWS_AS(backend->get_multi(views_of(keys), [&](std::size_t, const kennel::CachedValue&) { ++found; }),
                    kennel::BackendError);
    CHECK(found > 30);
    CHECK(std::chrono::steady_clock::now() - begin < 20s);

    cluster.node(1).process().start();
    cluster.await_agreement();
    CHECK(test::wait_until([&] {
        try {
            set(backend, lost, "after");
            return get(backend, lost) == "after";
        } catch (const kennel::BackendError&) {
            return false;
        }
    }));
}

TEST_CASE("all nodes are asked for many keys at once, so that a silent one costs its own keys alone") {
    test::RedisCluster cluster({"--cluster-require-full-coverage", "no"});
    const Backend backend = backend_of(cluster, {{"socket_timeout", 1}});
    const Strings keys = keys_named("key:", 60);
    for (const std::size_t silent : {std::size_t{0}, std::size_t{1}}) {
        std::map<std::string, std::size_t> places;
        for (const std::string& key : keys)
            if (const std::size_t place = cluster.owner_of(cluster.slot_of(key)); place != silent) places[key] = place;
        const auto complaint = [&](const auto& action) { return message_of<kennel::BackendError>(action); };
        const std::string name = place_of(cluster.node(silent));
        REQUIRE(test::wait_until([&] { return complaint([&] { set_multi(backend, keys, "old"); }).empty(); }));

        cluster.node(silent).process().suspend();
        CHECK(mentions(complaint([&] { set_multi(backend, keys, "new"); }), {name}));
        std::set<std::string> found;
        CHECK(mentions(complaint([&] {
                           backend->get_multi(views_of(keys), [&](std::size_t index, const kennel::CachedValue& value) {
                               if (value.payload.as_bytes() == "new") found.insert(keys[index]);
                           });
                       }),
                       {name}));
        CHECK(found.size() == places.size());
        CHECK(mentions(complaint([&] { backend->erase_multi(views_of(keys)); }), {name}));
        for (const auto& [key, place] : places) CHECK(cluster.node(place).command({"EXISTS", key}) == "0");
        cluster.node(silent).process().resume();
    }
}

TEST_CASE("threads that have one connection to each node between them read from all nodes at the same time") {
    test::RedisCluster& cluster = shared_cluster();
    const Backend backend = backend_of(cluster, {{"max_connections", 1}, {"socket_timeout", 60}});
    const Strings keys = keys_named("key:", 60);
    set_multi(backend, keys, "value");
    std::atomic<int> incomplete = 0;
    test::run_together(8, [&](std::size_t) {
        for (int round = 0; round != 50; ++round)
            if (count_multi(backend, keys, "value") != 60) ++incomplete;
    });
    CHECK(incomplete == 0);
}

TEST_CASE("who waits for a silent node keeps no connection to the others") {
    test::RedisCluster cluster({"--cluster-require-full-coverage", "no"});
    const Backend backend = backend_of(cluster, {{"max_connections", 1}, {"socket_timeout", 60}});
    const Strings keys = keys_named("key:", 60);
    set_multi(backend, keys, "value");
    const auto elsewhere = std::find_if(
        keys.begin(), keys.end(), [&](const std::string& key) { return cluster.owner_of(cluster.slot_of(key)) != 0; });
    REQUIRE(elsewhere != keys.end());
    cluster.node(0).process().suspend();
    auto reading = test::on_another_thread([&] { return count_multi(backend, keys, "value"); });
    for (std::size_t node : {std::size_t{1}, std::size_t{2}})
        CHECK(test::wait_until([&] { return cluster.node(node).calls_of("get") != 0; }));
    CHECK(get(backend, *elsewhere) == "value");
    CHECK(reading.wait_for(0s) == std::future_status::timeout);
    cluster.node(0).process().resume();
    CHECK(reading.get() == 60);
}

TEST_CASE("a key that has moved to a node which the same call asks needs no second connection to it") {
    test::RedisCluster& cluster = shared_cluster();
    const Backend backend = backend_of(cluster, {{"max_connections", 1}, {"socket_timeout", 5}});
    Move move(cluster, "traveller");
    Strings keys{"traveller"};
    for (const std::string& key : keys_named("key:", 60))
        if (&cluster.node_of(key) == &move.to()) keys.push_back(key);
    set_multi(backend, keys, "value");
    move.begin();
    move.finish();
    CHECK(count_multi(backend, keys, "value") == keys.size());
}

TEST_CASE("what the nodes answer for good is not asked for again") {
    test::RedisCluster& cluster = shared_cluster();
    const Backend backend = backend_of(cluster);
    const Strings keys = keys_named("key:", 60);
    set_multi(backend, keys, "old");
    for (std::size_t node = 0; node != cluster.size(); ++node) {
        CHECK(cluster.node(node).command({"ACL", "SETUSER", "default", "resetkeys", "~key:?"}) == "OK");
        CHECK(cluster.node(node).command({"CONFIG", "RESETSTAT"}) == "OK");
    }
    std::vector<int> shown(keys.size());
    CHECK_THROWS_AS(
        backend->get_multi(views_of(keys), [&](std::size_t index, const kennel::CachedValue&) { ++shown[index]; }),
        kennel::RedisServerError);
    CHECK_THROWS_AS(set_multi(backend, keys, "new"), kennel::RedisServerError);
    long refusals = 0;
    for (std::size_t node = 0; node != cluster.size(); ++node) refusals += cluster.node(node).errors_of("NOPERM");
    CHECK(refusals == 2 * 50);
    CHECK(std::count(shown.begin(), shown.end(), 1) == 10);
    CHECK(std::count(shown.begin(), shown.end(), 0) == 50);
    for (std::size_t node = 0; node != cluster.size(); ++node)
        CHECK(cluster.node(node).command({"ACL", "SETUSER", "default", "allkeys"}) == "OK");
}

TEST_CASE("what a reader throws reaches its caller, and no entry is shown again for it") {
    test::RedisCluster& cluster = shared_cluster();
    const Backend backend = backend_of(cluster, {{"max_connections", 1}});
    const Strings keys = keys_named("key:", 60);
    set_multi(backend, keys, "value");
    std::vector<int> shown(keys.size());
    const auto read = [&] {
        backend->get_multi(views_of(keys), [&](std::size_t index, const kennel::CachedValue&) {
            ++shown[index];
            if (index == 30) throw kennel::BackendError("by the reader");
        });
    };
    CHECK(mentions(message_of<kennel::BackendError>(read), {"by the reader"}));
    CHECK(shown[30] == 1);
    CHECK(*std::max_element(shown.begin(), shown.end()) == 1);
    CHECK(count_multi(backend, keys, "value") == 60); // no reply is left on a connection
}

TEST_CASE("a cluster that is down is asked again for a moment, and then it is an error") {
    test::RedisCluster cluster;
    const Backend backend = backend_of(cluster);
    set(backend, "key", "value");
    const int slot = cluster.slot_of("key");
    const std::size_t owner = cluster.owner_of(slot);
    test::RedisServer& node = cluster.node(owner);
    const auto lose = [&] { node.command({"CLUSTER", "DELSLOTS", std::to_string(slot)}); };
    const auto serve = [&] { node.command({"CLUSTER", "ADDSLOTS", std::to_string(slot)}); };

    lose();
    const auto begin = std::chrono::steady_clock::now();
    CHECK(mentions(message_of<kennel::RedisServerError>([&] { static_cast<void>(backend->get("key")); }),
                   {"CLUSTERDOWN"}));
    CHECK_THROWS_AS(set_multi(backend, {"key", "other"}, "x"), kennel::RedisServerError);
    CHECK(std::chrono::steady_clock::now() - begin < 20s);

    // Only who has been refused once waits, so the slot is served again after the first refusal.
    node.command({"CONFIG", "RESETSTAT"});
    auto reading = test::on_another_thread([&] { return get(backend, "key"); });
    CHECK(test::wait_until([&] { return node.errors_of("CLUSTERDOWN") != 0; }));
    serve();
    std::string found;
    try {
        found = reading.get();
    } catch (const kennel::BackendError&) { // the cluster's own recovery may take longer
        found = "late";
    }
    CHECK((found == "value" || found == "late"));
    CHECK(test::wait_until([&] {
        try {
            return get(backend, "key") == "value";
        } catch (const kennel::BackendError&) {
            return false;
        }
    }));
}

TEST_CASE("a replica that takes over is found") {
    test::RedisCluster cluster;
    const Backend backend = backend_of(cluster);
    const Strings keys = keys_named("key:", 60);
    set_multi(backend, keys, "before");
    test::RedisServer replica({"--cluster-enabled", "yes", "--cluster-node-timeout", "3000",
                               "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0"});
    replica.command({"CLUSTER", "MEET", "127.0.0.1", std::to_string(cluster.node(0).port())});
    const std::string master = cluster.node(1).command({"CLUSTER", "MYID"});
    REQUIRE(test::wait_until([&] { return replica.command({"CLUSTER", "REPLICATE", master}) == "OK"; }));
    REQUIRE(test::wait_until(
        [&] { return replica.command({"INFO", "replication"}).find("master_link_status:up") != std::string::npos; }));
    const auto is_master = [&] { return replica.command({"ROLE"}).starts_with("master"); };
    const auto all_answer = [&] {
        try {
            set_multi(backend, keys, "after");
            return count_multi(backend, keys, "after") == keys.size();
        } catch (const kennel::BackendError&) {
            return false;
        }
    };
    SECTION("in good order") {
        REQUIRE(test::wait_until([&] { return replica.command({"CLUSTER", "FAILOVER"}) == "OK"; }));
        REQUIRE(test::wait_until(is_master));
        CHECK(test::wait_until(all_answer));
    }
    SECTION("after a crash") {
        cluster.node(1).process().crash();
        REQUIRE(test::wait_until(is_master));
        CHECK(test::wait_until(all_answer));
    }
    CHECK(std::stol(replica.command({"DBSIZE"})) > 5);
}

TEST_CASE("locks exclude each other where lock and entry are on different nodes, and where they are not") {
    test::RedisCluster& cluster = shared_cluster();
    const kennel::CacheRegion<> here = region_of(cluster);
    const kennel::CacheRegion<> there = region_of(cluster);
    for (const char* const key : {"apart", "{together}"}) {
        CAPTURE(key);
        here.reset_statistics();
        there.reset_statistics();
        test::HaltedCreation creation(here, key, 1);
        CHECK(cluster.command({"EXISTS", "_lock" + std::string(key)}) == "1");
        CHECK(std::stol(cluster.command({"PTTL", "_lock" + std::string(key)})) > 0);
        auto waiting = test::on_another_thread([&] { return there.get_or_create(key, [] { return 2; }); });
        CHECK(test::wait_until([&] { return there.statistics().misses == 0 && there.key_is_locked(key); }));
        CHECK(creation.finish() == 1);
        CHECK(waiting.get() == 1);
        CHECK(there.statistics().created == 0);
        CHECK(cluster.command({"EXISTS", "_lock" + std::string(key)}) == "0");
    }
}

TEST_CASE("many regions create a value of a cluster once") {
    test::RedisCluster& cluster = shared_cluster();
    std::vector<kennel::CacheRegion<>> regions;
    for (int count = 0; count != 4; ++count) regions.push_back(region_of(cluster));
    for (int round = 0; round != 20; ++round) {
        const std::string key = "storm:" + std::to_string(round);
        std::atomic<int> created = 0;
        std::atomic<int> wrong = 0;
        test::run_together(regions.size(), [&](std::size_t index) {
            if (regions[index].get_or_create(key, [&] { return ++created; }) != 1) ++wrong;
        });
        CHECK(created == 1);
        CHECK(wrong == 0);
    }
}

TEST_CASE("what is created under a lock that was lost is not stored in a cluster") {
    test::RedisCluster& cluster = shared_cluster();
    const kennel::CacheRegion<> region = region_of(cluster);
    for (const char* const key : {"apart", "{together}"}) {
        CAPTURE(key);
        region.reset_statistics();
        test::HaltedCreation creation(region, key, 1);
        cluster.command({"DEL", "_lock" + std::string(key)});
        CHECK(creation.finish() == 1);
        CHECK(region.statistics().locks_lost == 1);
        CHECK(region.statistics().writes_failed == 0);
        CHECK_FALSE(region.get<int>(key).has_value());
    }
}

TEST_CASE("who stores or erases a key of a cluster overtakes its creation elsewhere") {
    test::RedisCluster& cluster = shared_cluster();
    const kennel::CacheRegion<> region = region_of(cluster);
    const kennel::CacheRegion<> other = region_of(cluster);
    for (const char* const key : {"apart", "{together}"}) {
        CAPTURE(key);
        {
            test::HaltedCreation creation(region, key, 1);
            other.erase(key);
            CHECK(creation.finish() == 1);
            CHECK_FALSE(other.get<int>(key).has_value());
        }
        {
            test::HaltedCreation creation(region, key, 1);
            other.set(key, 3);
            CHECK(creation.finish() == 1);
            CHECK(other.get<int>(key) == 3);
        }
        other.erase(key);
    }
    CHECK(region.statistics().locks_lost == 4);
    CHECK(region.statistics().writes_failed == 0);
}

TEST_CASE("many keys of a cluster are created together under their locks", "[defect-D18]") {
    test::RedisCluster& cluster = shared_cluster();
    const kennel::CacheRegion<> here = region_of(cluster);
    const kennel::CacheRegion<> there = region_of(cluster);
    const Strings keys = keys_named("many:", 30);
    test::HaltedCreations creations(here, keys, 1);
    CHECK(cluster.command({"EXISTS", "_lock" + keys[7]}) == "1");
    auto waiting = test::on_another_thread([&] { return there.get_or_create(keys[7], [] { return 2; }); });
    CHECK(creations.finish() == std::vector<int>(30, 1));
    CHECK(waiting.get() == 1);
    CHECK(here.statistics().locks_lost == 0);
    CHECK(here.statistics().writes_failed == 0);
    for (const std::string& key : keys) CHECK(cluster.command({"EXISTS", "_lock" + key}) == "0");
}

TEST_CASE("a lock that moves while its creation runs is kept, and given back") {
    test::RedisCluster& cluster = shared_cluster();
    const kennel::CacheRegion<> region = region_of(cluster, {{"lock_timeout", 1.5}}); // renewed every 500 ms
    test::HaltedCreation creation(region, "traveller", 1);
    {
        Move move(cluster, "_locktraveller");
        move.begin();
        move.finish();
        const auto renewals = [&] { return move.to().calls_of("evalsha") + move.to().calls_of("eval"); };
        const long before = renewals();
        CHECK(test::wait_until([&] { return renewals() > before + 1; }));
        CHECK(cluster.command({"EXISTS", "_locktraveller"}) == "1");
    }
    CHECK(creation.finish() == 1);
    CHECK(region.statistics().locks_lost == 0);
    CHECK(region.get<int>("traveller") == 1);
    CHECK(cluster.command({"EXISTS", "_locktraveller"}) == "0");
}
