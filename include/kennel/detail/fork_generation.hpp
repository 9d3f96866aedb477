#ifndef KENNEL_DETAIL_FORK_GENERATION_HPP
#define KENNEL_DETAIL_FORK_GENERATION_HPP

#include "kennel/version.hpp"

#include <atomic>

#include <pthread.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

inline std::atomic<unsigned> fork_count = 0;

/// A number that is another one in the child after each fork, so that what a process has opened is not used by its
/// child.
[[nodiscard]] inline unsigned fork_generation() noexcept {
    [[maybe_unused]] static const int registered = ::pthread_atfork(
        nullptr, nullptr, [] { fork_count.fetch_add(1, std::memory_order_relaxed); });
    return fork_count.load(std::memory_order_relaxed);
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
