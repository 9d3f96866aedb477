#ifndef KENNEL_DEMO_INTERRUPT_HPP
#define KENNEL_DEMO_INTERRUPT_HPP

#include <csignal>
#include <exception>

namespace demo {

/// Thrown out of whatever the program is doing when the user has pressed Ctrl-C.
class Interrupted : public std::exception {};

namespace detail {
inline volatile std::sig_atomic_t was_interrupted = 0;
}

inline void catch_interrupts() {
    std::signal(SIGINT, [](int) { detail::was_interrupted = 1; });
    std::signal(SIGTERM, [](int) { detail::was_interrupted = 1; });
}

inline void throw_if_interrupted() {
    if (detail::was_interrupted != 0) throw Interrupted();
}

} // namespace demo

#endif
