#include "kennel/invalidation.hpp"

#include "support/catch.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>

namespace {

using namespace std::chrono_literals;
using kennel::DefaultInvalidationStrategy;
using kennel::Invalidation;
using kennel::Metadata;
using kennel::TimeSpan;
using kennel::WallTime;

constexpr WallTime start{1'000'000h};

Metadata created_at(WallTime moment) {
    Metadata metadata;
    metadata.created = moment;
    return metadata;
}

Invalidation judged(const DefaultInvalidationStrategy& strategy, WallTime created) {
    return strategy.judge("key", created_at(created));
}

} // namespace

TEST_CASE("without an invalidation nothing is hit") {
    const DefaultInvalidationStrategy strategy;
    CHECK(judged(strategy, start) == Invalidation::none);
    CHECK(judged(strategy, WallTime{}) == Invalidation::none);
    CHECK(strategy.stamp(start) == start);
    CHECK_FALSE(strategy.was_soft_invalidated());
}

TEST_CASE("an invalidation hits what was created until then and nothing that is stamped afterwards") {
    const Invalidation kind = GENERATE(Invalidation::hard, Invalidation::soft);
    DefaultInvalidationStrategy strategy;
    strategy.invalidate(kind, start);
    CHECK(judged(strategy, start - 1h) == kind);
    CHECK(judged(strategy, start) == kind);
    CHECK(judged(strategy, strategy.stamp(start)) == Invalidation::none);
    CHECK(judged(strategy, strategy.stamp(start - 1h)) == Invalidation::none);
    CHECK(judged(strategy, start + 1h) == Invalidation::none);
}

TEST_CASE("each of several invalidations at one moment hits what was stamped before it") {
    DefaultInvalidationStrategy strategy;
    for (const Invalidation kind :
         {Invalidation::hard, Invalidation::hard, Invalidation::soft, Invalidation::soft, Invalidation::hard}) {
        const WallTime stamped = strategy.stamp(start);
        CHECK(judged(strategy, stamped) == Invalidation::none);
        strategy.invalidate(kind, start);
        CHECK(judged(strategy, stamped) == kind);
    }
}

TEST_CASE("an invalidation hits what was stamped before the clock was set back") {
    DefaultInvalidationStrategy strategy;
    strategy.invalidate(Invalidation::hard, start);
    const WallTime stamped = strategy.stamp(start - 1h);
    strategy.invalidate(Invalidation::hard, start - 1h);
    CHECK(judged(strategy, stamped) == Invalidation::hard);
}

TEST_CASE("an invalidation hits what was stamped before it, also when the clock has been set back since") {
    const Invalidation kind = GENERATE(Invalidation::hard, Invalidation::soft);
    for (const TimeSpan::Nanoseconds step : {TimeSpan::Nanoseconds(1ns), TimeSpan::Nanoseconds(1us),
                                             TimeSpan::Nanoseconds(2s), TimeSpan::Nanoseconds(24h)}) {
        DefaultInvalidationStrategy strategy;
        const WallTime stamped = strategy.stamp(start);
        strategy.invalidate(kind, start - step);
        CHECK(judged(strategy, stamped) == kind);
        CHECK(judged(strategy, strategy.stamp(start - step)) == Invalidation::none);
    }
}

TEST_CASE("while the clock is behind an invalidation, stamps go on from there at half its speed") {
    DefaultInvalidationStrategy strategy;
    strategy.invalidate(Invalidation::hard, start);
    const WallTime first = strategy.stamp(start - 1h);
    CHECK(first > start);
    CHECK(strategy.stamp(start - 1h) == first);
    CHECK(strategy.stamp(start - 50min) == first + 5min);
    CHECK(strategy.stamp(start) == first + 30min);
    CHECK(strategy.stamp(start + 1s) == start + 1s);

    strategy.invalidate(Invalidation::hard, start + 1s);
    CHECK(judged(strategy, first + 30min) == Invalidation::hard);
    CHECK(strategy.stamp(start + 1s) > first + 30min);
    CHECK(strategy.stamp(start + 1h) == start + 1h);
}

TEST_CASE("a clock that was set back for a moment only leaves no trace") {
    DefaultInvalidationStrategy strategy;
    strategy.invalidate(Invalidation::hard, start);
    static_cast<void>(strategy.stamp(WallTime{}));
    CHECK(strategy.stamp(start + 1s) == start + 1s);
    strategy.invalidate(Invalidation::soft, start + 2s);
    CHECK(strategy.stamp(start + 3s) == start + 3s);
}

TEST_CASE("a later soft invalidation does not weaken a hard one, and a later hard one strengthens a soft one",
          "[defect-D14]") {
    DefaultInvalidationStrategy strategy;
    strategy.invalidate(Invalidation::hard, start);
    strategy.invalidate(Invalidation::soft, start + 10s);
    CHECK(judged(strategy, start - 1s) == Invalidation::hard);
    CHECK(judged(strategy, start + 5s) == Invalidation::soft);
    CHECK(strategy.was_soft_invalidated());
    strategy.invalidate(Invalidation::hard, start + 20s);
    CHECK(judged(strategy, start + 5s) == Invalidation::hard);
    CHECK_FALSE(strategy.was_soft_invalidated());
}

TEST_CASE("an invalidation from an earlier moment takes none back") {
    DefaultInvalidationStrategy strategy;
    strategy.invalidate(Invalidation::hard, start);
    strategy.invalidate(Invalidation::hard, start - 1h);
    CHECK(judged(strategy, start - 1s) == Invalidation::hard);
}

TEST_CASE("invalidations of several threads at the same time all hit what was stamped before them") {
    DefaultInvalidationStrategy strategy;
    std::atomic<int> spared = 0;
    test::run_together(4, [&](std::size_t) {
        for (int round = 0; round != 2000; ++round) {
            const WallTime stamped = strategy.stamp(start);
            strategy.invalidate(Invalidation::hard, start);
            if (judged(strategy, stamped) != Invalidation::hard) ++spared;
        }
    });
    CHECK(spared == 0);
}
