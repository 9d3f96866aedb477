#include "kennel/time_span.hpp"

#include "kennel/errors.hpp"
#include "support/catch.hpp"
#include "support/messages.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>
#include <string>

namespace {

using namespace std::chrono_literals;
using kennel::TimeSpan;

} // namespace

TEST_CASE("a length of time is made from any duration, exactly") {
    CHECK(TimeSpan().nanoseconds() == 0);
    CHECK(TimeSpan(5ns).nanoseconds() == 5);
    CHECK(TimeSpan(2h) == TimeSpan(120min));
    CHECK(TimeSpan(1500ms).seconds() == 1.5);
    CHECK(TimeSpan(std::chrono::duration<double>(0.5)) == TimeSpan(500ms));
    CHECK(TimeSpan(std::chrono::duration<double, std::ratio<3600>>(0.5)) == TimeSpan(30min));
    CHECK(TimeSpan(290 * 365 * 24h).duration() == 290 * 365 * 24h);
}

TEST_CASE("a length of time is exact in whatever unit it is given, up to the longest") {
    using Frames = std::chrono::duration<std::int64_t, std::ratio<1, 60>>;
    using FilmFrames = std::chrono::duration<std::int64_t, std::ratio<1001, 30000>>;
    using Thirds = std::chrono::duration<std::uint64_t, std::ratio<7, 3>>;
    using Picoseconds = std::chrono::duration<std::int64_t, std::pico>;
    constexpr std::int64_t century = 60LL * 60 * 24 * 365 * 100;
    CHECK(TimeSpan(Frames(60 * century)) == TimeSpan(std::chrono::seconds(century)));
    CHECK(TimeSpan(Frames(60 * century + 1)).nanoseconds() == century * 1'000'000'000 + 16'666'666);
    CHECK(TimeSpan(FilmFrames(30'000 * (century / 1001))) == TimeSpan(std::chrono::seconds(century / 1001 * 1001)));
    CHECK(TimeSpan(Thirds(3)) == TimeSpan(7s));
    CHECK(TimeSpan(Thirds(1)).nanoseconds() == 2'333'333'333);
    CHECK(TimeSpan(Picoseconds(1'499)).nanoseconds() == 1);
    CHECK(TimeSpan(Picoseconds(1'500)).nanoseconds() == 2);
    CHECK(TimeSpan(Picoseconds::max()) == TimeSpan(9'223'372s + 36'854'776ns));
    CHECK(TimeSpan(Frames(60 * 9'199'999'999)) == TimeSpan(9'199'999'999s));
    CHECK(TimeSpan(Frames::max()).is_unlimited());
    CHECK(TimeSpan(std::chrono::nanoseconds(9'199'999'999'999'999'999)).nanoseconds() == 9'199'999'999'999'999'999);
}

TEST_CASE("a fraction of a second is rounded to the nearest nanosecond, not cut off") {
    CHECK(TimeSpan(std::chrono::duration<double>(1.001)).nanoseconds() == 1'001'000'000);
    for (int milliseconds = 0; milliseconds != 5'000; ++milliseconds)
        REQUIRE(TimeSpan::parse(std::to_string(milliseconds) + "ms") ==
                TimeSpan(std::chrono::milliseconds(milliseconds)));
}

TEST_CASE("text is a length of time when it consists of numbers with units") {
    CHECK(TimeSpan::parse("2h5m") == TimeSpan(125min));
    CHECK(TimeSpan::parse("1.5s") == TimeSpan(1500ms));
    CHECK(TimeSpan::parse("250ms") == TimeSpan(250ms));
    CHECK(TimeSpan::parse("3us7ns") == TimeSpan(3007ns));
    CHECK(TimeSpan::parse("1w2d") == TimeSpan(9 * 24h));
    CHECK(TimeSpan::parse("90") == TimeSpan(90s));
    CHECK(TimeSpan::parse("0") == TimeSpan());
    CHECK(TimeSpan::parse("unlimited") == kennel::unlimited);
    CHECK(TimeSpan("2h5m") == TimeSpan(std::string("125m")));
}

TEST_CASE("text that is no length of time is refused") {
    for (const char* const text : {"", " ", "h", "5x", "5 m", "-5", "-5s", "1h 5m", "5m90", "nan", "inf", "1e3", "5S",
                                   "+5", "unlimited1", "1..5s", "5m,", "0x10"})
        REQUIRE_THROWS_AS(TimeSpan::parse(text), kennel::ValidationError);
}

TEST_CASE("a negative length of time is refused, one that does not fit is unlimited") {
    REQUIRE_THROWS_AS(TimeSpan(-1ns), kennel::ValidationError);
    REQUIRE_THROWS_AS(TimeSpan(std::chrono::duration<double>(-0.5)), kennel::ValidationError);
    REQUIRE_THROWS_AS(TimeSpan(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())),
                      kennel::ValidationError);
    CHECK(TimeSpan(std::chrono::duration<double>(std::numeric_limits<double>::infinity())).is_unlimited());
    CHECK(TimeSpan(std::chrono::hours::max()).is_unlimited());
    CHECK(TimeSpan::parse("9999999999h").is_unlimited());
}

TEST_CASE("the error of a length of time that is none says how one without end is written") {
    using kennel::testing_support::mentions;
    using kennel::testing_support::message_of;
    CHECK(
        mentions(message_of<kennel::ValidationError>([] { static_cast<void>(TimeSpan(-5s)); }), {"kennel::unlimited"}));
    CHECK(mentions(message_of<kennel::ValidationError>([] { static_cast<void>(TimeSpan("-1")); }),
                   {"'-1'", "\"unlimited\""}));
}

TEST_CASE("lengths of time compare, and adding them never overflows") {
    CHECK(TimeSpan(1s) < TimeSpan(2s));
    CHECK(TimeSpan(1s) < kennel::unlimited);
    CHECK(TimeSpan(1s) + TimeSpan(500ms) == TimeSpan(1500ms));
    CHECK(kennel::unlimited + TimeSpan(1ns) == kennel::unlimited);
    CHECK((kennel::unlimited + kennel::unlimited).is_unlimited());
    static_assert(TimeSpan(60s) == TimeSpan(1min));
}
