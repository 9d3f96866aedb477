// needs: memcached
// Many threads, several processes, forks and signals.

#include "kennel/backends/memcached.hpp"

#include "backends/memcached/faulty_server.hpp"
#include "kennel/kennel.hpp"
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/fault_proxy.hpp"
#include "support/forked_process.hpp"
#include "support/memcached_server.hpp"
#include "support/signal_storm.hpp"
#include "support/threads.hpp"
#include "support/wait_until.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::ForkedProcess;
using test::many_threads;
using test::MemcachedServer;
using test::put;
using test::text_of;
using test::threads_beside_forks;
using test::wait_until;

/// For a machine on which a thread may wait for its turn for seconds.
const kennel::Arguments patient = {{"socket_timeout", test::patience}, {"connect_timeout", test::patience}};

kennel::CacheRegion<> locking_region(const std::string& url, kennel::Arguments arguments = {}) {
    arguments.emplace("url", url);
    arguments.emplace("distributed_lock", true);
    kennel::CacheRegion<> region;
    region.configure("memcached", {.expiration_time = 1h, .arguments = arguments});
    return region;
}

/// Counts on the server, and says how far.
long count(MemcachedServer& server, const std::string& name) {
    server.command("add " + name + " 0 0 1\r\n0");
    return std::stol(server.command("incr " + name + " 1"));
}

bool reads_only_its_own(kennel::CacheBackend& backend, const std::string& key, int rounds) {
    for (int round = 0; round != rounds; ++round) {
        put(backend, key, key + std::to_string(round));
        if (text_of(backend, key) != key + std::to_string(round)) return false;
    }
    return true;
}

} // namespace

TEST_CASE("thousands of threads that ask for one key create it once, with few connections", "[memcached][fault-21]") {
    MemcachedServer& server = test::memcached_server();
    const auto region = locking_region(server.url(), patient);
    const long before = server.statistic("curr_connections");
    std::atomic<int> created = 0;
    std::atomic<std::size_t> right = 0;
    test::run_together(many_threads, [&](std::size_t) {
        if (region.get_or_create("key", [&] { return ++created; }) == 1) ++right;
    });
    CHECK(created == 1);
    CHECK(right == many_threads);
    CHECK(server.statistic("curr_connections") - before <= 32);
}

TEST_CASE("processes that ask for one key at the same time create it once", "[memcached][fault-21]") {
    MemcachedServer& server = test::memcached_server();
    constexpr int rounds = 20;
    const auto run_one = [&] {
        const auto region = locking_region(server.url());
        bool is_right = true;
        for (int round = 0; round != rounds; ++round) {
            const std::string number = std::to_string(round);
            count(server, "arrived" + number);
            is_right = wait_until(
                           [&] { return server.command("get arrived" + number).find("\r\n4") != std::string::npos; }) &&
                       is_right;
            const auto create = [&] { return count(server, "created" + number); };
            is_right = region.get_or_create("key" + number, create) == 1 && is_right;
        }
        return is_right;
    };
    std::vector<std::unique_ptr<ForkedProcess>> processes;
    for (int number = 0; number != 4; ++number) processes.push_back(std::make_unique<ForkedProcess>(run_one));
    for (const auto& process : processes) CHECK(process->succeeds());
    for (int round = 0; round != rounds; ++round) CHECK(count(server, "created" + std::to_string(round)) == 2);
}

TEST_CASE("a forked child has connections of its own, and both go on", "[memcached][fault-29]") {
    const auto backend = test::memcached_backend(test::memcached_server().url());
    std::atomic<bool> is_over = false;
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> traffic;
    for (int number = 0; number != threads_beside_forks; ++number)
        traffic.emplace_back([&, key = "traffic" + std::to_string(number)] {
            while (!is_over) wrong += reads_only_its_own(*backend, key, 10) ? 0 : 1;
        });
    for (int round = 0; round != 10; ++round) {
        ForkedProcess child([&] { return reads_only_its_own(*backend, "child", 300); });
        CHECK(reads_only_its_own(*backend, "parent", 100));
        CHECK(child.succeeds());
    }
    is_over = true;
    traffic.clear();
    CHECK(wrong == 0);
}

TEST_CASE("a connection that the parent closes is closed, although a child was forked meanwhile",
          "[memcached][fault-29]") {
    MemcachedServer& server = test::memcached_server();
    test::FaultProxy proxy(server.address());
    auto backend = test::memcached_backend(proxy.address().text());
    REQUIRE_FALSE(text_of(*backend, "key"));
    ForkedProcess child([&] { return wait_until([&] { return server.command("get end") != "END\r\n"; }); });
    backend.reset();
    CHECK(wait_until([&] { return proxy.open_connections() == 0; }));
    server.command("set end 0 0 1\r\n1");
    CHECK(child.succeeds());
}

TEST_CASE("a connection that was lost raises no signal", "[memcached][fault-32]") {
    MemcachedServer& server = test::memcached_server();
    test::FaultProxy proxy(server.address());
    ForkedProcess process([&] {
        std::signal(SIGPIPE, SIG_DFL);
        const auto backend = test::memcached_backend(proxy.address().text(), test::hasty({{"retry_timeout", 1ms}}));
        for (bool is_over = false; !is_over;) {
            try {
                put(*backend, "key", std::string(300'000, 'x'));
            } catch (const kennel::BackendError&) { // NOLINT(*-empty-catch): that is what it is to throw
            }
            is_over = server.command("get end") != "END\r\n";
        }
        return true;
    });
    for (int round = 0; round != 50; ++round) {
        const std::size_t before = proxy.sent().size();
        REQUIRE(wait_until([&] { return proxy.sent().size() > before; }));
        proxy.end_connections();
        proxy.forget();
    }
    server.command("set end 0 0 1\r\n1");
    CHECK(process.succeeds());
}

TEST_CASE("signals that interrupt system calls disturb nothing, and prolong nothing", "[memcached][fault-32]") {
    MemcachedServer server({"-I", "8m"});
    const bool is_binary = GENERATE(false, true);
    ForkedProcess process([&] {
        const test::SignalStorm storm;
        const auto backend = test::memcached_backend(
            server.url(), {{"binary", is_binary}, {"max_value_size", 8 << 20}, {"distributed_lock", true}});
        bool is_right = reads_only_its_own(*backend, "key", 300);
        const std::string large(4'000'000, 'x');
        for (int round = 0; round != 20; ++round) {
            put(*backend, "large", large);
            is_right = text_of(*backend, "large") == large && is_right;
        }
        const auto holder = backend->get_mutex("key");
        is_right = holder->try_acquire() && is_right;
        const auto start = std::chrono::steady_clock::now();
        is_right = !backend->get_mutex("key")->acquire(start + 300ms) && is_right;
        const auto took = std::chrono::steady_clock::now() - start;
        return is_right && took >= 300ms && took < 30s && test::SignalStorm::signals() > 50;
    });
    CHECK(process.succeeds());
}

TEST_CASE("signals that interrupt system calls do not prolong the wait for a halted server", "[memcached][fault-32]") {
    MemcachedServer server;
    ForkedProcess process([&] {
        put(*test::memcached_backend(server.url()), "key", "value");
        const auto backend = test::memcached_backend(server.url(), test::hasty());
        ::kill(server.pid(), SIGSTOP);
        const test::SignalStorm storm;
        const auto start = std::chrono::steady_clock::now();
        bool has_failed = false;
        try {
            static_cast<void>(text_of(*backend, "key"));
        } catch (const kennel::BackendError&) {
            has_failed = true;
        }
        const auto took = std::chrono::steady_clock::now() - start;
        ::kill(server.pid(), SIGCONT);
        return has_failed && took >= 250ms && took < 30s; // signals that prolong it would do so without end
    });
    CHECK(process.succeeds());
}
