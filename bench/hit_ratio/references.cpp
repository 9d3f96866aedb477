#include "references.hpp"

#include "position_sets.hpp"

#include <algorithm>
#include <limits>

namespace bench {

namespace {

constexpr std::uint32_t never = std::numeric_limits<std::uint32_t>::max();

} // namespace

ExactLru::ExactLru(const Trace& trace, const Advance& advance)
    : requests_(trace.requests.size()), hits_(trace.keys.size() + 1) {
    CountedPositions last_uses(requests_);
    std::vector<std::uint32_t> last_use(trace.keys.size(), never);
    std::size_t used_keys = 0;
    for_each_request(requests_, advance, [&](std::size_t request) {
        std::uint32_t& last = last_use[trace.requests[request]];
        if (last == never) ++used_keys;
        else {
            ++hits_[used_keys - last_uses.count_to(last) + 1]; // the least capacity with which it is a hit
            last_uses.erase(last);
        }
        last_uses.insert(request);
        last = static_cast<std::uint32_t>(request);
    });
    for (std::size_t capacity = 1; capacity < hits_.size(); ++capacity) hits_[capacity] += hits_[capacity - 1];
}

std::uint64_t ExactLru::misses(std::size_t capacity) const {
    return requests_ - hits_[std::min(capacity, hits_.size() - 1)];
}

Optimum::Optimum(const Trace& trace) : next_uses_(trace.requests.size()) {
    std::vector<std::uint32_t> next_use(trace.keys.size(), never);
    for (std::size_t request = trace.requests.size(); request-- != 0;) {
        std::uint32_t& next = next_use[trace.requests[request]];
        next_uses_[request] = next;
        next = static_cast<std::uint32_t>(request);
    }
}

/// The cache is the set of the requests that will be hits as it is now, and some keys that are never needed again.
std::uint64_t Optimum::misses(std::size_t capacity, const Advance& advance) const {
    PositionHeap needed(next_uses_.size());
    std::size_t size = 0;
    std::size_t useless = 0;
    std::uint64_t misses = 0;
    for_each_request(next_uses_.size(), advance, [&](std::size_t request) {
        if (!needed.erase(request)) {
            ++misses;
            if (size < capacity) ++size;
            else if (useless > 0) --useless;
            else needed.erase(needed.highest());
        }
        if (next_uses_[request] == never) ++useless;
        else needed.insert(next_uses_[request]);
    });
    return misses;
}

} // namespace bench
