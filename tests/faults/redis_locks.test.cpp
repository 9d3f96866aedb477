// needs: redis
// Creations whose lock is lost, whose holder is killed, or whose server does not answer.

#include "kennel/backends/redis.hpp"

#include "support/effort.hpp"
#include "support/fault_proxy.hpp"
#include "support/forked_process.hpp"
#include "support/halted_creation.hpp"
#include "support/redis_backend.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CacheRegion;
using test::HaltedCreation;
using test::RedisServer;
using test::wait_until;
using test::redis::locking;
using test::redis::new_backend;
using test::redis::new_region;

/// A lock as a Python program takes it: the token is a time-based UUID.
const std::string python_token = "3b4433cae57711f19a3802fc00000001";

long time_left(RedisServer& server, const std::string& key) { return std::stol(server.command({"PTTL", key})); }

bool exists(RedisServer& server, const std::string& key) { return server.command({"EXISTS", key}) == "1"; }

/// Whatever has happened to the lock: the caller gets the value, which is not stored, and that is counted.
void check_that_loss_is_harmless(const CacheRegion<>& region, RedisServer& server, HaltedCreation& creation) {
    CHECK(creation.finish() == 1);
    CHECK_FALSE(exists(server, "key"));
    const kennel::RegionStatistics statistics = region.statistics();
    CHECK(statistics.locks_lost == 1);
    CHECK(statistics.writes_failed == 0);
    CHECK(statistics.created == 1);
}

} // namespace

TEST_CASE("a value whose lock was taken away while it was created goes to its caller and is not stored",
          "[redis][fault-19][defect-D4]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking());
    HaltedCreation creation(region, "key", 1);
    REQUIRE(exists(server, "_lockkey"));
    SECTION("deleted") {
        server.command({"DEL", "_lockkey"});
        check_that_loss_is_harmless(region, server, creation);
        CHECK_FALSE(exists(server, "_lockkey"));
    }
    SECTION("expired") {
        server.command({"PEXPIRE", "_lockkey", "0"});
        check_that_loss_is_harmless(region, server, creation);
        CHECK_FALSE(exists(server, "_lockkey"));
    }
    SECTION("held by somebody else, whose lock is left alone") {
        server.command({"SET", "_lockkey", python_token, "PX", "60000"});
        check_that_loss_is_harmless(region, server, creation);
        CHECK(server.command({"GET", "_lockkey"}) == python_token);
    }
    SECTION("of another type") {
        server.command({"DEL", "_lockkey"});
        server.command({"RPUSH", "_lockkey", "element"});
        CHECK(creation.finish() == 1);
        CHECK_FALSE(exists(server, "key"));
        CHECK(exists(server, "_lockkey"));
    }
    CHECK(region.get_or_create("other", [] { return 2; }) == 2);
    CHECK(exists(server, "other"));
}

TEST_CASE("a loss of the lock that is noticed while the value is created has the same outcome", "[redis][fault-19]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking({{"lock_timeout", 900ms}}));
    HaltedCreation creation(region, "key", 1);
    server.command({"SET", "_lockkey", python_token});
    const long before = server.calls_of("evalsha") + server.calls_of("eval");
    REQUIRE(wait_until([&] { return server.calls_of("evalsha") + server.calls_of("eval") > before; })); // the renewal
    check_that_loss_is_harmless(region, server, creation);
    CHECK(server.command({"GET", "_lockkey"}) == python_token);
}

TEST_CASE("a process that was halted until its lease was over does not store what it creates",
          "[redis][fault-19][defect-D4]") {
    RedisServer& server = test::redis_server();
    test::ForkedProcess process([&] {
        const auto region = new_region(server.url(), locking({{"lock_timeout", 300ms}}));
        const int value = region.get_or_create("key", [&] {
            const bool goes_on = wait_until([&] { return exists(server, "go on"); });
            return goes_on ? 1 : 0;
        });
        return value == 1 && region.statistics().locks_lost == 1 && region.statistics().writes_failed == 0;
    });
    REQUIRE(wait_until([&] { return exists(server, "_lockkey"); }));
    process.send_signal(SIGSTOP);
    const auto waiter = new_backend(server.url(), locking());
    const auto mutex = waiter->get_mutex("key");
    REQUIRE(mutex->acquire(std::chrono::steady_clock::now() + 5s)); // at the end of the lease
    const std::string token = server.command({"GET", "_lockkey"});
    server.command({"SET", "go on", "1"});
    process.send_signal(SIGCONT);
    CHECK(process.succeeds());
    CHECK_FALSE(exists(server, "key"));
    CHECK(server.command({"GET", "_lockkey"}) == token);
}

TEST_CASE("a lease is renewed for as long as its creation takes", "[redis][fault-19]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking({{"lock_timeout", 1500ms}}));
    HaltedCreation creation(region, "key", 1);
    const std::string token = server.command({"GET", "_lockkey"});
    CHECK(token.size() == 32);
    const auto end = std::chrono::steady_clock::now() + 2s;
    CHECK(wait_until(
        [&] { return server.command({"GET", "_lockkey"}) != token || std::chrono::steady_clock::now() > end; }));
    CHECK(server.command({"GET", "_lockkey"}) == token);
    CHECK(creation.finish() == 1);
    CHECK(exists(server, "key"));
    CHECK_FALSE(exists(server, "_lockkey"));
    CHECK(region.statistics().locks_lost == 0);
    const long renewals = server.calls_of("evalsha");
    CHECK_FALSE(wait_until([&] { return server.calls_of("evalsha") != renewals; }, 700ms)); // it ends with the creation
}

TEST_CASE("the lock of a creator that does not return is renewed up to lock_max_hold, then another one creates",
          "[redis][fault-17]") {
    RedisServer& server = test::redis_server();
    const auto stuck = new_region(server.url(), locking({{"lock_timeout", 1s}, {"lock_max_hold", 2500ms}}));
    const auto other = new_region(server.url(), locking());
    HaltedCreation creation(stuck, "key", 1);
    const auto start = std::chrono::steady_clock::now();
    CHECK(other.get_or_create("key", [] { return 2; }) == 2);
    CHECK(std::chrono::steady_clock::now() - start > 1500ms); // longer than the lease
    CHECK(std::chrono::steady_clock::now() - start < 20s);
    CHECK(creation.finish() == 1);
    CHECK(other.get<int>("key") == 2);
    CHECK(stuck.statistics().locks_lost == 1);
}

TEST_CASE("a waiter has its own limit, whatever the holder does", "[redis][fault-17][defect-D5]") {
    RedisServer& server = test::redis_server();
    server.command({"SET", "_lockkey", python_token}); // without an end
    const auto creator = [] { return 1; };
    SECTION("of the region") {
        const auto region = new_region(server.url(), locking(), {.lock_timeout = 200ms});
        CHECK(test::redis::fails_in_time<kennel::CreationTimeout>(200ms,
                                                                  [&] { (void)region.get_or_create("key", creator); }));
    }
    SECTION("of the backend") {
        const auto region = new_region(server.url(), locking({{"lock_blocking_timeout", 200ms}}));
        CHECK(test::redis::fails_in_time<kennel::CreationTimeout>(200ms,
                                                                  [&] { (void)region.get_or_create("key", creator); }));
    }
    SECTION("after which it creates alone") {
        const auto region = new_region(server.url(), locking(),
                                       {.lock_timeout = 100ms, .on_lock_timeout = kennel::OnLockTimeout::create_alone});
        CHECK(region.get_or_create("key", creator) == 1);
        CHECK(exists(server, "key"));
    }
    CHECK(server.command({"GET", "_lockkey"}) == python_token);
}

TEST_CASE("a creator that throws gives the lock back, and the next one creates", "[redis][fault-16]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking());
    struct Failure {};
    CHECK_THROWS_AS(region.get_or_create("key", []() -> int { throw Failure(); }), Failure);
    CHECK_FALSE(exists(server, "_lockkey"));
    CHECK_FALSE(exists(server, "key"));
    CHECK(region.get_or_create("key", [] { return 1; }) == 1);
}

TEST_CASE("a process that waits while the creator of another one throws creates itself", "[redis][fault-16]") {
    RedisServer& server = test::redis_server();
    const auto first = new_region(server.url(), locking());
    const auto second = new_region(server.url(), locking());
    test::Stop stop;
    struct Failure {};
    auto failing = test::on_another_thread([&] {
        return first.get_or_create("key", [&]() -> int {
            stop.halt();
            throw Failure();
        });
    });
    stop.await_arrival();
    auto waiting = test::on_another_thread([&] { return second.get_or_create("key", [] { return 2; }); });
    REQUIRE(wait_until([&] { return server.calls_of("pttl") != 0; })); // it waits
    stop.let_go();
    CHECK_THROWS_AS(failing.get(), Failure);
    CHECK(waiting.get() == 2);
}

TEST_CASE("processes that are killed at any moment leave no lock without an end, and no broken value",
          "[redis][fault-18][defect-D6]") {
    RedisServer& server = test::redis_server();
    const auto lease = 60ms;
    std::minstd_rand random(1);
    const auto backend = new_backend(server.url(), locking());
    int locks_left = 0;
    for (int round = 0; round != test::kills; ++round) {
        const std::string begin = "round " + std::to_string(round) + ' ';
        test::ForkedProcess process([&] {
            const auto region = new_region(server.url(), locking({{"lock_timeout", lease}}));
            region.set(begin + "begun", begin + "begun");
            for (int number = 0;; ++number) {
                const std::string key = begin + std::to_string(number);
                (void)region.get_or_create(key, [&] { return key; });
                if (number % 3 == 0) region.erase(key);
            }
            return true;
        });
        REQUIRE(wait_until([&] { return exists(server, begin + "begun"); }));
        test::let_pass(std::chrono::microseconds(random() % 1000));
        process.send_signal(SIGKILL);
        CHECK_FALSE(process.succeeds());
        for (const test::RespReply& lock : server.reply({"KEYS", "_lock" + begin + '*'}).elements) {
            const long left = time_left(server, lock.text);
            CHECK(left != -1); // which would be: no end
            const auto mutex = backend->get_mutex(lock.text.substr(5));
            CHECK(mutex->acquire(std::chrono::steady_clock::now() + lease + 1s));
            ++locks_left;
        }
    }
    CHECK(locks_left > 0); // else it has shown nothing
    const auto region = new_region(server.url());
    for (const test::RespReply& key : server.reply({"KEYS", "round*"}).elements)
        CHECK(region.get<std::string>(key.text) == key.text);
}

TEST_CASE("the loss of the answer to a release, after which nobody knows, leaves the lock free", "[redis][fault-20]") {
    RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto backend = new_backend(server.url_through(proxy.port()), locking());
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->try_acquire());
    proxy.drop_replies();
    mutex->release();
    CHECK(new_backend(server.url(), locking())->get_mutex("key")->acquire(std::chrono::steady_clock::now() + 40s));
    proxy.pass();
    mutex->release();
    CHECK(exists(server, "_lockkey") == false); // the other one was destroyed by now
}

TEST_CASE("the loss of the answer to the store of a created value costs nobody the value", "[redis][fault-20]") {
    RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto region = new_region(server.url_through(proxy.port()), locking());
    (void)region.get_or_create("before", [] { return 0; }); // the server knows the scripts now
    SECTION("and leaves the lock alone that somebody else has got by then") {
        HaltedCreation creation(region, "key", 1);
        proxy.hold();
        const std::size_t requests = proxy.requests().size();
        creation.let_go();
        REQUIRE(proxy.await_requests(requests + 1));
        REQUIRE(wait_until([&] { return !exists(server, "_lockkey"); })); // it is stored
        server.command({"SET", "_lockkey", python_token});
        proxy.end_connections();
        proxy.pass();
        CHECK(creation.finish() == 1);
        CHECK(server.command({"GET", "_lockkey"}) == python_token);
        CHECK(region.statistics().writes_failed == 1);
        CHECK(region.statistics().locks_lost == 0);
    }
    SECTION("which was stored") {
        HaltedCreation creation(region, "key", 1);
        proxy.drop_replies();
        CHECK(creation.finish() == 1);
        proxy.pass();
        CHECK(new_region(server.url()).get<int>("key") == 1);
        CHECK_FALSE(exists(server, "_lockkey"));
    }
}

TEST_CASE("the loss of the answers to renewals loses no lock", "[redis][fault-20]") {
    RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto region = new_region(server.url_through(proxy.port()), locking({{"lock_timeout", 3s}}));
    (void)region.get_or_create("before", [] { return 0; });
    HaltedCreation creation(region, "key", 1);
    const std::string token = server.command({"GET", "_lockkey"});
    const long before = server.calls_of("evalsha") + server.calls_of("eval");
    proxy.drop_replies();
    REQUIRE(wait_until([&] { return server.calls_of("evalsha") + server.calls_of("eval") > before; }));
    proxy.pass();
    const auto renewed = [&] { return server.calls_of("evalsha") + server.calls_of("eval") > before + 2; };
    CHECK(wait_until(renewed)); // it is asked again
    CHECK(server.command({"GET", "_lockkey"}) == token);
    CHECK(creation.finish() == 1);
    CHECK(exists(server, "key"));
    CHECK(region.statistics().locks_lost == 0);
}

TEST_CASE("when the answer to the acquisition is lost, the value is created without the lock", "[redis][fault-20]") {
    RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto region = new_region(server.url_through(proxy.port()), locking());
    region.set("known", 1);
    REQUIRE(region.get<int>("known") == 1);
    // The first request is the read; the reply to the next one, which takes the lock, is lost.
    int replies = 0;
    proxy.rewrite_replies([&replies](const std::string& piece, bool) { return ++replies == 2 ? "?" : piece; });
    CHECK(region.get_or_create("key", [] { return 1; }) == 1);
    CHECK(region.statistics().locks_failed == 1);
    CHECK(region.get<int>("key") == 1);
    CHECK_FALSE(exists(server, "_lockkey")); // the store has taken it away from who does not know that he has it
}

TEST_CASE("what is stored or erased from elsewhere while a value is created is not undone by it",
          "[redis][fault-19][defect-D2]") {
    RedisServer& server = test::redis_server();
    const auto creating = new_region(server.url(), locking());
    const auto other = new_region(server.url(), locking());
    const auto check = [&](std::optional<int> left) {
        CHECK(other.get<int>("key") == left);
        CHECK(creating.statistics().locks_lost == 1);
        CHECK_FALSE(exists(server, "_lockkey"));
    };
    for (const bool is_script_known : {true, false}) {
        DYNAMIC_SECTION((is_script_known ? "by a server that knows the scripts" : "by one that does not")) {
            if (is_script_known) other.erase("anything");
            else server.command({"SCRIPT", "FLUSH"});
            HaltedCreation creation(creating, "key", 1);
            SECTION("set") {
                other.set("key", 2);
                CHECK(creation.finish() == 1);
                check(2);
            }
            SECTION("erase") {
                other.erase("key");
                CHECK(creation.finish() == 1);
                check({});
            }
            SECTION("set_multi") {
                other.set_multi<int>({{"key", 2}, {"another", 3}});
                CHECK(creation.finish() == 1);
                check(2);
            }
            SECTION("erase_multi") {
                const std::vector<std::string> keys = {"another", "key"};
                other.erase_multi(keys);
                CHECK(creation.finish() == 1);
                check({});
            }
        }
    }
}

TEST_CASE("the lock of a Python program is never taken away by a change of its key", "[redis][fault-19]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking());
    for (const std::string& token : {python_token, std::string("tok-cpp-1"), std::string()}) {
        server.command({"SET", "_lockkey", token});
        region.set("key", 2);
        region.erase("key");
        const std::vector<std::string> keys = {"another", "key"};
        region.erase_multi(keys);
        CHECK(server.command({"GET", "_lockkey"}) == token);
    }
    server.command({"DEL", "_lockkey"});
    server.command({"RPUSH", "_lockkey", "of another type"});
    CHECK_THROWS_AS(region.set("key", 3), kennel::BackendError);
    CHECK(server.command({"LLEN", "_lockkey"}) == "1");
}

TEST_CASE("without a server each process creates once, however many ask", "[redis][fault-21][defect-D20]") {
    RedisServer server;
    const auto region = new_region(server.url(), locking());
    (void)region.get<int>("key");
    server.process().crash();
    std::atomic<int> created = 0;
    std::atomic<int> arrived = 0;
    test::run_together(20, [&](std::size_t) {
        ++arrived;
        (void)region.get_or_create("key", [&] {
            ++created;
            (void)test::wait_until([&] { return arrived == 20; });
            (void)test::wait_until([] { return false; }, 100ms); // for those who are about to ask
            return 1;
        });
    });
    CHECK(created >= 1);
    CHECK(created < 10);
    CHECK(region.statistics().locks_failed >= 1);
    CHECK(region.statistics().created == static_cast<std::uint64_t>(created.load()));
}
