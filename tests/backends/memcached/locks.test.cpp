// needs: memcached
#include "kennel/backends/memcached/memcached_mutex.hpp"

#include "backends/memcached/memcached_backend.hpp"
#include "kennel/creation_scope.hpp"
#include "kennel/kennel.hpp"
#include "support/catch.hpp"
#include "support/fault_proxy.hpp"
#include "support/memcached_server.hpp"
#include "support/threads.hpp"
#include "support/wait_until.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::at_once;
using kennel::CacheMutex;
using kennel::no_deadline;
using kennel::Turn;
using test::envelope_of;
using test::item_reply;
using test::put;
using test::text_of;

std::shared_ptr<kennel::MemcachedBackend> locking_backend(const std::string& url, kennel::Arguments arguments = {}) {
    arguments.emplace("distributed_lock", true);
    return test::memcached_backend(url, std::move(arguments));
}

/// What is done within a creation that holds, or waits for, the mutex.
template <class Action>
auto in_creation_of(const std::shared_ptr<CacheMutex>& mutex, Action&& action) {
    const kennel::CreationScope scope({&mutex, 1});
    return action();
}

kennel::SteadyTime in(kennel::TimeSpan span) { return kennel::later_by(std::chrono::steady_clock::now(), span); }

/// The requests, with the token of the lock, which is 32 digits, as "<token>", and versions as "<version>".
std::vector<std::string> requests_of(const test::FaultProxy& proxy) {
    std::vector<std::string> requests = proxy.requests();
    for (std::string& request : requests) {
        const std::size_t line = request.find("\r\n");
        if (request.size() != line + 36) continue;
        request.replace(line + 2, 32, "<token>");
        if (request.starts_with("cas "))
            request.replace(request.rfind(' ', line) + 1, line - request.rfind(' ', line) - 1, "<version>");
    }
    return requests;
}

int count_of(const std::vector<std::string>& requests, std::string_view begin) {
    return static_cast<int>(
        std::count_if(requests.begin(), requests.end(), [&](const auto& text) { return text.starts_with(begin); }));
}

} // namespace

TEST_CASE("a creation under a lock is two round trips, and what dogpile understands", "[memcached][locks]") {
    test::FaultProxy proxy(test::memcached_server().address());
    const auto backend = locking_backend(proxy.address().text());
    const auto mutex = backend->get_mutex("gk1");
    REQUIRE(mutex->await_turn(no_deadline) == Turn::mine);
    in_creation_of(mutex, [&] {
        CHECK_FALSE(text_of(*backend, "gk1"));
        put(*backend, "gk1", "[]");
    });
    mutex->release();
    CHECK_FALSE(mutex->is_lost());
    CHECK(requests_of(proxy) == std::vector<std::string>{"add _lockgk1 0 30 32\r\n<token>\r\n", "gets _lockgk1 gk1\r\n",
                                                         "add gk1 0 0 31\r\n"
                                                         R"({"ct": 1795243567.5, "v": 2}|[])"
                                                         "\r\n",
                                                         "cas _lockgk1 0 2592001 32 <version>\r\n<token>\r\n"});
    CHECK(proxy.round_trips() == 2);
    CHECK_FALSE(mutex->locked());
}

TEST_CASE("a lock that is released is free at once, also with the binary protocol", "[memcached][locks]") {
    const bool is_binary = GENERATE(false, true);
    const auto backend = locking_backend(test::memcached_server().url(), {{"binary", is_binary}});
    for (int round = 0; round != 20; ++round) {
        const auto mutex = backend->get_mutex("key");
        REQUIRE(mutex->try_acquire());
        CHECK(mutex->locked());
        mutex->release();
        CHECK_FALSE(mutex->locked());
        CHECK_FALSE(mutex->is_lost());
    }
}

TEST_CASE("a server that has no versions can be used for locks too", "[memcached][locks]") {
    const test::MemcachedServer server({"-C"});
    const auto backend = locking_backend(server.url());
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(no_deadline) == Turn::mine);
    in_creation_of(mutex, [&] { put(*backend, "key", "value"); });
    CHECK_FALSE(mutex->locked());
    CHECK(text_of(*backend, "key") == "value");
}

TEST_CASE("the lock of a Python process is respected, and not released", "[memcached][locks]") {
    test::MemcachedServer& server = test::memcached_server();
    const auto backend = locking_backend(server.url());
    for (const char* const flags : {"4", "2", "0", "1"}) {
        server.command("set _lockkey " + std::string(flags) + " 0 1\r\n1");
        const auto mutex = backend->get_mutex("key");
        CHECK(mutex->locked());
        CHECK_FALSE(mutex->try_acquire());
        CHECK(mutex->await_turn(at_once) == Turn::timed_out);
        CHECK(mutex->await_turn(in(20ms)) == Turn::timed_out);
        mutex->release();
        CHECK(mutex->locked());
        CHECK_FALSE(mutex->is_lost());
        server.command("delete _lockkey");
        CHECK(mutex->await_turn(no_deadline) == Turn::mine);
        mutex->release();
    }
}

TEST_CASE("who asks only once whether it is its turn makes one round trip", "[memcached][locks]") {
    test::FaultProxy proxy(test::memcached_server().address());
    const auto backend = locking_backend(proxy.address().text());
    const auto holder = backend->get_mutex("key");
    REQUIRE(holder->try_acquire());
    proxy.forget();
    CHECK(backend->get_mutex("key")->await_turn(at_once) == Turn::timed_out);
    CHECK(proxy.round_trips() == 1);
    holder->release();
}

TEST_CASE("a lock that was taken over by somebody else is not released", "[memcached][locks]") {
    test::MemcachedServer& server = test::memcached_server();
    const auto backend = locking_backend(server.url());
    const auto mutex = backend->get_mutex("key");
    const bool is_watched = GENERATE(false, true);
    REQUIRE((is_watched ? mutex->await_turn(no_deadline) == Turn::mine : mutex->try_acquire()));
    server.command("set _lockkey 4 0 1\r\n1");
    mutex->release();
    CHECK(mutex->is_lost());
    CHECK(server.command("get _lockkey") == item_reply("_lockkey", "1", 4) + "END\r\n");
}

TEST_CASE("a creation whose lock is lost brings nothing back, and says so", "[memcached][locks]") {
    test::MemcachedServer& server = test::memcached_server();
    const bool is_binary = GENERATE(false, true);
    const auto backend = locking_backend(server.url(), {{"binary", is_binary}});
    const bool had_entry = GENERATE(false, true);
    if (had_entry) put(*backend, "key", "before");
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(no_deadline) == Turn::mine);
    if (had_entry) server.command("delete key");
    const auto reason = GENERATE("delete _lockkey", "set _lockkey 4 0 1\r\n1", "flush_all");
    server.command(reason);
    in_creation_of(mutex, [&] { CHECK_NOTHROW(put(*backend, "key", "late")); });
    CHECK(mutex->is_lost());
    CHECK_FALSE(text_of(*backend, "key"));
    in_creation_of(mutex, [&] { put(*backend, "key", "later still"); });
    CHECK_FALSE(text_of(*backend, "key"));
    in_creation_of(mutex, [&] { put(*backend, "other", "of another key"); });
    CHECK(text_of(*backend, "other") == "of another key");
    CHECK(mutex->await_turn(in(20ms)) != Turn::made);
    mutex->release();
}

TEST_CASE("a creation whose lock is lost replaces only the entry that it knew, and says so", "[memcached][locks]") {
    test::MemcachedServer& server = test::memcached_server();
    const auto backend = locking_backend(server.url());
    put(*backend, "key", "before");
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(no_deadline) == Turn::mine);
    server.command(GENERATE("delete _lockkey", "set _lockkey 4 0 1\r\n1"));
    const bool is_stored_anew = GENERATE(false, true);
    if (is_stored_anew) put(*test::memcached_backend(server.url()), "key", "newer");
    in_creation_of(mutex, [&] { put(*backend, "key", "late"); });
    CHECK(mutex->is_lost());
    CHECK(text_of(*backend, "key") == (is_stored_anew ? "newer" : "late"));
}

TEST_CASE("a value that was stored by somebody without the lock is not replaced by what was being created",
          "[memcached][locks]") {
    test::MemcachedServer& server = test::memcached_server();
    const bool is_binary = GENERATE(false, true);
    const auto backend = locking_backend(server.url(), {{"binary", is_binary}});
    const auto python = test::memcached_backend(server.url());
    const bool had_entry = GENERATE(false, true);
    if (had_entry) put(*python, "key", "before");
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(no_deadline) == Turn::mine);
    put(*python, "key", "newer");
    in_creation_of(mutex, [&] { put(*backend, "key", "late"); });
    CHECK(mutex->is_lost());
    CHECK(text_of(*python, "key") == "newer");
    CHECK_FALSE(mutex->locked());
}

TEST_CASE("an entry that was evicted while its next value was created is stored all the same", "[memcached][locks]") {
    test::MemcachedServer& server = test::memcached_server();
    const bool is_binary = GENERATE(false, true);
    const auto backend = locking_backend(server.url(), {{"binary", is_binary}});
    put(*backend, "key", "before");
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(no_deadline) == Turn::mine);
    server.command("delete key");
    in_creation_of(mutex, [&] { put(*backend, "key", "after"); });
    CHECK_FALSE(mutex->is_lost());
    CHECK(text_of(*backend, "key") == "after");
    CHECK_FALSE(mutex->locked());
}

TEST_CASE("a value that became too big under the lock leaves neither an old one nor the lock", "[memcached][locks]") {
    test::MemcachedServer& server = test::memcached_server();
    const bool is_known = GENERATE(false, true); // to the client, which then does not even send it
    const auto backend = locking_backend(server.url(), {{"max_value_size", is_known ? 1 << 20 : 1 << 24}});
    const bool had_entry = GENERATE(false, true);
    if (had_entry) put(*backend, "key", "before");
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(no_deadline) == Turn::mine);
    in_creation_of(mutex,
                   [&] { CHECK_THROWS_AS(put(*backend, "key", std::string(1 << 21, 'x')), kennel::BackendError); });
    mutex->release();
    CHECK_FALSE(text_of(*backend, "key"));
    CHECK_FALSE(mutex->locked());
}

TEST_CASE("a lock can be acquired again after it was lost", "[memcached][locks]") {
    test::MemcachedServer& server = test::memcached_server();
    const auto backend = locking_backend(server.url());
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->try_acquire());
    server.command("flush_all");
    mutex->release();
    CHECK(mutex->is_lost());
    REQUIRE(mutex->try_acquire());
    CHECK_FALSE(mutex->is_lost());
    in_creation_of(mutex, [&] { put(*backend, "key", "value"); });
    CHECK(text_of(*backend, "key") == "value");
    CHECK_FALSE(mutex->locked());
}

TEST_CASE("storing gives the lock back, and releasing it then does nothing", "[memcached][locks]") {
    test::FaultProxy proxy(test::memcached_server().address());
    const auto backend = locking_backend(proxy.address().text());
    const bool is_list = GENERATE(false, true);
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->try_acquire());
    const kennel::CachedValue entry = test::entry_of("value");
    const std::vector<kennel::BackendEntry> entries{{"other", &entry}, {"key", &entry}};
    in_creation_of(mutex, [&] { is_list ? backend->set_multi(entries) : backend->set("key", entry); });
    CHECK_FALSE(mutex->locked());
    proxy.forget();
    mutex->release();
    CHECK(proxy.requests().empty());
    CHECK(text_of(*backend, "key") == "value");
}

TEST_CASE("a value that is set or erased meanwhile is not replaced by what was being created", "[memcached][locks]") {
    test::MemcachedServer& server = test::memcached_server();
    const auto backend = locking_backend(server.url());
    const auto other = locking_backend(server.url());
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(no_deadline) == Turn::mine);
    const auto untouched = backend->get_mutex("untouched");
    REQUIRE(untouched->await_turn(no_deadline) == Turn::mine);
    const kennel::CachedValue entry = test::entry_of("newer");
    const std::vector<kennel::BackendEntry> entries{{"another", &entry}, {"key", &entry}};
    const std::vector<std::string_view> keys{"key", "another"};
    std::optional<std::string> expected = "newer";
    SECTION("set") { other->set("key", entry); }
    SECTION("set among others") { other->set_multi(entries); }
    SECTION("erased") {
        other->erase("key");
        expected.reset();
    }
    SECTION("erased among others") {
        other->erase_multi(keys);
        expected.reset();
    }
    SECTION("set by the same backend") { backend->set("key", entry); }
    in_creation_of(mutex, [&] { put(*backend, "key", "late"); });
    CHECK(mutex->is_lost());
    CHECK(text_of(*other, "key") == expected);
    CHECK_FALSE(mutex->locked());
    in_creation_of(untouched, [&] { put(*backend, "untouched", "stored"); });
    CHECK_FALSE(untouched->is_lost());
    CHECK(text_of(*other, "untouched") == "stored");
}

TEST_CASE("a write leaves the lock of a Python process alone, which would not miss it", "[memcached][locks]") {
    test::MemcachedServer& server = test::memcached_server();
    const auto backend = locking_backend(server.url());
    server.command("set _lockkey 4 0 1\r\n1");
    put(*backend, "key", "value");
    backend->erase("key");
    CHECK(server.command("get _lockkey") == item_reply("_lockkey", "1", 4) + "END\r\n");
}

TEST_CASE("a lock of another backend in the scope of a creation is not taken for one's own", "[memcached][locks]") {
    const std::string url = test::memcached_server().url();
    const auto backend = locking_backend(url);
    const auto stranger = locking_backend(url);
    in_creation_of(stranger->get_mutex("key"), [&] { put(*backend, "key", "by another backend"); });
    CHECK(text_of(*backend, "key") == "by another backend");
}

TEST_CASE("what was read along with the lock is read once, without asking the server", "[memcached][locks]") {
    test::FaultProxy proxy(test::memcached_server().address());
    const auto backend = locking_backend(proxy.address().text());
    put(*backend, "key", "value");
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(no_deadline) == Turn::mine);
    proxy.forget();
    in_creation_of(mutex, [&] {
        CHECK(text_of(*backend, "key") == "value");
        CHECK(proxy.requests().empty());
        CHECK(text_of(*backend, "key") == "value");
        CHECK(proxy.requests().size() == 1);
    });
    mutex->release();
}

TEST_CASE("a waiter goes on as soon as the value is there, whether the lock is free or not", "[memcached][locks]") {
    const std::string url = test::memcached_server().url();
    const auto backend = locking_backend(url);
    const auto python = test::memcached_backend(url); // which stores first, and gives its lock back then
    const bool has_old_value = GENERATE(false, true);
    const auto holder = backend->get_mutex("key");
    REQUIRE(holder->try_acquire());
    const auto waiter = backend->get_mutex("key");
    if (has_old_value) {
        put(*python, "key", "old");
        CHECK(waiter->await_turn(no_deadline) == Turn::made); // it cannot know what the caller has seen
        in_creation_of(waiter, [&] { CHECK(text_of(*backend, "key") == "old"); });
    }
    auto turn = test::on_another_thread([&] { return waiter->await_turn(no_deadline); });
    put(*python, "key", "new");
    CHECK(turn.get() == Turn::made);
    in_creation_of(waiter, [&] { CHECK(text_of(*backend, "key") == "new"); });
    CHECK(waiter->await_turn(in(30ms)) == Turn::timed_out);
    holder->release();
    CHECK(waiter->await_turn(no_deadline) == Turn::mine);
    waiter->release();
}

TEST_CASE("a waiter gets the lock when it is free and nothing was stored", "[memcached][locks]") {
    const auto backend = locking_backend(test::memcached_server().url());
    const auto holder = backend->get_mutex("key");
    REQUIRE(holder->await_turn(no_deadline) == Turn::mine);
    const auto waiter = backend->get_mutex("key");
    auto turn = test::on_another_thread([&] { return waiter->await_turn(no_deadline); });
    holder->release();
    CHECK(turn.get() == Turn::mine);
    waiter->release();
}

TEST_CASE("lock_blocking_timeout ends a wait, however long the caller would", "[memcached][locks]") {
    const auto backend = locking_backend(test::memcached_server().url(), {{"lock_blocking_timeout", 50ms}});
    const auto holder = backend->get_mutex("key");
    REQUIRE(holder->try_acquire());
    CHECK_FALSE(backend->get_mutex("key")->acquire(no_deadline));
    CHECK(backend->get_mutex("key")->await_turn(no_deadline) == Turn::timed_out);
    holder->release();
}

TEST_CASE("from storing to the waiter's return it is a few milliseconds", "[memcached][locks]") {
    const auto backend = locking_backend(test::memcached_server().url());
    std::vector<std::chrono::steady_clock::duration> waits;
    for (int round = 0; round != 21; ++round) {
        const std::string key = "key" + std::to_string(round);
        const auto holder = backend->get_mutex(key);
        REQUIRE(holder->await_turn(no_deadline) == Turn::mine);
        std::atomic<std::chrono::steady_clock::time_point> end{};
        auto turn = test::on_another_thread([&] {
            const auto waiter = backend->get_mutex(key);
            const Turn result = waiter->await_turn(no_deadline);
            end = std::chrono::steady_clock::now();
            if (result == Turn::mine) waiter->release();
            return result;
        });
        // Long enough for the waiter to poll at its slowest.
        CHECK_FALSE(test::wait_until([] { return false; }, 60ms));
        const auto start = std::chrono::steady_clock::now();
        in_creation_of(holder, [&] { put(*backend, key, "value"); });
        CHECK(turn.get() != Turn::timed_out);
        waits.push_back(end.load() - start);
    }
    std::nth_element(waits.begin(), waits.begin() + 10, waits.end());
    const double median = std::chrono::duration<double, std::milli>(waits[10]).count();
    CAPTURE(median);
    CHECK(median < 400); // when dogpile's would look for the first time
}

TEST_CASE("a lease is renewed while the lock is held, and no longer", "[memcached][locks]") {
    test::FaultProxy proxy(test::memcached_server().address());
    const auto backend = locking_backend(proxy.address().text(), {{"lock_timeout", 6}});
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(no_deadline) == Turn::mine);
    // Each one is later by a third of the lease.
    REQUIRE(test::wait_until([&] { return count_of(requests_of(proxy), "cas _lockkey 0 6 32 ") >= 2; }));
    CHECK(mutex->locked());
    in_creation_of(mutex, [&] { put(*backend, "key", "value"); });
    CHECK_FALSE(mutex->is_lost());
    CHECK(text_of(*backend, "key") == "value");
    CHECK_FALSE(mutex->locked());
    proxy.forget();
    CHECK_FALSE(test::wait_until([&] { return !proxy.requests().empty(); }, 2500ms));
}

TEST_CASE("the lock of a creator that never returns is free after lock_max_hold and the lease", "[memcached][locks]") {
    const auto backend = locking_backend(test::memcached_server().url(), {{"lock_timeout", 1}, {"lock_max_hold", 1ms}});
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(no_deadline) == Turn::mine);
    const auto next = backend->get_mutex("key");
    CHECK(next->await_turn(in(30s)) == Turn::mine);
    in_creation_of(mutex, [&] { put(*backend, "key", "late"); });
    CHECK(mutex->is_lost());
    CHECK_FALSE(text_of(*backend, "key"));
    CHECK(next->locked());
    next->release();
}

TEST_CASE("a lock whose owner is gone is free after its lease", "[memcached][locks]") {
    const auto backend = locking_backend(test::memcached_server().url(), {{"lock_timeout", 1}});
    auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->try_acquire());
    mutex.reset();
    const auto next = backend->get_mutex("key");
    CHECK(next->locked());
    CHECK(next->acquire(in(30s)));
    next->release();
}

TEST_CASE("a lock of which nobody knows whether it was granted is not held", "[memcached][locks]") {
    test::FaultProxy proxy(test::memcached_server().address());
    const auto backend = locking_backend(proxy.address().text(), {{"socket_timeout", 200ms}, {"retry_timeout", 1ms}});
    const auto mutex = backend->get_mutex("key");
    proxy.hold();
    CHECK_THROWS_AS(mutex->try_acquire(), kennel::BackendError);
    proxy.pass();
    proxy.forget();
    mutex->release();
    CHECK(proxy.requests().empty());
    CHECK_FALSE(mutex->is_lost());
}

TEST_CASE("a lock that was granted on a connection that then ended is known by its text", "[memcached][locks]") {
    test::FaultProxy proxy(test::memcached_server().address());
    const auto backend = locking_backend(proxy.address().text());
    CHECK_FALSE(text_of(*backend, "key")); // so that there is a connection to be lost
    proxy.drop_replies();
    auto first = test::on_another_thread([&] { return backend->get_mutex("key")->await_turn(no_deadline); });
    REQUIRE(test::wait_until([&] { return count_of(proxy.requests(), "add ") != 0; }));
    proxy.pass();
    std::optional<Turn> turn;
    try {
        turn = first.get();
    } catch (const kennel::BackendError&) { // the repeated request was lost as well, so nothing is known or held
        return;
    }
    CHECK(turn == Turn::mine);
}

TEST_CASE("a server that fails while a lock is released is nobody's trouble", "[memcached][locks]") {
    test::FaultProxy proxy(test::memcached_server().address());
    const auto backend = locking_backend(proxy.address().text(), {{"socket_timeout", 100ms}});
    const auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(no_deadline) == Turn::mine);
    proxy.refuse_connections();
    mutex->release();
    CHECK_FALSE(mutex->is_lost());
}

TEST_CASE("regions of two backends create a value once, and both get it", "[memcached][locks]") {
    const std::string url = test::memcached_server().url();
    std::vector<kennel::CacheRegion<>> regions;
    for (int number = 0; number != 3; ++number) {
        regions.emplace_back();
        regions.back().configure("memcached",
                                 {.expiration_time = 1h, .arguments = {{"url", url}, {"distributed_lock", true}}});
    }
    for (int round = 0; round != 40; ++round) {
        const std::string key = "key" + std::to_string(round);
        std::atomic<int> calls = 0;
        std::atomic<int> wrong = 0;
        test::run_together(6, [&](std::size_t thread) {
            const int value = regions[thread % regions.size()].get_or_create(key, [&] {
                ++calls;
                std::this_thread::yield();
                return round;
            });
            if (value != round) ++wrong;
        });
        CHECK(calls == 1);
        CHECK(wrong == 0);
    }
}

TEST_CASE("a creator that throws leaves the lock free for another backend", "[memcached][locks]") {
    const std::string url = test::memcached_server().url();
    kennel::CacheRegion region;
    region.configure("memcached", {.expiration_time = 1h, .arguments = {{"url", url}, {"distributed_lock", true}}});
    struct Failure {};
    REQUIRE_THROWS_AS(region.get_or_create("key", []() -> int { throw Failure(); }), Failure);
    const auto mutex = locking_backend(url)->get_mutex("key");
    CHECK(mutex->try_acquire());
    CHECK(region.key_is_locked("key"));
    mutex->release();
    CHECK_FALSE(region.key_is_locked("key"));
}

TEST_CASE("calls for many keys of two backends in different orders do not wait for each other for ever",
          "[memcached][locks]") {
    const std::string url = test::memcached_server().url();
    std::vector<kennel::CacheRegion<>> regions(2);
    for (auto& region : regions)
        region.configure("memcached", {.expiration_time = 1h, .arguments = {{"url", url}, {"distributed_lock", true}}});
    for (int round = 0; round != 10; ++round) {
        const std::string suffix = std::to_string(round);
        std::vector<std::string> keys{"a" + suffix, "b" + suffix, "c" + suffix, "d" + suffix};
        std::atomic<std::size_t> created = 0;
        test::run_together(2, [&](std::size_t thread) {
            std::vector<std::string> order = keys;
            if (thread == 1) std::reverse(order.begin(), order.end());
            regions[thread].get_or_create_multi(order, [&](const std::vector<std::string>& missing) {
                created += missing.size();
                return std::vector<int>(missing.size(), round);
            });
        });
        CHECK(created == keys.size());
    }
}

TEST_CASE("a creation of many keys replaces nothing that was stored meanwhile", "[memcached][locks]") {
    const std::string url = test::memcached_server().url();
    kennel::CacheRegion<> region;
    region.configure("memcached", {.arguments = {{"url", url}, {"distributed_lock", true}}});
    kennel::CacheRegion<> without_locks;
    without_locks.configure("memcached", {.arguments = {{"url", url}}});
    const std::vector<std::string> keys = {"absent", "expired"};
    const auto create = [&](const std::vector<std::string>& missing) {
        without_locks.set_multi<int>({{"absent", 2}, {"expired", 2}});
        return std::vector<int>(missing.size(), 1);
    };
    without_locks.set("expired", 0);
    CHECK(region.get_or_create_multi(keys, create, {.expiration_time = 0s}) == std::vector<int>{1, 1});
    CHECK(without_locks.get<int>("absent") == 2);
    CHECK(without_locks.get<int>("expired") == 2);
    CHECK(region.statistics().locks_lost == 2);
    for (const std::string& key : keys) CHECK_FALSE(region.key_is_locked(key));
}
