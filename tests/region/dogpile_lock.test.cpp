#include "kennel/kennel.hpp"

#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/halted_creation.hpp"
#include "support/threads.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace {

using namespace std::chrono_literals;
using kennel::CacheRegion;
using kennel::testing::ManualClock;

constexpr int thread_count = 10;

/// One expiring resource that threads use all the time. Time passes only when one of them lets it pass: a use, a
/// pause and a creation each take theirs on a clock that is turned by hand. Age is counted in generations.
class Resource {
public:
    struct Times {
        kennel::TimeSpan expiry;
        kennel::TimeSpan creation;
        kennel::TimeSpan use;
        kennel::TimeSpan pause;
        kennel::TimeSpan life = kennel::unlimited; ///< after which the store drops the value by itself
    };

    explicit Resource(const Times& times) : times_(times) {
        kennel::ConfigureOptions options{.expiration_time = times.expiry};
        if (!times.life.is_unlimited()) options.arguments["time_to_live"] = times.life;
        region_.configure("memory", options);
    }

    /// Ten threads use the resource as often as that.
    void use(int uses) {
        test::run_together(thread_count, [&](std::size_t) {
            for (int round = 0; round != uses; ++round) use_once();
        });
    }

    std::atomic<int> created = 0;
    std::atomic<int> collisions = 0; ///< creations that began during another one
    std::atomic<int> too_early = 0;  ///< creations that began before the last value had expired or was dropped
    std::atomic<int> too_old = 0;    ///< values older than the one before the last

    [[nodiscard]] kennel::RegionStatistics statistics() const { return region_.statistics(); }

private:
    void use_once() {
        const int newest = created;
        if (region_.get_or_create("resource", [this] { return create(); }) < newest - 1) ++too_old;
        clock_->advance(times_.use);
        clock_->advance(times_.pause);
    }

    int create() {
        if (++creating_ != 1) ++collisions;
        const kennel::WallTime began = clock_->wall_now();
        if (created != 0 && began - last_made_.load() < (std::min)(times_.expiry, times_.life).duration()) ++too_early;
        clock_->advance(times_.creation);
        last_made_ = clock_->wall_now();
        --creating_;
        return ++created;
    }

    Times times_;
    std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>();
    std::atomic<int> creating_ = 0;
    std::atomic<kennel::WallTime> last_made_{};
    CacheRegion<> region_{{.clock = clock_}};
};

void check(const Resource::Times& times, int uses = 50) {
    Resource resource(times);
    resource.use(uses);
    CHECK(resource.collisions == 0);
    CHECK(resource.too_early == 0);
    CHECK(resource.too_old == 0);
    CHECK(resource.created > 2);
    const auto counts = resource.statistics();
    CHECK(counts.hits + counts.stale_hits + counts.misses == static_cast<std::uint64_t>(thread_count * uses));
    CHECK(counts.created == static_cast<std::uint64_t>(resource.created));
    CHECK(counts.misses - counts.joined == counts.created);
    if (times.life.is_unlimited()) CHECK(counts.joined < thread_count); // only the first value is waited for
}

} // namespace

TEST_CASE("ten threads share a resource whose creation is quick", "[dogpile-128]") {
    check({.expiry = 2s, .creation = 500ms, .use = 50ms, .pause = 100ms});
}

TEST_CASE("ten threads share a resource whose creation is slow", "[dogpile-129]") {
    check({.expiry = 5s, .creation = 2s, .use = 100ms, .pause = 100ms});
}

TEST_CASE("ten threads share a resource that is used for long", "[dogpile-130]") {
    check({.expiry = 5s, .creation = 2s, .use = 1s, .pause = 100ms});
}

TEST_CASE("ten threads share a resource whose creation takes longer than it is fresh", "[dogpile-131]") {
    check({.expiry = 2s, .creation = 2500ms, .use = 50ms, .pause = 100ms});
}

TEST_CASE("ten threads share a resource that the store drops before it has expired", "[dogpile-132]") {
    check({.expiry = 1s, .creation = 600ms, .use = 50ms, .pause = 100ms, .life = 800ms}, 100);
}

TEST_CASE("ten threads share a resource that the store drops after it has expired", "[dogpile-133][dogpile-134]") {
    check({.expiry = 2s, .creation = 500ms, .use = 50ms, .pause = 100ms, .life = 2750ms});
    check({.expiry = 5s, .creation = 2s, .use = 100ms, .pause = 100ms, .life = 7700ms});
}

TEST_CASE("the old value is returned to everybody else for as long as the creation runs", "[dogpile-130]") {
    const auto clock = std::make_shared<ManualClock>();
    CacheRegion<> region({.clock = clock});
    region.configure("memory", {.expiration_time = 5s});
    region.set("resource", 1);
    clock->advance(6s);
    test::HaltedCreation creation(region, "resource", 2);
    std::atomic<int> old_values = 0;
    test::run_together(9, [&](std::size_t) {
        for (int use = 0; use != 50; ++use) {
            old_values += region.get_or_create("resource", [] { return 1000; });
            clock->advance(10ms);
        }
    });
    CHECK(old_values == 450);
    CHECK(creation.finish() == 2);
}

TEST_CASE("an expired value is created anew by one call of the creator", "[dogpile-135]") {
    const auto clock = std::make_shared<ManualClock>();
    CacheRegion<> region({.clock = clock});
    region.configure("memory", {.expiration_time = 5s});
    region.set("resource", 1);
    clock->advance(6s);
    int created = 0;
    CHECK(region.get_or_create("resource", [&] { return 1 + ++created; }) == 2);
    CHECK(region.get_or_create("resource", [&] { return 1 + ++created; }) == 2);
    CHECK(created == 1);
}
