#ifndef KENNEL_BACKENDS_MEMCACHED_LOCK_WAITS_HPP
#define KENNEL_BACKENDS_MEMCACHED_LOCK_WAITS_HPP

#include "kennel/backends/memcached/memcached_store.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <thread>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Sixteen random bytes in hexadecimal digits, which nobody else has; from the system, so a forked child has others.
[[nodiscard]] inline std::string new_lock_token() {
    std::random_device random;
    std::string token;
    for (int word = 0; word != 4; ++word) {
        const std::uint32_t bits = random();
        for (unsigned shift = 32; shift != 0; shift -= 4) token += "0123456789abcdef"[(bits >> (shift - 4)) & 15U];
    }
    return token;
}

/// Whether the text of a lock is one of those, and not the "1" of dogpile.
[[nodiscard]] inline bool is_lock_token(std::string_view text) noexcept {
    return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// The pauses of whoever waits for a lock: from 1 ms up to `lock_sleep`, each up to a half shorter by chance, until
/// the deadline or `lock_blocking_timeout`, whichever is earlier.
class LockWaits {
public:
    LockWaits(const MemcachedStore& store, SteadyTime deadline)
        : store_(store), longest_(store.settings().lock_sleep.duration()), deadline_(deadline) {
        if (deadline != at_once && !store.settings().lock_blocking_timeout.is_unlimited())
            deadline_ = (std::min)(deadline,
                                   later_by(store.clock().steady_now(), store.settings().lock_blocking_timeout));
    }

    [[nodiscard]] bool are_over() const {
        return deadline_ != no_deadline && (deadline_ == at_once || store_.clock().steady_now() >= deadline_);
    }

    void pause() {
        const double fraction = 0.5 + 0.5 * std::uniform_real_distribution<double>()(random_);
        TimeSpan::Nanoseconds pause(static_cast<std::int64_t>(static_cast<double>(next_.count()) * fraction));
        if (deadline_ != no_deadline) pause = (std::min)(pause, deadline_ - store_.clock().steady_now());
        if (pause.count() > 0) std::this_thread::sleep_for(pause);
        next_ = (std::min)(2 * next_, longest_);
    }

private:
    const MemcachedStore& store_;
    TimeSpan::Nanoseconds longest_;
    SteadyTime deadline_;
    TimeSpan::Nanoseconds next_ = (std::min)(TimeSpan::Nanoseconds(std::chrono::milliseconds(1)), longest_);
    std::minstd_rand random_{std::random_device()()};
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
