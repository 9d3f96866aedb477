#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>

namespace bench {

/// Hears now and then how many requests were worked on since; may be called by several threads.
using Advance = std::function<void(std::size_t requests)>;

/// Calls `use` with each number below `count`, and `advance` in between.
template <class Use>
void for_each_request(std::size_t count, const Advance& advance, Use&& use) {
    constexpr std::size_t stride = 1U << 14U;
    for (std::size_t begin = 0; begin < count; begin += stride) {
        const std::size_t end = std::min(begin + stride, count);
        for (std::size_t request = begin; request != end; ++request) use(request);
        advance(end - begin);
    }
}

} // namespace bench
