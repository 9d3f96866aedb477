#include "kennel/time_span.hpp"

#include "kennel/errors.hpp"
#include "support/catch.hpp"

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
    for (const char* const text : {"", " ", "h", "5x", "5 m", "-5", "-5s", "1h 5m", "5m90", "nan",
                                   "inf", "1e3", "5S", "+5", "unlimited1", "1..5s", "5m,", "0x10"})
        REQUIRE_THROWS_AS(TimeSpan::parse(text), kennel::ValidationError);
}

TEST_CASE("a negative length of time is refused, one that does not fit is unlimited") {
    REQUIRE_THROWS_AS(TimeSpan(-1ns), kennel::ValidationError);
    REQUIRE_THROWS_AS(TimeSpan(std::chrono::duration<double>(-0.5)), kennel::ValidationError);
    REQUIRE_THROWS_AS(
        TimeSpan(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())),
        kennel::ValidationError);
    CHECK(TimeSpan(std::chrono::duration<double>(std::numeric_limits<double>::infinity()))
              .is_unlimited());
    CHECK(TimeSpan(std::chrono::hours::max()).is_unlimited());
    CHECK(TimeSpan::parse("9999999999h").is_unlimited());
}

TEST_CASE("lengths of time compare, and adding them never overflows") {
    CHECK(TimeSpan(1s) < TimeSpan(2s));
    CHECK(TimeSpan(1s) < kennel::unlimited);
    CHECK(TimeSpan(1s) + TimeSpan(500ms) == TimeSpan(1500ms));
    CHECK(kennel::unlimited + TimeSpan(1ns) == kennel::unlimited);
    CHECK((kennel::unlimited + kennel::unlimited).is_unlimited());
    static_assert(TimeSpan(60s) == TimeSpan(1min));
}
