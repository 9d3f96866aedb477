#ifndef KENNEL_TESTS_SUPPORT_THREADS_HPP
#define KENNEL_TESTS_SUPPORT_THREADS_HPP

#include <atomic>
#include <cstddef>
#include <future>
#include <latch>
#include <thread>
#include <utility>
#include <vector>

namespace test {

/// Runs `work(index)` on `count` threads that start at the same moment, and waits for all of them. It must not throw.
template <class Work>
void run_together(std::size_t count, const Work& work) {
    std::latch start(static_cast<std::ptrdiff_t>(count));
    std::atomic<bool> is_called_off = false;
    std::vector<std::jthread> threads;
    threads.reserve(count);
    try {
        for (std::size_t index = 0; index != count; ++index)
            threads.emplace_back([&, index] {
                start.arrive_and_wait();
                if (!is_called_off) work(index);
            });
    } catch (...) { // the system gives no more threads
        is_called_off = true;
        start.count_down(static_cast<std::ptrdiff_t>(count - threads.size()));
        throw;
    }
}

/// Runs `work` on a thread of its own; `get()` of the result gives what it returns or throws.
template <class Work>
[[nodiscard]] auto on_another_thread(Work work) {
    return std::async(std::launch::async, std::move(work));
}

/// A gate that is closed until it is opened, for good; opening it again changes nothing.
class Gate {
public:
    void open() {
        if (!was_opened_.test_and_set()) closed_.count_down();
    }
    void pass() const { closed_.wait(); }
    [[nodiscard]] bool is_open() const { return closed_.try_wait(); }

private:
    std::atomic_flag was_opened_{};
    std::latch closed_{1};
};

/// A place where a thread stops until another one, which can wait for its arrival, lets it go on.
class Stop {
public:
    void halt() {
        arrived_.open();
        going_on_.pass();
    }
    void await_arrival() const { arrived_.pass(); }
    void let_go() { going_on_.open(); }

private:
    Gate arrived_;
    Gate going_on_;
};

} // namespace test

#endif
