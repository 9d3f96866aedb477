#pragma once

#include <chrono>

namespace bench {

/// Of all of Kennel's entries: long enough to be nothing but a comparison.
inline constexpr auto expiration = std::chrono::hours(1);

} // namespace bench
