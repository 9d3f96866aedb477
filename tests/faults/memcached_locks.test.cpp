// needs: memcached
// Creations whose lock is lost, whose holder is killed, or whose server does not answer.

#include "kennel/backends/memcached.hpp"

#include "backends/memcached/faulty_server.hpp"
#include "kennel/creation_scope.hpp"
#include "kennel/kennel.hpp"
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/fault_proxy.hpp"
#include "support/forked_process.hpp"
#include "support/halted_creation.hpp"
#include "support/memcached_server.hpp"
#include "support/threads.hpp"
#include "support/wait_until.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::HaltedCreation;
using test::MemcachedServer;
using test::put;
using test::text_of;
using test::wait_until;

kennel::CacheRegion<> locking_region(const std::string& url, kennel::Arguments arguments = {}) {
    arguments.emplace("url", url);
    arguments.emplace("distributed_lock", true);
    kennel::CacheRegion<> region;
    region.configure("memcached", {.expiration_time = 1h, .arguments = arguments});
    return region;
}

std::shared_ptr<kennel::MemcachedBackend> locking_backend(const std::string& url, kennel::Arguments arguments = {}) {
    arguments.emplace("distributed_lock", true);
    return test::memcached_backend(url, std::move(arguments));
}

bool exists(MemcachedServer& server, const std::string& key) { return server.command("get " + key) != "END\r\n"; }

std::string stored_at(MemcachedServer& server, const std::string& key) { return server.command("get " + key); }

} // namespace

TEST_CASE("a value whose lock was taken away while it was created goes to its caller and is not stored",
          "[memcached][fault-19]") {
    MemcachedServer& server = test::memcached_server();
    const auto region = locking_region(server.url());
    HaltedCreation creation(region, "key", 1);
    REQUIRE(exists(server, "_lockkey"));
    const bool is_taken_over = GENERATE(false, true);
    server.command(is_taken_over ? "set _lockkey 4 0 1\r\n1" : "delete _lockkey");
    CHECK(creation.finish() == 1);
    CHECK_FALSE(exists(server, "key"));
    CHECK(exists(server, "_lockkey") == is_taken_over);
    const kennel::RegionStatistics statistics = region.statistics();
    CHECK(statistics.locks_lost == 1);
    CHECK(statistics.writes_failed == 0);
    CHECK(statistics.created == 1);
    CHECK(region.get_or_create("other", [] { return 2; }) == 2);
    CHECK(exists(server, "other"));
}

TEST_CASE("a process that was halted until its lease was over does not store what it creates",
          "[memcached][fault-19]") {
    MemcachedServer& server = test::memcached_server();
    const bool had_entry = GENERATE(false, true);
    if (had_entry) put(*test::memcached_backend(server.url()), "key", "1");
    test::ForkedProcess process([&] {
        const auto backend = locking_backend(server.url(), {{"lock_timeout", 2s}});
        const auto mutex = backend->get_mutex("key");
        if (mutex->await_turn(kennel::no_deadline) != kennel::Turn::mine) return false;
        if (!wait_until([&] { return exists(server, "go_on"); })) return false;
        const kennel::CreationScope scope({&mutex, 1});
        put(*backend, "key", "of the halted process");
        return mutex->is_lost();
    });
    REQUIRE(wait_until([&] { return exists(server, "_lockkey"); }));
    process.send_signal(SIGSTOP);
    const auto waiter = locking_backend(server.url());
    const auto mutex = waiter->get_mutex("key");
    REQUIRE(mutex->acquire(std::chrono::steady_clock::now() + test::patience)); // at the end of the lease
    const std::string token = stored_at(server, "_lockkey");
    const std::string before = stored_at(server, "key");
    server.command("set go_on 0 0 1\r\n1");
    process.send_signal(SIGCONT);
    CHECK(process.succeeds());
    CHECK(stored_at(server, "_lockkey") == token);
    CHECK(stored_at(server, "key") == before);
    mutex->release();
}

TEST_CASE("holders that are killed at any moment leave no lock without an end, and no half value",
          "[memcached][fault-18][defect-D6]") {
    MemcachedServer& server = test::memcached_server();
    const std::string text(5000, 'x');
    std::minstd_rand random(7);
    std::vector<std::string> left;
    for (int round = 0; round != test::kills; ++round) {
        const std::string begin = "round" + std::to_string(round) + '.';
        test::ForkedProcess process([&] {
            const auto region = locking_region(server.url(), {{"lock_timeout", 2s}});
            region.set(begin + "begun", text);
            for (int number = 0;; ++number) {
                const std::string key = begin + std::to_string(number % 3);
                if (region.get_or_create(key, [&] { return text; }) != text) return false;
                region.erase(key);
            }
            return true;
        });
        REQUIRE(wait_until([&] { return exists(server, begin + "begun"); }));
        test::let_pass(std::chrono::microseconds(random() % 1000));
        process.send_signal(SIGKILL);
        CHECK_FALSE(process.succeeds());
        for (const char number : {'0', '1', '2'})
            if (exists(server, "_lock" + begin + number)) left.push_back(begin + number);
    }
    CHECK_FALSE(left.empty()); // else it has shown nothing
    const auto region = locking_region(server.url());
    for (const std::string& key : left) {
        CHECK(wait_until([&] { return !exists(server, "_lock" + key); }));
        CHECK(region.get_or_create(key, [&] { return text; }) == text);
    }
}

TEST_CASE("when the answer to a lock's request is lost, the lock does not count as held, and ends with its lease",
          "[memcached][fault-20]") {
    MemcachedServer& server = test::memcached_server();
    test::FaultProxy proxy(server.address());
    const auto backend = locking_backend(proxy.address().text(), test::hasty({{"lock_timeout", 2s}}));
    const auto mutex = backend->get_mutex("key");
    proxy.hold();
    CHECK_THROWS_AS(mutex->try_acquire(), kennel::BackendError);
    proxy.pass();
    REQUIRE(wait_until([&] { return exists(server, "_lockkey"); }));
    mutex->release();
    CHECK(exists(server, "_lockkey"));
    const auto next = locking_backend(server.url())->get_mutex("key");
    CHECK(next->acquire(std::chrono::steady_clock::now() + test::patience));
    next->release();
}

TEST_CASE("when the answer to a store is lost, the lock is released only if it is still ours",
          "[memcached][fault-20]") {
    MemcachedServer& server = test::memcached_server();
    test::FaultProxy proxy(server.address());
    const auto backend = locking_backend(proxy.address().text(), test::hasty());
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(kennel::no_deadline) == kennel::Turn::mine);
    proxy.hold();
    {
        const kennel::CreationScope scope({&mutex, 1});
        CHECK_THROWS_AS(put(*backend, "key", "value"), kennel::BackendError); // although it was stored
    }
    REQUIRE(wait_until([&] { return exists(server, "key") && !exists(server, "_lockkey"); }));
    server.command("set _lockkey 4 0 1\r\n1"); // somebody else's by now
    proxy.pass();
    REQUIRE(wait_until([&] {
        try {
            return text_of(*backend, "key") == "value";
        } catch (const kennel::BackendError&) {
            return false;
        }
    }));
    mutex->release();
    CHECK(exists(server, "_lockkey"));
}

TEST_CASE("a renewal whose answer is lost is tried again", "[memcached][fault-20]") {
    MemcachedServer& server = test::memcached_server();
    test::FaultProxy proxy(server.address());
    const auto backend = locking_backend(proxy.address().text(),
                                         {{"lock_timeout", 6s}, {"socket_timeout", 1s}, {"retry_timeout", 1ms}});
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(kennel::no_deadline) == kennel::Turn::mine);
    const auto is_renewed = [&] { return proxy.sent().find("cas _lockkey") != std::string::npos; };
    proxy.forget();
    proxy.hold();
    REQUIRE(wait_until(is_renewed));
    proxy.forget();
    REQUIRE(wait_until(is_renewed));
    proxy.pass();
    CHECK_FALSE(wait_until([&] { return !exists(server, "_lockkey"); }, 5s)); // by then the first lease is over
    {
        const kennel::CreationScope scope({&mutex, 1});
        put(*backend, "key", "value");
    }
    CHECK_FALSE(mutex->is_lost());
    CHECK(text_of(*backend, "key") == "value");
}
