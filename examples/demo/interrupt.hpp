#ifndef KENNEL_DEMO_INTERRUPT_HPP
#define KENNEL_DEMO_INTERRUPT_HPP

#include <atomic>
#include <csignal>
#include <exception>

namespace demo {

/// Thrown out of whatever the program is doing when the user has pressed Ctrl-C.
class Interrupted : public std::exception {};

namespace detail {
inline std::atomic<bool> was_interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "or else a signal handler must not touch it");
} // namespace detail

inline void catch_interrupts() {
    std::signal(SIGINT, [](int) { detail::was_interrupted = true; });
    std::signal(SIGTERM, [](int) { detail::was_interrupted = true; });
}

inline void throw_if_interrupted() {
    if (detail::was_interrupted) throw Interrupted();
}

} // namespace demo

#endif
