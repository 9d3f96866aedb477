// Several processes, each of which is a region of its own, on one store with locks of every kind.

#include "kennel/kennel.hpp"

#include "support/catch.hpp"
#include "support/file_locks.hpp"
#include "support/leased_locks.hpp"
#include "support/meeting_creators.hpp"
#include "support/shared_store.hpp"

#include <chrono>
#include <memory>

namespace {

using namespace std::chrono_literals;

/// A store in memory, with locks of every kind.
template <class Check>
void on_all_locks(const Check& check) {
    const auto with = [&](const test::LockSource& locks) {
        const test::SharedStore store(kennel::SystemClock::shared(), locks);
        check([&](const kennel::ConfigureOptions& options, const std::shared_ptr<const kennel::Clock>& clock) {
            return store.process(options, clock);
        });
    };
    const auto clock = kennel::SystemClock::shared();
    SECTION("of the process") { with(test::source_of(std::make_shared<test::Locks>(clock))); }
    SECTION("that are files") { with(test::source_of(std::make_shared<test::FileLocks>())); }
    SECTION("with a lease") { with(test::source_of(std::make_shared<test::LeasedLocks>(clock, 24h))); }
}

} // namespace

TEST_CASE("processes on one store never create a key at the same time", "[dogpile-18][dogpile-165]") {
    on_all_locks(test::check_that_creators_of_a_key_never_meet);
}

TEST_CASE("processes that ask for many keys of one store never create one at the same time",
          "[dogpile-19][dogpile-165]") {
    on_all_locks(test::check_that_creators_of_many_keys_never_meet);
}
