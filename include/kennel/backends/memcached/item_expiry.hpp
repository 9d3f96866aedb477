#ifndef KENNEL_BACKENDS_MEMCACHED_ITEM_EXPIRY_HPP
#define KENNEL_BACKENDS_MEMCACHED_ITEM_EXPIRY_HPP

#include "kennel/clock.hpp"

#include <chrono>
#include <cstdint>
#include <limits>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// When an item of a memcached server expires, as its protocol writes it: 0 for never, up to 30 days as seconds from
/// now, and everything above as seconds since 1970.
using ItemExpiry = std::int32_t;

inline constexpr ItemExpiry never_expires = 0;

/// A moment in January 1970: the item is gone at once, in the text protocol and in the binary one, where -1 is the
/// year 2106.
inline constexpr ItemExpiry already_expired = 30 * 86'400 + 1;

/// So many whole seconds from now on, rounded up; at least one.
[[nodiscard]] inline std::int64_t whole_seconds(TimeSpan span) noexcept {
    const std::int64_t nanoseconds = span.nanoseconds();
    const std::int64_t seconds = nanoseconds / 1'000'000'000 + (nanoseconds % 1'000'000'000 != 0 ? 1 : 0);
    return seconds != 0 ? seconds : 1;
}

/// The expiry of what shall stay for so many seconds; one that the protocol cannot write, after 2038, is none.
[[nodiscard]] inline ItemExpiry expiry_after(std::int64_t seconds, WallTime now) noexcept {
    constexpr std::int64_t longest_relative = 30 * 86'400;
    if (seconds <= longest_relative) return static_cast<ItemExpiry>(seconds);
    const std::int64_t since_1970 = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    constexpr std::int64_t last = (std::numeric_limits<ItemExpiry>::max)();
    return seconds > last - since_1970 ? never_expires : static_cast<ItemExpiry>(since_1970 + seconds);
}

/// The expiry of an entry that is of use for `span`, and a second longer: a server counts whole seconds, and the first
/// one may be nearly over.
[[nodiscard]] inline ItemExpiry expiry_of_use(TimeSpan span, WallTime now) noexcept {
    return span.is_unlimited() ? never_expires : expiry_after(whole_seconds(span) + 1, now);
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
