#ifndef KENNEL_BACKENDS_NET_JITTER_HPP
#define KENNEL_BACKENDS_NET_JITTER_HPP

#include "kennel/clock.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <system_error>

#include <sys/random.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A time that is about right and cheap to read, for deadlines.
[[nodiscard]] inline SteadyTime coarse_now() { return SystemClock::shared()->coarse_steady_now(); }

/// Random bytes from the operating system, so that a forked child has others than its parent.
template <std::size_t size>
[[nodiscard]] std::array<std::uint8_t, size> random_bytes() {
    static_assert(size <= 256, "getrandom gives that much in one piece");
    std::array<std::uint8_t, size> bytes{};
    while (::getrandom(bytes.data(), size, 0) != static_cast<ssize_t>(size))
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
    return bytes;
}

/// A length of time from zero to `longest`, by chance.
[[nodiscard]] inline std::chrono::nanoseconds random_up_to(std::chrono::nanoseconds longest) {
    std::uint32_t number = 0;
    const auto bytes = random_bytes<sizeof number>();
    std::memcpy(&number, bytes.data(), sizeof number);
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(longest.count()) * number / 4294967296.0));
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
