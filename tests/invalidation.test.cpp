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
    for (const Invalidation kind : {Invalidation::hard, Invalidation::hard, Invalidation::soft, Invalidation::soft, Invalidation::hard}) {
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

TEST_CASE("a later soft invalidation does not weaken a hard one, and a later hard one strengthens a soft one", "[defect-D14]") {
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
