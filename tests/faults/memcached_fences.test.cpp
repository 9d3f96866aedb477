// needs: memcached
// No value is stored that was made before a completed change of its key, and no lock is left, whatever comes between.

#include "kennel/backends/memcached.hpp"

#include "backends/memcached/memcached_backend.hpp"
#include "kennel/creation_scope.hpp"
#include "support/catch.hpp"
#include "support/fault_proxy.hpp"
#include "support/memcached_server.hpp"
#include "support/threads.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;
using kennel::CacheMutex;
using kennel::Turn;
using test::put;
using test::text_of;

using Backend = std::shared_ptr<kennel::MemcachedBackend>;

Backend locking_backend(const std::string& url, kennel::Arguments arguments = {}) {
    arguments.emplace("distributed_lock", true);
    return test::memcached_backend(url, std::move(arguments));
}

/// Stores as the creation does that has this mutex.
void store_created(const std::shared_ptr<CacheMutex>& mutex, kennel::CacheBackend& backend, std::string_view text) {
    const kennel::CreationScope scope({&mutex, 1});
    put(backend, "key", text);
}

/// A server that refuses to store anything of the size of a lock, rather than evict something.
class FullServer {
public:
    FullServer() {
        while (filler_.call(request(stored_)) == "STORED\r\n") ++stored_;
    }

    [[nodiscard]] std::string url() const { return server_.url(); }

    /// Makes room for one item.
    void make_room() { filler_.call("delete " + name(removed_++)); }

private:
    [[nodiscard]] static std::string name(int number) { return "_lockf" + std::to_string(100'000 + number); }
    [[nodiscard]] static std::string request(int number) {
        return "set " + name(number) + " 0 0 26\r\n" + std::string(26, 'x');
    }

    test::MemcachedServer server_{{"-M", "-m", "2"}};
    test::MemcachedTextClient filler_{server_.address()};
    int stored_ = 0;
    int removed_ = 0;
};

/// The lock of "key", for which the server has been given just enough room.
std::shared_ptr<CacheMutex> mutex_in(FullServer& server, kennel::CacheBackend& backend) {
    auto mutex = backend.get_mutex("key");
    for (int tries = 0; tries != 200; ++tries) {
        try {
            if (mutex->look_or_acquire() != Turn::timed_out) return mutex;
        } catch (const kennel::BackendError&) {
            server.make_room();
        }
    }
    FAIL("there is no room for a lock");
    return mutex;
}

} // namespace

TEST_CASE("a value does not come back after an erase, although its predecessor was evicted before",
          "[memcached][fault-13][locks]") {
    test::MemcachedServer& server = test::memcached_server();
    test::FaultProxy proxy(server.address());
    const bool is_binary = GENERATE(false, true);
    const Backend creating = locking_backend(proxy.address().text(), {{"binary", is_binary}});
    const Backend erasing = locking_backend(server.url());
    put(*erasing, "key", "old");
    const auto mutex = creating->get_mutex("key");
    REQUIRE(mutex->await_turn(kennel::at_once) == Turn::mine);
    server.command("delete key"); // as if it had been evicted
    SECTION("before the store") {
        erasing->erase("key");
        store_created(mutex, *creating, "made before the erase");
        CHECK(mutex->is_lost());
    }
    SECTION("while the store is answered") {
        bool is_erased = false;
        proxy.rewrite_replies([&](const std::string& piece, bool) {
            if (!std::exchange(is_erased, true)) erasing->erase("key");
            return piece;
        });
        store_created(mutex, *creating, "made before the erase");
        proxy.pass();
        CHECK(is_erased);
    }
    CHECK_FALSE(text_of(*erasing, "key"));
    CHECK_FALSE(mutex->locked());
}

TEST_CASE("a value does not come back after an erase that could not ask the server of the lock",
          "[memcached][fault-1][locks]") {
    test::MemcachedServer first;
    test::MemcachedServer second;
    const std::string url = first.url() + " " + second.url();
    const kennel::Arguments hasty{{"connect_timeout", 300ms}, {"socket_timeout", 300ms}};
    const Backend creating = locking_backend(url, hasty);
    const Backend erasing = locking_backend(url, hasty);
    std::string key = "key";
    while (creating->get_mutex(key)->can_look()) key += 'x'; // until its lock is on the other server
    const auto mutex = creating->get_mutex(key);
    REQUIRE(mutex->await_turn(kennel::at_once) == Turn::mine);
    test::MemcachedServer& of_lock = first.command("get _lock" + key) != "END\r\n" ? first : second;
    of_lock.process().suspend();
    erasing->erase(key);
    {
        const kennel::CreationScope scope({&mutex, 1});
        put(*creating, key, "made before the erase");
    }
    CHECK(mutex->is_lost());
    CHECK_FALSE(text_of(*erasing, key));
    of_lock.process().resume();
}

TEST_CASE("a value that was set after the lock was taken away stays, also when the late one came in between",
          "[memcached][locks]") {
    test::MemcachedServer& server = test::memcached_server();
    test::FaultProxy way_of_creating(server.address());
    test::FaultProxy way_of_setting(server.address());
    const Backend creating = locking_backend(way_of_creating.address().text());
    const Backend setting = locking_backend(way_of_setting.address().text());
    const auto mutex = creating->get_mutex("key");
    REQUIRE(mutex->look_or_acquire() == Turn::mine);
    test::Stop lock_is_taken_away;
    test::Stop late_value_is_stored;
    std::size_t replies = 0;
    way_of_setting.rewrite_replies([&](const std::string& piece, bool) {
        if (++replies == 2) lock_is_taken_away.halt();
        return piece;
    });
    bool is_first = true;
    way_of_creating.rewrite_replies([&](const std::string& piece, bool) {
        if (std::exchange(is_first, false)) late_value_is_stored.halt();
        return piece;
    });
    auto set = test::on_another_thread([&] { put(*setting, "key", "newer"); });
    lock_is_taken_away.await_arrival();
    auto created = test::on_another_thread([&] { store_created(mutex, *creating, "older"); });
    late_value_is_stored.await_arrival();
    lock_is_taken_away.let_go();
    set.get();
    late_value_is_stored.let_go();
    created.get();
    CHECK(mutex->is_lost());
    CHECK(text_of(*locking_backend(server.url()), "key") == "newer");
}

TEST_CASE("an erase takes the lock of a creation away although the server is full", "[memcached][fault-12][locks]") {
    FullServer server;
    const Backend creating = locking_backend(server.url());
    const auto mutex = mutex_in(server, *creating);
    locking_backend(server.url())->erase("key");
    CHECK_FALSE(mutex->locked());
    for (int count = 0; count != 5; ++count) server.make_room();
    store_created(mutex, *creating, "late");
    CHECK(mutex->is_lost());
    CHECK_FALSE(text_of(*creating, "key"));
}

TEST_CASE("a lock is given back although the server is full", "[memcached][fault-12][locks]") {
    FullServer server;
    const Backend backend = locking_backend(server.url(),
                                            {{"lock_timeout", GENERATE(std::string("30s"), "unlimited")}});
    SECTION("by who creates nothing") { mutex_in(server, *backend)->release(); }
    SECTION("by who creates something") {
        const auto mutex = mutex_in(server, *backend);
        try {
            store_created(mutex, *backend, "value");
        } catch (const kennel::BackendError&) { // NOLINT(*-empty-catch): for want of room
        }
        mutex->release();
    }
    SECTION("by who finds a value") {
        server.make_room();
        put(*backend, "key", "v");
        (void)mutex_in(server, *backend);
    }
    CHECK_FALSE(backend->get_mutex("key")->locked());
}
