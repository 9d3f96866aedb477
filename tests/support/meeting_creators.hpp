#ifndef KENNEL_TESTS_SUPPORT_MEETING_CREATORS_HPP
#define KENNEL_TESTS_SUPPORT_MEETING_CREATORS_HPP

#include "kennel/cache_region.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace test {

// What must hold where several processes, each of which is a region of its own, use one store that has locks.

/// Makes the region of another process, with options and a clock.
using MakeProcess =
    std::function<kennel::CacheRegion<>(const kennel::ConfigureOptions&, const std::shared_ptr<const kennel::Clock>&)>;

/// Creators of ten keys that notice when two of them are at one key.
class MeetingCreators {
public:
    /// The last character of the key is a digit.
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

/// Runs `work(region, creators, number)` in four processes at once.
template <class Work>
void check_that_creators_never_meet(const MakeProcess& make_process,
                                    const std::shared_ptr<kennel::testing::ManualClock>& clock, const Work& work) {
    MeetingCreators creators;
    run_together(4, [&](std::size_t number) {
        const kennel::CacheRegion<> region = make_process(
            {.expiration_time = std::chrono::seconds(1), .stale_time = std::chrono::seconds(0)}, clock);
        work(region, creators, number);
    });
    CHECK(creators.collisions == 0);
    CHECK(creators.created > 2);
}

/// Processes never create a key at the same time.
inline void check_that_creators_of_a_key_never_meet(const MakeProcess& make_process) {
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    const auto work = [&](const kennel::CacheRegion<>& region, MeetingCreators& creators, std::size_t /*number*/) {
        for (int round = 0; round != 50; ++round) {
            (void)region.get_or_create("key 0", [&] { return creators.create("key 0"); });
            clock->advance(std::chrono::milliseconds(500));
        }
    };
    check_that_creators_never_meet(make_process, clock, work);
}

/// Neither do those that ask for many keys.
inline void check_that_creators_of_many_keys_never_meet(const MakeProcess& make_process) {
    using Keys = std::vector<std::string>;
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    const auto work = [&](const kennel::CacheRegion<>& region, MeetingCreators& creators, std::size_t number) {
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
            clock->advance(std::chrono::milliseconds(300));
        }
    };
    check_that_creators_never_meet(make_process, clock, work);
}

} // namespace test

#endif
