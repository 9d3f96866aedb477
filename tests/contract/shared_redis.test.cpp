// needs: redis
// Several processes, each of which is a region of its own, on one server, with its locks and with others.

#include "kennel/backends/redis.hpp"
#include "kennel/kennel.hpp"

#include "support/catch.hpp"
#include "support/file_locks.hpp"
#include "support/locking_proxy.hpp"
#include "support/meeting_creators.hpp"
#include "support/redis_server.hpp"

#include <memory>
#include <string>

namespace {

template <class Check>
void on_all_locks(const Check& check) {
    const std::string url = test::redis_server().url();
    const auto with = [&](bool has_own_locks, const test::LockSource& others) {
        check([&](kennel::ConfigureOptions options, const std::shared_ptr<const kennel::Clock>& clock) {
            options.arguments = {{"url", url}, {"distributed_lock", has_own_locks}};
            if (others) options.wrap.push_back(std::make_shared<test::LockingProxy>(others));
            kennel::CacheRegion<> region({.clock = clock});
            region.configure("redis", options);
            return region;
        });
    };
    SECTION("of the server") { with(true, {}); }
    SECTION("that are files") { with(false, test::source_of(std::make_shared<test::FileLocks>())); }
}

} // namespace

TEST_CASE("processes on one Redis server never create a key at the same time", "[redis][dogpile-18]") {
    on_all_locks(test::check_that_creators_of_a_key_never_meet);
}

TEST_CASE("processes that ask for many keys of one Redis server never create one at the same time",
          "[redis][dogpile-19]") {
    on_all_locks(test::check_that_creators_of_many_keys_never_meet);
}
