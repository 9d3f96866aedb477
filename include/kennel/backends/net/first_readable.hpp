#ifndef KENNEL_BACKENDS_NET_FIRST_READABLE_HPP
#define KENNEL_BACKENDS_NET_FIRST_READABLE_HPP

#include "kennel/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <poll.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The position of a descriptor from which something can be read, or which has failed. Waits until `deadline`, after
/// which it is the first one; as it is, without waiting, when there is only one.
[[nodiscard]] inline std::size_t first_readable(std::span<const int> descriptors, SteadyTime deadline) {
    if (descriptors.size() < 2) return 0;
    std::vector<pollfd> waiting;
    for (const int descriptor : descriptors) waiting.push_back({.fd = descriptor, .events = POLLIN, .revents = 0});
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        const int limit = static_cast<int>((std::clamp<std::int64_t>)(left.count(), 0, 60'000));
        const int ready = ::poll(waiting.data(), waiting.size(), limit);
        if (ready <= 0 && limit != 0) continue;
        const auto found = std::find_if(waiting.begin(), waiting.end(),
                                        [](const pollfd& each) { return each.revents != 0; });
        return ready > 0 && found != waiting.end() ? static_cast<std::size_t>(found - waiting.begin()) : 0;
    }
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
