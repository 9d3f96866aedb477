#include "kennel/region/freshness.hpp"

#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace {

using namespace std::chrono_literals;
using kennel::Invalidation;
using kennel::TimeSpan;
using kennel::unlimited;
using kennel::WallTime;
using kennel::detail::age_of;
using kennel::detail::Rules;
using kennel::detail::Standing;

/// Says what it is told to.
class FixedStrategy final : public kennel::RegionInvalidationStrategy {
public:
    explicit FixedStrategy(Invalidation verdict) : verdict_(verdict) {}
    void invalidate(Invalidation /*kind*/, WallTime /*now*/) override {}
    [[nodiscard]] Invalidation judge(std::string_view /*key*/, const kennel::Metadata& /*metadata*/) const override {
        return verdict_;
    }
    [[nodiscard]] bool was_soft_invalidated() const override { return verdict_ == Invalidation::soft; }

private:
    Invalidation verdict_;
};

/// A clock whose coarse time lags behind, and that counts how often its exact time is read.
class LaggingClock final : public kennel::Clock {
public:
    [[nodiscard]] WallTime wall_now() const override {
        ++exact_reads;
        return now;
    }
    [[nodiscard]] WallTime coarse_wall_now() const override {
        ++coarse_reads;
        return now - lag;
    }
    [[nodiscard]] TimeSpan::Nanoseconds coarse_lag() const override { return 20ms; }
    [[nodiscard]] kennel::SteadyTime steady_now() const override { return {}; }
    void wait_until(std::condition_variable& /*changed*/, std::unique_lock<std::mutex>& /*lock*/,
                    kennel::SteadyTime /*deadline*/) const override {}

    WallTime now{500'000h};
    TimeSpan::Nanoseconds lag = 15ms;
    mutable int exact_reads = 0;
    mutable int coarse_reads = 0;
};

/// A strategy that hits nothing and stamps ahead of the clock, as it must when that has been set back.
class AheadStrategy final : public kennel::RegionInvalidationStrategy {
public:
    void invalidate(Invalidation /*kind*/, WallTime /*now*/) override {}
    [[nodiscard]] Invalidation judge(std::string_view /*key*/, const kennel::Metadata& /*metadata*/) const override {
        return Invalidation::none;
    }
    [[nodiscard]] bool was_soft_invalidated() const override { return false; }
    [[nodiscard]] WallTime stamp(WallTime now) const override {
        ++stamps;
        return now + 1h;
    }

    mutable int stamps = 0;
};

kennel::detail::Configuration configuration_with(std::shared_ptr<kennel::RegionInvalidationStrategy> strategy,
                                                 const LaggingClock& clock) {
    kennel::detail::Configuration configuration;
    configuration.invalidator = std::move(strategy);
    configuration.clock = std::shared_ptr<const kennel::Clock>(std::shared_ptr<void>(), &clock);
    configuration.coarse_lag = clock.coarse_lag();
    return configuration;
}

/// One entry, `age` old, judged by `rules`.
struct Case {
    TimeSpan::Nanoseconds age = 0s;
    Rules rules{};
    Invalidation invalidation = Invalidation::none;
    std::optional<TimeSpan> time_to_live{};
    int version = kennel::value_version;
    LaggingClock clock{};

    [[nodiscard]] kennel::detail::Verdict verdict() {
        const auto configuration = configuration_with(std::make_shared<FixedStrategy>(invalidation), clock);
        const kennel::Metadata metadata{.created = clock.now - age, .version = version, .time_to_live = time_to_live};
        return judge(configuration, "key", metadata, rules);
    }
    [[nodiscard]] Standing standing() { return verdict().standing; }
};

Rules rules(TimeSpan expiration, TimeSpan stale_time = unlimited) {
    return {{.expiration = expiration, .stale_time = stale_time}};
}

} // namespace

TEST_CASE("an entry is fresh until its expiration time, stale for the stale time, and then nothing") {
    CHECK(Case{.age = 60s, .rules = rules(1min, 1h)}.standing() == Standing::fresh);
    CHECK(Case{.age = 60s + 1ns, .rules = rules(1min, 1h)}.standing() == Standing::stale);
    CHECK(Case{.age = 61min, .rules = rules(1min, 1h)}.standing() == Standing::stale);
    CHECK(Case{.age = 61min + 1ns, .rules = rules(1min, 1h)}.standing() == Standing::none);
    CHECK(Case{.age = 61min, .rules = rules(1min, 0s)}.standing() == Standing::none);
    CHECK(Case{.age = 24h * 1000, .rules = rules(1min)}.standing() == Standing::stale);
}

TEST_CASE("the earlier of an entry's own time to live and the region's expiration time counts") {
    CHECK(Case{.age = 2min, .rules = rules(1h), .time_to_live = 1min}.standing() == Standing::stale);
    CHECK(Case{.age = 2min, .rules = rules(1min), .time_to_live = 1h}.standing() == Standing::stale);
    CHECK(Case{.age = 2min, .rules = rules(unlimited), .time_to_live = 1min}.standing() == Standing::stale);
    CHECK(Case{.age = 2min, .rules = rules(unlimited), .time_to_live = 1h}.standing() == Standing::fresh);
    CHECK(Case{.age = 0s, .rules = rules(1h), .time_to_live = 0s}.standing() == Standing::stale);
}

TEST_CASE("an expiration time of zero has always passed") {
    CHECK(Case{.age = 0s, .rules = rules(0s)}.standing() == Standing::stale);
    CHECK(Case{.age = -1s, .rules = rules(0s)}.standing() == Standing::stale);
    CHECK(Case{.age = 0s, .rules = rules(0s, 0s)}.standing() == Standing::none);
}

TEST_CASE("an entry from the future expires by its distance") {
    CHECK(Case{.age = -60s, .rules = rules(1min, 1h)}.standing() == Standing::fresh);
    CHECK(Case{.age = -61s, .rules = rules(1min, 1h)}.standing() == Standing::stale);
    CHECK(Case{.age = -62min, .rules = rules(1min, 1h)}.standing() == Standing::none);
    CHECK(Case{.age = -24h * 365 * 100, .rules = rules(unlimited)}.standing() == Standing::fresh);
}

TEST_CASE("the age of an entry from the future is measured from what would be stamped now") {
    const LaggingClock clock;
    const auto strategy = std::make_shared<AheadStrategy>();
    const auto configuration = configuration_with(strategy, clock);
    const auto standing_after = [&](TimeSpan::Nanoseconds age) {
        return judge(configuration, "key", {.created = clock.now - age}, rules(1min, 1h)).standing;
    };
    CHECK(standing_after(0s) == Standing::fresh);
    CHECK(standing_after(2min) == Standing::stale);
    CHECK(strategy->stamps == 0);
    CHECK(standing_after(-1h) == Standing::fresh);
    CHECK(standing_after(-1h + 60s) == Standing::fresh);
    CHECK(standing_after(-1h - 60s) == Standing::fresh);
    CHECK(standing_after(-1h + 61s) == Standing::stale);
    CHECK(standing_after(-1h - 61s) == Standing::stale);
    CHECK(standing_after(-3h) == Standing::none);
}

TEST_CASE("no creation time, however odd, overflows") {
    LaggingClock clock;
    for (const WallTime odd : {(WallTime::min)(), (WallTime::max)(), WallTime()}) {
        Case oddity{.age = 0s, .rules = rules(1min, 1h)};
        const auto configuration = configuration_with(std::make_shared<FixedStrategy>(Invalidation::none), clock);
        const kennel::Metadata metadata{.created = odd};
        CHECK(judge(configuration, "key", metadata, oddity.rules).standing == Standing::none);
        CHECK(age_of(clock.now, odd) >= TimeSpan());
    }
    clock.now = (WallTime::min)();
    CHECK(age_of(clock.now, (WallTime::max)()) == TimeSpan());
}

TEST_CASE("the age of an entry from the future is zero") {
    const WallTime now(500'000h);
    CHECK(age_of(now, now - 5s) == TimeSpan(5s));
    CHECK(age_of(now, now) == TimeSpan());
    CHECK(age_of(now, now + 5s) == TimeSpan());
}

TEST_CASE("an invalidated entry is nothing when hard and stale when soft, whatever its age") {
    CHECK(Case{.rules = rules(1h), .invalidation = Invalidation::hard}.standing() == Standing::none);
    CHECK(Case{.invalidation = Invalidation::hard}.verdict().reason == kennel::EventKind::hard_invalidated);
    CHECK(Case{.rules = rules(1h), .invalidation = Invalidation::soft}.standing() == Standing::stale);
    CHECK(Case{.rules = rules(1h, 0s), .invalidation = Invalidation::soft}.standing() == Standing::none);
}

TEST_CASE("a soft-invalidated entry that is too old anyway is nothing") {
    CHECK(Case{.age = 2min, .rules = rules(1min, 1h), .invalidation = Invalidation::soft}.standing() ==
          Standing::stale);
    CHECK(Case{.age = 2h, .rules = rules(1min, 1h), .invalidation = Invalidation::soft}.standing() == Standing::none);
}

TEST_CASE("who ignores expiration takes what is expired or invalidated, but no other version") {
    Rules lenient = rules(1min, 0s);
    lenient.ignore_expiration = true;
    CHECK(Case{.age = 2h, .rules = lenient}.standing() == Standing::fresh);
    CHECK(Case{.rules = lenient, .invalidation = Invalidation::hard}.standing() == Standing::fresh);
    CHECK(Case{.rules = lenient, .version = 1}.standing() == Standing::none);
}

TEST_CASE("another version is told before an invalidation") {
    Case other{.invalidation = Invalidation::hard, .version = 3};
    CHECK(other.verdict().reason == kennel::EventKind::version_differs);
}

TEST_CASE("no clock is read for an entry that cannot expire") {
    Case lasting{.age = 24h};
    CHECK(lasting.standing() == Standing::fresh);
    CHECK(lasting.clock.coarse_reads + lasting.clock.exact_reads == 0);
}

TEST_CASE("the coarse clock does, unless the entry is about to expire") {
    Case young{.age = 30s, .rules = rules(1min)};
    CHECK(young.standing() == Standing::fresh);
    CHECK(young.clock.exact_reads == 0);
    Case old{.age = 60s - 1ms, .rules = rules(1min)};
    CHECK(old.standing() == Standing::fresh);
    CHECK(old.clock.exact_reads == 1);
    Case just_made{.age = 0s, .rules = rules(1min)};
    CHECK(just_made.standing() == Standing::fresh);
    CHECK(just_made.clock.exact_reads == 0);
    Case expired{.age = 60s + 1ms, .rules = rules(1min)};
    CHECK(expired.standing() == Standing::stale);
}
