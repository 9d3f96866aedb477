// needs: redis
#include "kennel/backends/redis/redis_entry.hpp"

#include "support/messages.hpp"
#include "support/redis_backend.hpp"

#include <string>
#include <vector>

namespace {

using kennel::BackendError;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using test::redis::entry;
using test::redis::locking;
using test::redis::new_backend;
using test::redis::new_region;
using test::redis::text_of;

} // namespace

TEST_CASE("nothing is stored under a key that is the lock of another, whose creation goes on", "[redis][locks]") {
    test::RedisServer& server = test::redis_server();
    auto region = new_region(server.url(), locking());
    auto others = new_region(server.url(), locking());
    const auto backend = new_backend(server.url(), locking());
    const int value = region.get_or_create("key", [&] {
        CHECK(mentions(message_of<BackendError>([&] { others.set("_lockkey", 1); }),
                       {"'_lockkey'", "the lock of 'key'", "key_mangler", "lock_prefix"}));
        const kennel::CachedValue good = entry("text");
        const std::vector<kennel::BackendEntry> entries = {{"another", &good}, {"_lockkey", &good}};
        CHECK_THROWS_AS(backend->set_multi(entries), BackendError);
        CHECK_FALSE(text_of(*backend, "_lockkey"));
        CHECK(others.get_or_create("_lockkey", [] { return 2; }) == 2);
        return 3;
    });
    CHECK(value == 3);
    CHECK(region.statistics().locks_lost == 0);
    CHECK(region.get<int>("key") == 3);
    CHECK(others.statistics().writes_failed == 2);
    CHECK_FALSE(text_of(*backend, "another"));
}

TEST_CASE("a key that begins as locks do is one like any other where no locks are in the server", "[redis][locks]") {
    const auto backend = new_backend(test::redis_server().url());
    backend->set("_lockkey", entry("text"));
    CHECK(text_of(*backend, "_lockkey") == "text");
    const auto renamed = new_backend(test::redis_server().url(), locking({{"lock_prefix", "lock:"}}));
    renamed->set("_lockother", entry("text"));
    renamed->set("lock", entry("text"));
    CHECK(text_of(*renamed, "_lockother") == "text");
    CHECK(text_of(*renamed, "lock") == "text");
}
