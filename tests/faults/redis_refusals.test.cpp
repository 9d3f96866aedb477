// needs: redis
// Servers that are absent, refuse, or are in no state to answer.

#include "kennel/backends/redis.hpp"

#include "support/fault_proxy.hpp"
#include "support/halted_creation.hpp"
#include "support/messages.hpp"
#include "support/redis_backend.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::BackendError;
using kennel::RedisServerError;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using test::HaltedCreation;
using test::RedisServer;
using test::wait_until;
using test::redis::entry;
using test::redis::envelope;
using test::redis::KnownEntries;
using test::redis::locking;
using test::redis::new_backend;
using test::redis::new_region;
using test::redis::text_of;

std::string local_url(int port) { return "redis://127.0.0.1:" + std::to_string(port); }

/// What a backend says that cannot read.
std::string complaint_of(kennel::CacheBackend& backend) {
    return message_of<BackendError>([&] { (void)backend.get("key"); });
}

bool exists(RedisServer& server, const std::string& key) { return server.command({"EXISTS", key}) == "1"; }

/// The number behind a name in what the server tells of itself.
long info(RedisServer& server, const std::string& section, const std::string& name) {
    const std::string text = server.command({"INFO", section});
    return std::stol(text.substr(text.find(name + ':') + name.size() + 1));
}

/// What a region does without its server: it misses, creates, and tells who writes.
void check_that_region_copes(const kennel::CacheRegion<>& region) {
    CHECK_FALSE(region.get<int>("key").has_value());
    CHECK(region.get_or_create("key", [] { return 1; }) == 1);
    CHECK_THROWS_AS(region.set("key", 2), BackendError);
    CHECK_THROWS_AS(region.erase("key"), BackendError);
    const std::vector<std::string> keys = {"key", "other"};
    CHECK(region.get_or_create_multi(keys, [](const std::vector<std::string>& missing) {
        return std::vector<int>(missing.size(), 3);
    }) == std::vector<int>{3, 3});
    CHECK(region.statistics().reads_failed >= 2);
    CHECK(region.statistics().created == 2);
}

} // namespace

TEST_CASE("a server that is not there is told from the first use on, and found when it comes up", "[redis][fault-2]") {
    RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    proxy.refuse_connections();
    const auto region = new_region(server.url_through(proxy.port()), locking()); // needs no server
    check_that_region_copes(region);
    const std::string first = message_of<BackendError>([&] { region.set("key", 1); });
    CHECK(mentions(first, {"cannot connect to 127.0.0.1:" + std::to_string(proxy.port()), "Connection refused"}));
    proxy.accept_connections();
    CHECK(wait_until([&] {
        try {
            region.set("key", 1);
            return true;
        } catch (const BackendError&) {
            return false;
        }
    }));
    CHECK(region.get<int>("key") == 1);
}

TEST_CASE("a server that could not be reached costs its callers nothing for a while", "[redis][fault-2]") {
    RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto backend = new_backend(server.url_through(proxy.port()));
    proxy.replace_replies("nonsense\r\n");
    const auto took = test::redis::time_of([&] {
        for (int count = 0; count != 1000; ++count) CHECK_THROWS_AS(backend->get("key"), BackendError);
    });
    CHECK(took < 2s);
    CHECK(proxy.connections() <= 12);
    CHECK(mentions(complaint_of(*backend), {"next attempt", " ms"}));
}

TEST_CASE("the error tells which server cannot be found", "[redis][fault-2]") {
    CHECK(mentions(complaint_of(*new_backend("redis://no-such-host.invalid:1234")),
                   {"cannot find the host", "no-such-host.invalid:1234"}));
    CHECK(mentions(complaint_of(*new_backend("unix:///no/such/socket")), {"/no/such/socket", "No such file"}));
    const std::string long_path = '/' + std::string(200, 'x');
    CHECK(mentions(complaint_of(*new_backend("unix://" + long_path)), {long_path, "longer than 107 bytes"}));
    CHECK(mentions(complaint_of(*new_backend("redis://[::1]:1")), {"[::1]:1"}));
}

TEST_CASE("callers that wait for a connection are told at once when the server has gone", "[redis][fault-2]") {
    RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto backend = new_backend(server.url_through(proxy.port()),
                                     {{"max_connections", 1}, {"socket_timeout", 20s}});
    REQUIRE_FALSE(backend->get("key").has_value());
    proxy.hold();
    const std::size_t requests = proxy.requests().size();
    auto refused = test::on_another_thread([&] {
        std::atomic<int> count = 0;
        test::run_together(8, [&](std::size_t) {
            if (!complaint_of(*backend).empty()) ++count;
        });
        return count.load();
    });
    REQUIRE(proxy.await_requests(requests + 1));
    const auto took = test::redis::time_of([&] {
        proxy.refuse_connections();
        CHECK(refused.get() == 8);
    });
    CHECK(took < 5s);
}

TEST_CASE("a key of another type is a miss, and the next store replaces it", "[redis][fault-8]") {
    RedisServer& server = test::redis_server();
    const auto backend = new_backend(server.url());
    backend->set("good", entry("text"));
    using Command = std::vector<std::string>;
    const auto command = GENERATE(Command{"RPUSH", "key", "element"}, Command{"HSET", "key", "field", "value"},
                                  Command{"SADD", "key", "member"}, Command{"ZADD", "key", "1", "member"},
                                  Command{"XADD", "key", "*", "field", "value"});
    INFO(command.front());
    server.command(command);
    CHECK_FALSE(backend->get("key").has_value());
    CHECK(test::redis::texts_of(*backend, {"good", "key", "absent"}) ==
          std::vector<std::optional<std::string>>{"text", {}, {}});
    SECTION("alone") { backend->set("key", entry("new")); }
    SECTION("with others") {
        const kennel::CachedValue value = entry("new");
        const std::vector<kennel::BackendEntry> entries = {{"more", &value}, {"key", &value}};
        backend->set_multi(entries);
    }
    SECTION("by a creation") {
        const auto region = new_region(server.url(), locking());
        CHECK(region.get_or_create("key", [] { return std::string("new"); }) == "new");
        CHECK(region.get<std::string>("key") == "new");
    }
    CHECK(server.command({"TYPE", "key"}) == "string");
    CHECK(KnownEntries(server).wrong_reads(*backend, 100) == 0);
}

TEST_CASE("an entry that is damaged, foreign or of the future is a miss, and replaced by the next store",
          "[redis][fault-7][fault-8][defect-D7]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking());
    region.set("key", std::string("value"));
    const std::string good = server.command({"GET", "key"});
    const std::string head = good.substr(0, good.find('|') + 1);
    std::vector<std::string> bad = {"",
                                    "|",
                                    "x",
                                    "not an entry",
                                    std::string("\0\0\0|", 4),
                                    "{}|\"value\"",
                                    R"({"ct": 1e999, "v": 2}|"value")",
                                    R"({"ct": "1", "v": 2}|"value")",
                                    R"({"ct": 1795243567.5, "v": 3}|"value")",
                                    head,
                                    head + "\"val",
                                    head + "[1]"};
    for (std::size_t size = 0; size <= head.size(); ++size) bad.push_back(good.substr(0, size));
    for (const std::string& bytes : bad) {
        INFO("the entry is " << bytes);
        server.command({"SET", "key", bytes});
        CHECK_FALSE(region.get<std::string>("key").has_value());
        CHECK(region.get_or_create("key", [] { return std::string("new"); }) == "new");
        CHECK(region.get<std::string>("key") == "new");
    }
    for (std::size_t at = 0; at != head.size(); ++at) { // a flipped bit may make other metadata, but nothing worse
        server.command({"SET", "key", good});
        server.command({"SETRANGE", "key", std::to_string(at), std::string(1, static_cast<char>(good[at] ^ 0x10))});
        const auto found = region.get<std::string>("key");
        CHECK((!found || found == "value"));
    }
    CHECK(region.statistics().reads_failed == 0);
}

TEST_CASE("a wrong password, user or database is told with its argument, once per attempt", "[redis][fault-9]") {
    RedisServer server({"--requirepass", "the right one"});
    const std::string url = local_url(server.port());
    const auto complaint = [&](kennel::Arguments arguments) {
        return complaint_of(*new_backend(url, std::move(arguments)));
    };
    const std::string where = "127.0.0.1:" + std::to_string(server.port());
    CHECK(mentions(complaint({}), {where, "NOAUTH", "give the argument password"}));
    const std::string wrong = complaint({{"password", "s3cr3t"}});
    CHECK(mentions(wrong, {where, "WRONGPASS", "check the arguments username and password"}));
    CHECK_FALSE(mentions(wrong, {"s3cr3t"}));
    CHECK(mentions(complaint({{"username", "nobody"}, {"password", "the right one"}}), {"WRONGPASS"}));
    CHECK(mentions(complaint({{"password", "the right one"}, {"db", 99}}), {"DB index", "check the argument db"}));
    CHECK(complaint({{"password", "the right one"}}).empty());
    CHECK(complaint({{"username", "default"}, {"password", "the right one"}, {"db", 15}}).empty());

    const auto backend = new_backend(url, {{"password", "s3cr3t"}});
    server.command({"CONFIG", "RESETSTAT"});
    for (int count = 0; count != 1000; ++count) CHECK_THROWS_AS(backend->get("key"), BackendError);
    CHECK(server.calls_of("auth") < 20);
}

TEST_CASE("a password is taken from the url, percent-decoded", "[redis][fault-9]") {
    RedisServer server({"--requirepass", "a:b@c/d e"});
    const std::string where = "@127.0.0.1:" + std::to_string(server.port());
    CHECK(complaint_of(*new_backend("redis://:a%3Ab%40c%2Fd%20e" + where)).empty());
    CHECK(complaint_of(*new_backend("redis://default:a%3Ab%40c%2Fd%20e" + where + "/3")).empty());
    CHECK(complaint_of(*new_backend("unix://:a%3Ab%40c%2Fd%20e@" + server.unix_socket())).empty());
}

TEST_CASE("a right that the user does not have is named", "[redis][fault-9]") {
    RedisServer& server = test::redis_server();
    server.command({"ACL", "SETUSER", "reader", "reset", "on", ">pw", "~*", "+get", "+mget", "+select", "+ping"});
    const auto backend = new_backend(server.url(), locking({{"username", "reader"}, {"password", "pw"}}));
    const KnownEntries known(server);
    CHECK(KnownEntries::wrong_reads(*backend, 50) == 0);
    const std::string refusal = message_of<RedisServerError>([&] { backend->set("some key", entry("text")); });
    CHECK(mentions(refusal, {"some key", "NOPERM", "more rights", "docs/redis_backend.md"}));
    CHECK(KnownEntries::wrong_reads(*backend, 50) == 0); // by the same connection

    const auto region = new_region(server.url(), locking({{"username", "reader"}, {"password", "pw"}}));
    CHECK(region.get_or_create("key", [] { return 1; }) == 1);
    CHECK(region.statistics().locks_failed == 1);
    CHECK(region.statistics().writes_failed == 1);
    server.command({"ACL", "DELUSER", "reader"});
}

TEST_CASE("without the right to be told of changes who waits asks from time to time", "[redis][fault-9]") {
    RedisServer& server = test::redis_server();
    server.command({"ACL", "SETUSER", "waiter", "reset", "on", ">pw", "allkeys", "allcommands", "allchannels"});
    SECTION("to track") { server.command({"ACL", "SETUSER", "waiter", "-client|tracking"}); }
    SECTION("to be a client with a number") { server.command({"ACL", "SETUSER", "waiter", "-client|id"}); }
    SECTION("to subscribe") { server.command({"ACL", "SETUSER", "waiter", "-subscribe"}); }
    SECTION("to the channel") { server.command({"ACL", "SETUSER", "waiter", "resetchannels"}); }
    SECTION("to ask for the lock") { server.command({"ACL", "SETUSER", "waiter", "-exists", "-pttl"}); }
    const auto holder = new_region(server.url(), locking());
    const auto waiter = new_region(server.url(), locking({{"username", "waiter"}, {"password", "pw"}}));
    HaltedCreation creation(holder, "key", 1);
    server.command({"CONFIG", "RESETSTAT"});
    auto waiting = test::on_another_thread([&] { return waiter.get_or_create("key", [] { return 2; }); });
    REQUIRE(wait_until([&] { return server.calls_of("set") > 5; })); // it has tried, again and again
    const long before = server.calls_of("set");
    CHECK_FALSE(wait_until([&] { return server.calls_of("set") > before + 12; }, 400ms)); // but does not storm
    CHECK(creation.finish() == 1);
    CHECK(waiting.get() == 1);
    CHECK(waiter.statistics().created == 0);
    CHECK(waiter.statistics().locks_failed == 0);
    server.command({"ACL", "DELUSER", "waiter"});
}

TEST_CASE(
    "a server that has become a replica refuses writes, with the remedy, and takes them when it is a master again",
    "[redis][fault-10]") {
    RedisServer server;
    const auto region = new_region(server.url(), locking());
    region.set("key", 1);
    server.command({"REPLICAOF", "127.0.0.1", "1"});
    CHECK(mentions(message_of<RedisServerError>([&] { region.set("key", 2); }), {"READONLY", "redis_sentinel"}));
    CHECK_THROWS_AS(region.erase("key"), RedisServerError);
    CHECK(region.get<int>("key") == 1);
    CHECK(region.get_or_create("other", [] { return 3; }) == 3);
    CHECK(region.statistics().locks_failed == 1);
    SECTION("with reads refused, too") {
        server.command({"CONFIG", "SET", "replica-serve-stale-data", "no"});
        CHECK_FALSE(region.get<int>("key").has_value());
        CHECK(region.get_or_create("key", [] { return 4; }) == 4);
    }
    server.command({"REPLICAOF", "NO", "ONE"});
    region.set("key", 5);
    CHECK(region.get<int>("key") == 5);
}

TEST_CASE("a server that is loading is asked again a few times, and missed then", "[redis][fault-11]") {
    RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto backend = new_backend(server.url_through(proxy.port()));
    const KnownEntries known(server);
    REQUIRE(KnownEntries::come_back(*backend));
    const std::string error = GENERATE("LOADING Redis is loading the dataset in memory",
                                       "BUSY Redis is busy running a script.",
                                       "TRYAGAIN Multiple keys request during rehashing of slot",
                                       "CLUSTERDOWN The cluster is down", "MASTERDOWN Link with MASTER is down");
    INFO(error);
    SECTION("for a moment") {
        int replies = 0;
        proxy.rewrite_replies(
            [&](const std::string& piece, bool) { return ++replies < 4 ? '-' + error + "\r\n" : piece; });
        CHECK(text_of(*backend, KnownEntries::key(1)) == KnownEntries::text(1));
        CHECK(proxy.connections() == 1); // the answer was in order
    }
    SECTION("for longer") {
        proxy.replace_replies('-' + error + "\r\n");
        const std::size_t before = proxy.requests().size();
        const auto took = test::redis::time_of([&] { CHECK(mentions(complaint_of(*backend), {error})); });
        CHECK(took < 2s);
        CHECK(proxy.requests().size() - before <= 6);
        proxy.pass();
        CHECK(KnownEntries::wrong_reads(*backend, 100) == 0);
    }
}

TEST_CASE("a server that is busy with a script is missed, and found when it is done", "[redis][fault-11]") {
    RedisServer server({"--busy-reply-threshold", "5"});
    const auto region = new_region(server.url(), locking());
    region.set("key", 1);
    auto running = test::on_another_thread([&] { return server.command({"EVAL", "while true do end", "0"}); });
    const auto is_busy = [&] { return server.command({"GET", "key"}).find("BUSY") != std::string::npos; };
    REQUIRE(wait_until(is_busy));
    CHECK_FALSE(region.get<int>("key").has_value());
    CHECK(mentions(message_of<RedisServerError>([&] { region.set("key", 2); }), {"BUSY"}));
    server.command({"SCRIPT", "KILL"});
    (void)running.get();
    CHECK(region.get<int>("key") == 1);
}

TEST_CASE("without memory a store fails, and the old value goes", "[redis][fault-12]") {
    RedisServer server;
    const bool has_locks = GENERATE(false, true);
    const auto backend = new_backend(server.url(), {{"distributed_lock", has_locks}});
    const auto is_refused = [&](const auto& change) {
        const std::string text = message_of<RedisServerError>(change);
        CHECK(mentions(text, {"OOM", "maxmemory-policy"}));
        return !text.empty();
    };
    for (const char* const key : {"key", "another", "a third"}) backend->set(key, entry("old"));
    server.command({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(is_refused([&] { backend->set("key", entry("new")); }));
    CHECK_FALSE(exists(server, "key"));
    const kennel::CachedValue value = entry("new");
    const std::vector<kennel::BackendEntry> entries = {{"another", &value}, {"a third", &value}};
    CHECK(is_refused([&] { backend->set_multi(entries); }));
    CHECK(server.command({"DBSIZE"}) == "0");
    backend->erase("key");
    server.command({"CONFIG", "SET", "maxmemory", "0"});
    backend->set("key", entry("new"));
    CHECK(text_of(*backend, "key") == "new");
}

TEST_CASE("without memory for a lock the value is created without one", "[redis][fault-12]") {
    RedisServer server;
    const auto region = new_region(server.url(), locking());
    server.command({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(region.get_or_create("key", [] { return 1; }) == 1);
    CHECK(region.statistics().locks_failed == 1);
    CHECK(region.statistics().writes_failed == 1);
    CHECK(server.command({"DBSIZE"}) == "0");
}

TEST_CASE(
    "when the memory ends during a creation, its value goes to its caller, the old one goes, and the lock is free",
    "[redis][fault-12]") {
    RedisServer server;
    const auto region = new_region(server.url(), locking(), {.expiration_time = 1ms, .stale_time = 1h});
    region.set("key", 0);
    REQUIRE(wait_until([&] { return !region.get<int>("key").has_value(); }));
    HaltedCreation creation(region, "key", 1);
    server.command({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(creation.finish() == 1);
    CHECK(region.statistics().writes_failed == 1);
    CHECK(server.command({"DBSIZE"}) == "0");
}

TEST_CASE("a server without room for a further client is missed, and is not stormed", "[redis][fault-14]") {
    RedisServer server;
    std::vector<test::RespClient> others;
    for (int count = 0; count != 3; ++count) others.push_back(server.new_client());
    others.front().call({"CONFIG", "SET", "maxclients", "3"});
    const auto backend = new_backend(server.url());
    const std::string complaint = complaint_of(*backend);
    INFO(complaint);
    CHECK(mentions(complaint, {"max number of clients", "maxclients", "max_connections"}));
    for (int count = 0; count != 1000; ++count) CHECK_THROWS_AS(backend->get("key"), BackendError);
    others.front().call({"CONFIG", "SET", "maxclients", "100"});
    CHECK(info(server, "stats", "rejected_connections") < 10);
    CHECK(wait_until([&] { return complaint_of(*backend).empty(); }));
}

TEST_CASE("scripts that the server has forgotten are sent again", "[redis][fault-11]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking({{"lock_timeout", 1500ms}}));
    const auto forget = [&] { server.command({"SCRIPT", "FLUSH"}); };
    forget();
    CHECK(region.get_or_create("created", [] { return 1; }) == 1);
    CHECK(region.get<int>("created") == 1);
    forget();
    region.set("created", 2);
    CHECK(region.get<int>("created") == 2);
    forget();
    region.set_multi<int>({{"one", 1}, {"two", 2}});
    CHECK(region.get<int>("two") == 2);
    forget();
    region.erase("created");
    CHECK_FALSE(exists(server, "created"));
    const auto mutex = new_backend(server.url(), locking())->get_mutex("key");
    REQUIRE(mutex->try_acquire());
    forget();
    mutex->release();
    CHECK_FALSE(exists(server, "_lockkey"));
    HaltedCreation creation(region, "slow", 3);
    forget();
    const long before = server.calls_of("eval");
    REQUIRE(wait_until([&] { return server.calls_of("eval") > before; })); // by the renewal
    forget();
    CHECK(creation.finish() == 3);
    CHECK(region.get<int>("slow") == 3);
    CHECK(region.statistics().locks_lost == 0);
    CHECK(region.statistics().writes_failed == 0);
}

TEST_CASE("a server that is killed between the request and the reply is an error in time", "[redis][fault-6]") {
    RedisServer server;
    const auto backend = new_backend(server.url(), {{"socket_timeout", 20s}});
    backend->set("key", entry("text"));
    server.process().suspend();
    auto reading = test::on_another_thread(
        [&] { return message_of<BackendError>([&] { (void)backend->get("key"); }); });
    auto writing = test::on_another_thread(
        [&] { return message_of<BackendError>([&] { backend->set("key", entry("new")); }); });
    CHECK(reading.wait_for(20ms) == std::future_status::timeout);
    const auto took = test::redis::time_of([&] {
        server.process().crash();
        CHECK_FALSE(reading.get().empty());
        CHECK_FALSE(writing.get().empty());
    });
    CHECK(took < 5s);
    server.process().start();
    CHECK(wait_until([&] { return complaint_of(*backend).empty(); }));
}

TEST_CASE("a restart of the server while connections lie idle costs the next read nothing", "[redis][fault-28]") {
    RedisServer server;
    const auto backend = new_backend(server.url());
    const auto region = new_region(server.url(), locking());
    test::run_together(8, [&](std::size_t number) { backend->set("key " + std::to_string(number), entry("text")); });
    region.set("key", 1);
    server.restart();
    CHECK_FALSE(backend->get("key 1").has_value());
    backend->set("key 1", entry("new"));
    CHECK(text_of(*backend, "key 1") == "new");
    CHECK(region.get_or_create("key", [] { return 2; }) == 2);
    CHECK(region.get<int>("key") == 2);
    CHECK(region.statistics().locks_failed == 0);
    CHECK(region.statistics().reads_failed == 0);
}

TEST_CASE("connections that the server has closed while they were idle cost reads nothing", "[redis][fault-28]") {
    RedisServer& server = test::redis_server();
    const KnownEntries known(server);
    const auto backend = new_backend(server.url());
    for (int round = 0; round != 50; ++round) {
        CHECK(KnownEntries::wrong_reads(*backend, 3) == 0);
        server.command({"CLIENT", "KILL", "TYPE", "normal"});
    }
    CHECK(KnownEntries::wrong_reads(*backend, 100) == 0);
}
