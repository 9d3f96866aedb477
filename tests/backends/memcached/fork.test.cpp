// needs: memcached
#include "kennel/backends/memcached.hpp"

#include "backends/memcached/memcached_backend.hpp"
#include "kennel/creation_scope.hpp"
#include "support/catch.hpp"
#include "support/forked_process.hpp"
#include "support/memcached_server.hpp"

#include <algorithm>
#include <memory>
#include <string>

namespace {

using test::memcached_backend;
using test::put;
using test::text_of;

/// Whether that is so in a forked child.
template <class Work>
bool holds_in_child(const Work& work) {
    return test::ForkedProcess(work).succeeds();
}

/// How many connections the server has; it may count one for a moment longer than it is open.
long connections_of(test::MemcachedServer& server) {
    long fewest = server.statistic("curr_connections");
    for (int count = 0; count != 50; ++count) fewest = (std::min)(fewest, server.statistic("curr_connections"));
    return fewest;
}

bool reads_only_its_own(kennel::CacheBackend& backend, const std::string& key) {
    for (int round = 0; round != 300; ++round) {
        put(backend, key, key + std::to_string(round));
        if (text_of(backend, key) != key + std::to_string(round)) return false;
    }
    return true;
}

} // namespace

TEST_CASE("a forked child has connections of its own, and the parent keeps its", "[memcached][fault-29][fork]") {
    test::MemcachedServer& server = test::memcached_server();
    const bool is_binary = GENERATE(false, true);
    const auto backend = memcached_backend(server.url(), {{"binary", is_binary}});
    put(*backend, "key", "value");
    const long before = connections_of(server);
    CHECK(holds_in_child([&] {
        return text_of(*backend, "key") == "value" && connections_of(server) == before + 1 &&
               reads_only_its_own(*backend, "child");
    }));
    CHECK(test::wait_until([&] { return connections_of(server) == before; }));
    CHECK(reads_only_its_own(*backend, "parent"));
}

TEST_CASE("a backend may be destroyed in a forked child, and be used on in the parent", "[memcached][fault-29][fork]") {
    auto backend = memcached_backend(test::memcached_server().url());
    put(*backend, "key", "value");
    CHECK(holds_in_child([&] {
        backend.reset();
        return true;
    }));
    CHECK(holds_in_child([&] {
        const bool is_found = text_of(*backend, "key") == "value";
        backend.reset();
        return is_found;
    }));
    CHECK(text_of(*backend, "key") == "value");
}

TEST_CASE("a child of a child has connections of its own, too", "[memcached][fault-29][fork]") {
    const auto backend = memcached_backend(test::memcached_server().url());
    put(*backend, "key", "value");
    CHECK(holds_in_child([&] {
        return text_of(*backend, "key") == "value" &&
               holds_in_child([&] { return reads_only_its_own(*backend, "grandchild"); }) &&
               reads_only_its_own(*backend, "child");
    }));
    CHECK(reads_only_its_own(*backend, "parent"));
}

TEST_CASE("a forked child neither releases the locks of its parent nor stores under them",
          "[memcached][fault-29][fork][locks]") {
    const auto backend = memcached_backend(test::memcached_server().url(),
                                           {{"distributed_lock", true}, {"lock_timeout", 2}});
    auto mutex = backend->get_mutex("key");
    REQUIRE(mutex->await_turn(kennel::no_deadline) == kennel::Turn::mine);
    CHECK(holds_in_child([&] {
        {
            const kennel::CreationScope scope({&mutex, 1});
            put(*backend, "key", "of the child");
        }
        const bool has_nothing = mutex->is_lost() && !text_of(*backend, "key");
        mutex->release();
        mutex.reset();
        const auto other = backend->get_mutex("key");
        return has_nothing && other->locked() && !other->try_acquire();
    }));
    CHECK(mutex->locked());
    const kennel::CreationScope scope({&mutex, 1});
    put(*backend, "key", "of the parent");
    CHECK(text_of(*backend, "key") == "of the parent");
    CHECK_FALSE(mutex->locked());
}

TEST_CASE("a forked child takes locks of its own, and renews them", "[memcached][fault-29][fork][locks]") {
#ifdef __SANITIZE_THREAD__
    SKIP("ThreadSanitizer ends a forked child that starts a thread");
#endif
    test::MemcachedServer& server = test::memcached_server();
    const auto backend = memcached_backend(server.url(), {{"distributed_lock", true}, {"lock_timeout", 6}});
    const auto of_parent = backend->get_mutex("parent");
    REQUIRE(of_parent->try_acquire()); // and so there is a thread that renews
    CHECK(holds_in_child([&] {
        const auto mutex = backend->get_mutex("child");
        if (!mutex->try_acquire()) return false;
        const auto version = [&] { return server.command("gets _lockchild"); };
        if (!test::wait_until([&, first = version()] { return version() != first; }) || !mutex->locked()) return false;
        mutex->release();
        return !mutex->locked();
    }));
    CHECK(of_parent->locked());
    of_parent->release();
    CHECK_FALSE(of_parent->locked());
}
