#ifndef KENNEL_TESTS_SUPPORT_SIGNAL_STORM_HPP
#define KENNEL_TESTS_SUPPORT_SIGNAL_STORM_HPP

#include <signal.h>
#include <sys/time.h>

#include <atomic>

namespace test {

/// Interrupts system calls of this process every millisecond.
class SignalStorm {
public:
    SignalStorm() {
        struct sigaction action{};
        action.sa_handler = [](int) { ++signals_; };
        ::sigaction(SIGALRM, &action, &before_); // without SA_RESTART
        set_interval(1000);
    }
    SignalStorm(const SignalStorm&) = delete;
    SignalStorm& operator=(const SignalStorm&) = delete;
    ~SignalStorm() {
        set_interval(0);
        ::sigaction(SIGALRM, &before_, nullptr);
    }

    [[nodiscard]] static int signals() { return signals_; }

private:
    static void set_interval(long microseconds) {
        const itimerval interval{.it_interval = {.tv_sec = 0, .tv_usec = microseconds},
                                 .it_value = {.tv_sec = 0, .tv_usec = microseconds}};
        ::setitimer(ITIMER_REAL, &interval, nullptr);
    }

    static inline std::atomic<int> signals_ = 0;
    struct sigaction before_{};
};

} // namespace test

#endif
