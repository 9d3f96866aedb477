#ifndef KENNEL_DETAIL_QUIET_THREAD_HPP
#define KENNEL_DETAIL_QUIET_THREAD_HPP

#include "kennel/version.hpp"

#include <thread>
#include <utility>

#include <csignal>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Starts a thread that no signal is delivered to: the program's signals are none of a library's business. Throws
/// `std::system_error`.
template <class Work>
[[nodiscard]] std::thread quiet_thread(Work&& work) {
    struct Blocked {
        Blocked() {
            sigset_t all;
            ::sigfillset(&all);
            ::pthread_sigmask(SIG_SETMASK, &all, &before);
        }
        Blocked(const Blocked&) = delete;
        Blocked& operator=(const Blocked&) = delete;
        ~Blocked() { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); }

        sigset_t before{};
    };
    const Blocked blocked;
    return std::thread(std::forward<Work>(work));
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
