#ifndef KENNEL_TESTS_SUPPORT_WAIT_UNTIL_HPP
#define KENNEL_TESTS_SUPPORT_WAIT_UNTIL_HPP

#include <chrono>
#include <thread>

namespace test {

/// How long another process may take for what it does at once on a machine that is not overloaded.
inline constexpr std::chrono::seconds patience{60};

/// Waits for something that happens in another process and tells nobody. Says whether it has happened within the limit.
template <class Condition>
[[nodiscard]] bool wait_until(const Condition& condition, std::chrono::steady_clock::duration limit = patience) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

/// Spins for a time by chance, to be somewhere in the work of another process afterwards.
inline void let_pass(std::chrono::microseconds span) {
    const auto end = std::chrono::steady_clock::now() + span;
    while (std::chrono::steady_clock::now() < end) {
    }
}

} // namespace test

#endif
