#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_SHARES_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_SHARES_HPP

#include "kennel/backends/memcached/memcached_pool.hpp"
#include "kennel/backends/net/first_readable.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Which of several keys one server has, and how far it has been asked about them.
struct MemcachedShare {
    std::size_t server = 0;
    std::vector<std::size_t> positions{}; ///< of the keys
    std::size_t done = 0;                 ///< how many of them have been dealt with
    std::unique_ptr<MemcachedPool::Loan> loan{};
    bool is_asked = false;    ///< and the answer is still to be read
    bool is_repeated = false; ///< the connection was found to be dead once

    /// The next of them.
    [[nodiscard]] std::span<const std::size_t> part(std::size_t most) const noexcept {
        const std::span<const std::size_t> rest = std::span(positions).subspan(done);
        return rest.first((std::min)(most, rest.size()));
    }

    [[nodiscard]] bool is_over() const noexcept { return done == positions.size(); }

    void give_up() noexcept {
        loan.reset();
        is_asked = false;
        done = positions.size();
    }
};

/// A share whose server has been asked and not been heard, rather one that answers already; it counts as heard from
/// now on. Null when there are no more. Waits until `deadline`, when what they have answered by then is all there is
/// to read.
[[nodiscard]] inline MemcachedShare* next_answered(std::vector<MemcachedShare>& shares, SteadyTime deadline) {
    std::vector<MemcachedShare*> asked;
    std::vector<int> descriptors;
    for (MemcachedShare& share : shares) {
        if (!share.is_asked) continue;
        asked.push_back(&share);
        descriptors.push_back((*share.loan)->descriptor());
    }
    if (asked.empty()) return nullptr;
    MemcachedShare* const chosen = asked[first_readable(descriptors, deadline)];
    chosen->is_asked = false;
    return chosen;
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
