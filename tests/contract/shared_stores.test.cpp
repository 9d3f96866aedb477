// Several processes, each of which is a region of its own, on one store with locks of every kind.

#include "kennel/kennel.hpp"

#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/file_locks.hpp"
#include "support/leased_locks.hpp"
#include "support/shared_store.hpp"
#include "support/threads.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CacheRegion;
using kennel::testing::ManualClock;

using Keys = std::vector<std::string>;

constexpr std::size_t process_count = 4;

/// Creators of a few keys that notice when two of them are at one key.
class Creators {
public:
    int create(const std::string& key) {
        std::atomic<int>& here = creating_[static_cast<std::size_t>(key.back() - '0')];
        if (++here != 1) ++collisions;
        ++created;
        std::this_thread::yield();
        --here;
        return 1;
    }

    std::atomic<int> created = 0;
    std::atomic<int> collisions = 0;

private:
    std::array<std::atomic<int>, 10> creating_{};
};

/// Runs `work(region, creators, number)` in all processes at once.
template <class Work>
void check_that_creators_never_meet(const std::shared_ptr<ManualClock>& clock, const test::LockSource& locks,
                                    const Work& work) {
    const test::SharedStore store(clock, locks);
    Creators creators;
    test::run_together(process_count, [&](std::size_t number) {
        const CacheRegion<> region = store.process({.expiration_time = 1s, .stale_time = 0s});
        work(region, creators, number);
    });
    CHECK(creators.collisions == 0);
    CHECK(creators.created > 2);
}

/// The same with locks of every kind.
template <class Work>
void on_all_locks(const Work& work) {
    const auto clock = std::make_shared<ManualClock>();
    const auto check = [&](const test::LockSource& locks) {
        check_that_creators_never_meet(clock, locks,
                                       [&](const CacheRegion<>& region, Creators& creators, std::size_t number) {
                                           work(region, creators, number, *clock);
                                       });
    };
    SECTION("of the process") { check(test::source_of(std::make_shared<test::Locks>(clock))); }
    SECTION("that are files") { check(test::source_of(std::make_shared<test::FileLocks>())); }
    SECTION("with a lease") { check(test::source_of(std::make_shared<test::LeasedLocks>(clock, 24h))); }
}

} // namespace

TEST_CASE("processes on one store never create a key at the same time", "[dogpile-18][dogpile-165]") {
    on_all_locks([](const CacheRegion<>& region, Creators& creators, std::size_t /*number*/, ManualClock& clock) {
        for (int round = 0; round != 50; ++round) {
            (void)region.get_or_create("key 0", [&] { return creators.create("key 0"); });
            clock.advance(500ms);
        }
    });
}

TEST_CASE("processes that ask for many keys of one store never create one at the same time",
          "[dogpile-19][dogpile-165]") {
    on_all_locks([](const CacheRegion<>& region, Creators& creators, std::size_t number, ManualClock& clock) {
        std::minstd_rand random(static_cast<unsigned>(number) + 1);
        for (int round = 0; round != 50; ++round) {
            Keys keys;
            for (std::size_t count = random() % 5 + 1; count != 0; --count)
                keys.push_back("key " + std::to_string(random() % 10));
            (void)region.get_or_create_multi(keys, [&](const Keys& missing) {
                std::vector<int> values;
                for (const std::string& key : missing) values.push_back(creators.create(key));
                return values;
            });
            clock.advance(300ms);
        }
    });
}
