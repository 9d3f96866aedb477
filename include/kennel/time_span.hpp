#ifndef KENNEL_TIME_SPAN_HPP
#define KENNEL_TIME_SPAN_HPP

#include "kennel/errors.hpp"

#include <charconv>
#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <ratio>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

KENNEL_NAMESPACE_BEGIN

/// A length of time in nanoseconds, zero or more; `unlimited` is longer than every other.
///
/// It is made from any `std::chrono` duration or from text (see `parse`). A negative length is a `ValidationError`; one
/// that does not fit into 292 years is `unlimited`.
class TimeSpan {
public:
    /// The duration as which it is kept.
    using Nanoseconds = std::chrono::duration<std::int64_t, std::nano>;

    /// Zero.
    constexpr TimeSpan() = default;

    /// As long as `length`; a floating-point one, or one in finer ticks, to the nearest nanosecond.
    template <class Rep, class Period>
    constexpr TimeSpan(std::chrono::duration<Rep, Period> length) // NOLINT(*-explicit-*): reads as a literal
        : TimeSpan(exactly(length)) {}

    /// Reads text as `parse` does.
    TimeSpan(const char* text) : TimeSpan(parse(text)) {}        // NOLINT(*-explicit-*)
    TimeSpan(std::string_view text) : TimeSpan(parse(text)) {}   // NOLINT(*-explicit-*)
    TimeSpan(const std::string& text) : TimeSpan(parse(text)) {} // NOLINT(*-explicit-*)

    /// Refuses a bare number at compile time, since nobody can see what it counts.
    template <class Number>
        requires std::is_arithmetic_v<Number>
    constexpr TimeSpan(Number) { // NOLINT(*-explicit-*): or the error would be another one
        static_assert(sizeof(Number) == 0, "a length of time needs a unit: write 90s or 1h (std::chrono_literals), "
                                           "std::chrono::seconds(number) or kennel::TimeSpan::from_seconds(number)");
    }

    /// Reads "2h5m", "1.5s", "250ms", "90" (seconds) or "unlimited"; units: ns us ms s m h d w.
    [[nodiscard]] static TimeSpan parse(std::string_view text);

    /// So many seconds, to the nearest nanosecond.
    [[nodiscard]] static constexpr TimeSpan from_seconds(long double seconds) {
        if (!(seconds >= 0))
            throw ValidationError("a length of time must be zero or more; one without end is kennel::unlimited");
        if (seconds >= end_of_time) return longest();
        // The whole seconds apart, for a long double may hold no more digits than a double; 1.001 s cut off would lack
        // one.
        const auto whole = static_cast<std::int64_t>(seconds);
        const long double rest = (seconds - static_cast<long double>(whole)) * 1e9L;
        return TimeSpan(Exact{whole * 1'000'000'000 + static_cast<std::int64_t>(rest + 0.5L)});
    }

    /// So many nanoseconds; less than zero is zero.
    [[nodiscard]] static constexpr TimeSpan from_nanoseconds(std::int64_t count) noexcept {
        return TimeSpan(Exact{count > 0 ? count : 0});
    }

    /// Longer than every other.
    [[nodiscard]] static constexpr TimeSpan longest() noexcept {
        return TimeSpan(Exact{(std::numeric_limits<std::int64_t>::max)()});
    }

    /// Whether it is longer than every other.
    [[nodiscard]] constexpr bool is_unlimited() const noexcept { return *this == longest(); }

    /// Its nanoseconds; of `unlimited`, the largest number that there is.
    [[nodiscard]] constexpr std::int64_t nanoseconds() const noexcept { return nanoseconds_; }
    [[nodiscard]] constexpr Nanoseconds duration() const noexcept { return Nanoseconds(nanoseconds_); }

    /// Its seconds, with their fraction.
    [[nodiscard]] constexpr double seconds() const noexcept { return static_cast<double>(nanoseconds_) / 1e9; }

    friend constexpr auto operator<=>(TimeSpan, TimeSpan) = default;

    /// Never overflows: anything plus `unlimited` is `unlimited`.
    friend constexpr TimeSpan operator+(TimeSpan left, TimeSpan right) noexcept {
        return left.nanoseconds_ > longest().nanoseconds_ - right.nanoseconds_
                   ? longest()
                   : TimeSpan(Exact{left.nanoseconds_ + right.nanoseconds_});
    }

    /// The shorter of the two.
    [[nodiscard]] friend constexpr TimeSpan shorter(TimeSpan left, TimeSpan right) noexcept {
        return left.nanoseconds_ < right.nanoseconds_ ? left : right;
    }

private:
    struct Exact {
        std::int64_t nanoseconds;
    };

    static constexpr long double end_of_time = 9.2e9L; ///< in seconds

    constexpr explicit TimeSpan(Exact exact) noexcept : nanoseconds_(exact.nanoseconds) {}

    template <class Rep, class Period>
    static constexpr TimeSpan exactly(std::chrono::duration<Rep, Period> length) {
        const long double seconds = static_cast<long double>(length.count()) * Period::num /
                                    static_cast<long double>(Period::den);
        constexpr bool is_inexact = std::chrono::treat_as_floating_point_v<Rep> || Period::den > std::nano::den;
        if (is_inexact || !(seconds >= 0 && seconds < end_of_time)) return from_seconds(seconds);
        // The whole seconds apart, for a product of all ticks and the nanoseconds in a tick may not fit.
        const auto whole = std::chrono::duration_cast<std::chrono::seconds>(length);
        return TimeSpan(
            Exact{whole.count() * 1'000'000'000 + std::chrono::duration_cast<Nanoseconds>(length - whole).count()});
    }

    std::int64_t nanoseconds_ = 0;
};

/// A length of time without end: as an expiration time, "never expires".
inline constexpr TimeSpan unlimited = TimeSpan::longest();

namespace detail {

inline double unit_in_seconds(std::string_view unit) {
    struct Unit {
        std::string_view name;
        double seconds;
    };
    constexpr Unit units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1},     {"", 1},
                              {"m", 60},    {"h", 3600},  {"d", 86400}, {"w", 604800}};
    for (const Unit& known : units)
        if (known.name == unit) return known.seconds;
    return -1;
}

} // namespace detail

inline TimeSpan TimeSpan::parse(std::string_view text) {
    const auto reject = [text]() -> ValidationError {
        return ValidationError(
            std::string(1, '\'').append(text).append("' is not a length of time: write \"2h5m\", \"1.5s\", \"250ms\", "
                                                     "a number of seconds, or \"unlimited\""));
    };
    if (text == "unlimited") return longest();
    const char* at = text.data();
    const char* const end = at + text.size();
    if (at == end) throw reject();
    double total = 0;
    bool unit_missing = false;
    while (at != end) {
        if (unit_missing) throw reject();
        double number = 0;
        const auto [after, error] = std::from_chars(at, end, number, std::chars_format::fixed);
        if (error != std::errc() || !(number >= 0 && number <= (std::numeric_limits<double>::max)())) throw reject();
        const char* unit_end = after;
        while (unit_end != end && *unit_end >= 'a' && *unit_end <= 'z') ++unit_end;
        const std::string_view unit(after, static_cast<std::size_t>(unit_end - after));
        const double scale = detail::unit_in_seconds(unit);
        if (scale < 0) throw reject();
        unit_missing = unit.empty();
        if (unit_missing && at != text.data()) throw reject();
        total += number * scale;
        at = unit_end;
    }
    return from_seconds(total);
}

KENNEL_NAMESPACE_END

#endif
