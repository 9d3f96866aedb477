// needs: redis
// Many threads, several processes, forks and signals.

#include "kennel/backends/redis.hpp"

#include "support/effort.hpp"
#include "support/fault_proxy.hpp"
#include "support/forked_process.hpp"
#include "support/halted_creation.hpp"
#include "support/redis_backend.hpp"
#include "support/signal_storm.hpp"
#include "support/threads.hpp"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::ForkedProcess;
using test::many_threads;
using test::RedisServer;
using test::SignalStorm;
using test::threads_beside_forks;
using test::wait_until;
using test::redis::entry;
using test::redis::KnownEntries;
using test::redis::locking;
using test::redis::new_backend;
using test::redis::new_region;

/// For a machine on which a thread may wait for its turn for seconds.
const kennel::Arguments patient = {{"socket_timeout", test::patience}, {"socket_connect_timeout", test::patience}};

bool exists(RedisServer& server, const std::string& key) { return server.command({"EXISTS", key}) == "1"; }

std::size_t open_descriptors() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

/// What is allocated; always the same with a sanitizer's allocator.
std::size_t bytes_in_use() {
    const struct mallinfo2 allocated = ::mallinfo2();
    return allocated.uordblks + allocated.hblkhd;
}

/// Reports, for whoever compares, how soon 99 of 100 threads went on. It depends on the machine, so it is no check.
void tell_slowest(std::vector<std::chrono::steady_clock::duration> wakings) {
    std::sort(wakings.begin(), wakings.end());
    const auto slowest = std::chrono::duration_cast<std::chrono::microseconds>(wakings[wakings.size() * 99 / 100]);
    WARN("99 % of " << wakings.size() << " threads had the value " << slowest.count() << " us after it was made");
}

} // namespace

TEST_CASE("thousands of threads that ask for one key create it once, with few connections",
          "[redis][fault-21][defect-D23]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking(patient));
    const std::size_t before = open_descriptors();
    const std::size_t memory_before = bytes_in_use();
    std::size_t memory_while_waiting = 0;
    std::atomic<int> created = 0;
    std::atomic<int> right = 0;
    std::atomic<std::size_t> asking = 0;
    std::atomic<std::chrono::steady_clock::time_point> made{};
    std::vector<std::chrono::steady_clock::duration> wakings(many_threads);
    test::run_together(many_threads, [&](std::size_t number) {
        ++asking;
        const int value = region.get_or_create("key", [&] {
            static_cast<void>(wait_until([&] { return asking == many_threads; }));
            memory_while_waiting = bytes_in_use();
            made = std::chrono::steady_clock::now();
            return ++created;
        });
        wakings[number] = std::chrono::steady_clock::now() - made.load();
        if (value == 1) ++right;
    });
    CHECK(created == 1);
    CHECK(right == static_cast<int>(many_threads));
    CHECK(open_descriptors() - before <= 32 + 3); // max_connections, and what the waiting needs
    CHECK(memory_while_waiting < memory_before + many_threads * 4096);
    CHECK(bytes_in_use() < memory_before + many_threads * 512); // a record of each thread is kept for a later one
    tell_slowest(wakings);
}

TEST_CASE("thousands of threads in several processes create a key once, with few connections each",
          "[redis][fault-21]") {
    RedisServer& server = test::redis_server();
    constexpr std::size_t process_count = 4;
    const auto run_one = [&] {
        const auto region = new_region(server.url(), locking(patient));
        const std::size_t before = open_descriptors();
        server.command({"INCR", "arrived"});
        bool is_right = wait_until([&] { return server.command({"GET", "arrived"}) == std::to_string(process_count); });
        std::atomic<std::size_t> right = 0;
        test::run_together(many_threads / process_count, [&](std::size_t) {
            const int value = region.get_or_create("key", [&] {
                static_cast<void>(wait_until([] { return false; }, 20ms));
                return std::stoi(server.command({"INCR", "created"}));
            });
            if (value == 1) ++right;
        });
        is_right = right == many_threads / process_count && is_right;
        return open_descriptors() - before <= 32 + 3 && is_right;
    };
    std::vector<std::unique_ptr<ForkedProcess>> processes;
    for (std::size_t count = 0; count != process_count; ++count)
        processes.push_back(std::make_unique<ForkedProcess>(run_one));
    for (const auto& process : processes) CHECK(process->succeeds());
    CHECK(server.command({"GET", "created"}) == "1");
}

TEST_CASE("processes that ask for one key at the same time create it once", "[redis][fault-21]") {
    RedisServer& server = test::redis_server();
    constexpr int rounds = 20;
    const auto run_one = [&] {
        const auto region = new_region(server.url(), locking());
        test::RespClient client = server.new_client();
        bool is_right = true;
        for (int round = 0; round != rounds; ++round) {
            const std::string key = "key " + std::to_string(round);
            client.call({"INCR", "arrived " + key});
            is_right = wait_until([&] { return client.call({"GET", "arrived " + key}).text == "4"; }) && is_right;
            std::atomic<int> right = 0;
            test::run_together(10, [&](std::size_t) {
                const int value = region.get_or_create(key, [&] {
                    test::RespClient creator = server.new_client();
                    return std::stoi(creator.call({"INCR", "created " + key}).text);
                });
                if (value == 1) ++right;
            });
            is_right = right == 10 && is_right;
        }
        return is_right;
    };
    std::vector<std::unique_ptr<ForkedProcess>> processes;
    for (int count = 0; count != 4; ++count) processes.push_back(std::make_unique<ForkedProcess>(run_one));
    for (const auto& process : processes) CHECK(process->succeeds());
    for (int round = 0; round != rounds; ++round)
        CHECK(server.command({"GET", "created key " + std::to_string(round)}) == "1");
}

TEST_CASE("a forked child has connections of its own, and both go on", "[redis][fault-29]") {
    RedisServer& server = test::redis_server();
    const KnownEntries known(server);
    const auto backend = new_backend(server.url());
    std::atomic<bool> is_over = false;
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> traffic;
    for (int count = 0; count != threads_beside_forks; ++count)
        traffic.emplace_back([&] {
            while (!is_over) wrong += KnownEntries::wrong_reads(*backend, 10);
        });
    for (int round = 0; round != 10; ++round) {
        ForkedProcess child([&] { return KnownEntries::wrong_reads(*backend, 300) == 0; });
        CHECK(KnownEntries::wrong_reads(*backend, 100) == 0);
        CHECK(child.succeeds());
    }
    is_over = true;
    traffic.clear();
    CHECK(wrong == 0);
}

TEST_CASE("a child that ends keeps its parent's connections open", "[redis][fault-29]") {
    RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const KnownEntries known(server);
    auto backend = new_backend(server.url_through(proxy.port()));
    REQUIRE(KnownEntries::wrong_reads(*backend, 3) == 0);
    ForkedProcess child([&] {
        backend.reset(); // as the end of the program does
        return true;
    });
    CHECK(child.succeeds());
    CHECK(KnownEntries::wrong_reads(*backend, 100) == 0);
    CHECK(proxy.connections() == 1);
}

TEST_CASE("a connection that the parent closes is closed, although a child was forked meanwhile", "[redis][fault-29]") {
    RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    auto backend = new_backend(server.url_through(proxy.port()));
    REQUIRE_FALSE(backend->get("key").has_value());
    ForkedProcess child([&] { return wait_until([&] { return exists(server, "end"); }); });
    backend.reset();
    CHECK(wait_until([&] { return proxy.open_connections() == 0; }));
    server.command({"SET", "end", "1"});
    CHECK(child.succeeds());
}

TEST_CASE("a lock that the parent holds is not released by a child, and not renewed by it", "[redis][fault-29]") {
    RedisServer& server = test::redis_server();
    const auto backend = new_backend(server.url(), locking({{"lock_timeout", 1500ms}}));
    auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->try_acquire());
    const std::string token = server.command({"GET", "_lockkey"});
    ForkedProcess child([&] {
        mutex->release();
        bool is_refused = false;
        try {
            (void)mutex->try_acquire(); // it knows the parent's connections alone
        } catch (const kennel::BackendError&) {
            is_refused = true;
        }
        mutex.reset();
        const auto own = backend->get_mutex("key");
        return is_refused && own->locked() && !own->try_acquire();
    });
    CHECK(child.succeeds());
    CHECK(server.command({"GET", "_lockkey"}) == token);
    mutex->release();
    CHECK_FALSE(exists(server, "_lockkey"));
}

TEST_CASE("a child that is forked while a value is created creates on its own", "[redis][fault-29]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking({{"lock_timeout", 1500ms}}));
#ifndef __SANITIZE_THREAD__ // which takes the threads of a child for those of its parent
    SECTION("by another thread") {
        test::HaltedCreation creation(region, "key", 1);
        ForkedProcess child([&] { // another process has the lock, and this one waits for it
            return new_region(server.url(), locking()).get_or_create("key", [] { return 2; }) == 1;
        });
        REQUIRE(wait_until([&] { return server.calls_of("pttl") != 0; }));
        CHECK(creation.finish() == 1);
        CHECK(child.succeeds());
    }
#endif
    SECTION("by the thread that forks, whose lock stays with the parent") {
        std::unique_ptr<ForkedProcess> child;
        CHECK(region.get_or_create("key", [&] {
            child = std::make_unique<ForkedProcess>(
                [&] { return !exists(server, "key") && exists(server, "_lockkey"); });
            CHECK(child->succeeds());
            return 1;
        }) == 1);
        CHECK(region.get<int>("key") == 1);
        CHECK(region.statistics().locks_lost == 0);
    }
    CHECK_FALSE(exists(server, "_lockkey"));
}

TEST_CASE("a connection that was lost raises no signal", "[redis][fault-32]") {
    RedisServer server;
    ForkedProcess process([&] {
        std::signal(SIGPIPE, SIG_DFL);
        const auto backend = new_backend(server.url());
        for (int round = 0; round != 20; ++round) {
            try {
                backend->set("key", entry(std::string(300'000, 'x')));
            } catch (const kennel::BackendError&) { // NOLINT(*-empty-catch): that is what it is to throw
            }
            server.command({"CLIENT", "KILL", "TYPE", "normal"});
        }
        return backend->get("key").has_value();
    });
    CHECK(process.succeeds());
}

TEST_CASE("signals that interrupt system calls disturb nothing, and prolong nothing", "[redis][fault-32]") {
    RedisServer server;
    const KnownEntries known(server);
    ForkedProcess process([&] {
        const SignalStorm storm;
        const auto backend = new_backend(server.url(), locking({{"lock_timeout", 1500ms}}));
        const std::string large(4'000'000, 'x');
        bool is_right = KnownEntries::wrong_reads(*backend, 500) == 0;
        for (int round = 0; round != 20; ++round) {
            backend->set("large", entry(large));
            is_right = test::redis::text_of(*backend, "large") == large && is_right;
        }
        const auto holder = backend->get_mutex("key");
        is_right = holder->try_acquire() && is_right;
        const auto waiter = backend->get_mutex("key");
        const auto start = std::chrono::steady_clock::now();
        is_right = !waiter->acquire(start + 2s) && is_right; // longer than the lease, so it was renewed
        const auto took = std::chrono::steady_clock::now() - start;
        return is_right && took >= 2s && took < 30s && storm.signals() > 50;
    });
    CHECK(process.succeeds());
    CHECK(KnownEntries(server).wrong_reads(*new_backend(server.url()), 10) == 0);
}

TEST_CASE("signals that interrupt system calls do not prolong the wait for a halted server", "[redis][fault-32]") {
    RedisServer server;
    ForkedProcess process([&] {
        const auto backend = new_backend(server.url(), {{"socket_timeout", 300ms}});
        static_cast<void>(backend->get("key"));
        ::kill(server.pid(), SIGSTOP);
        const SignalStorm storm;
        bool has_failed = false;
        const auto took = test::redis::time_of([&] {
            try {
                static_cast<void>(backend->get("key"));
            } catch (const kennel::BackendError&) {
                has_failed = true;
            }
        });
        ::kill(server.pid(), SIGCONT);
        return has_failed && took >= 240ms && took < 30s;
    });
    CHECK(process.succeeds());
}

TEST_CASE("a child of fork, too, is told by the server when a lock becomes free", "[redis][fault-29]") {
    RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking({{"lock_sleep", 60s}}));
    { // the parent's watcher has begun
        test::HaltedCreation creation(region, "before", 1);
        const auto other = new_region(server.url(), locking());
        CHECK_THROWS_AS(other.get_or_create("before", [] { return 2; }, {.lock_timeout = 50ms}),
                        kennel::CreationTimeout);
        CHECK(creation.finish() == 1);
    }
    test::HaltedCreation creation(new_region(server.url(), locking()), "key", 1);
    server.command({"CONFIG", "RESETSTAT"});
    ForkedProcess child([&] { return region.get_or_create("key", [] { return 2; }) == 1; });
    REQUIRE(wait_until([&] { return server.calls_of("pttl") != 0; }));
    CHECK(creation.finish() == 1);
    CHECK(child.succeeds(10s));
}
