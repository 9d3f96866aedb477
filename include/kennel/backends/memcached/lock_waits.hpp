#ifndef KENNEL_BACKENDS_MEMCACHED_LOCK_WAITS_HPP
#define KENNEL_BACKENDS_MEMCACHED_LOCK_WAITS_HPP

#include "kennel/backends/memcached/memcached_store.hpp"
#include "kennel/backends/net/jitter.hpp"
#include "kennel/detail/hex.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Sixteen random bytes in hexadecimal digits, which nobody else has.
[[nodiscard]] inline std::string new_lock_token() { return hex(random_bytes<16>()); }

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
        TimeSpan::Nanoseconds pause = next_ - random_up_to(next_ / 2);
        if (deadline_ != no_deadline) pause = (std::min)(pause, deadline_ - store_.clock().steady_now());
        if (pause.count() > 0) std::this_thread::sleep_for(pause);
        next_ = (std::min)(2 * next_, longest_);
    }

private:
    const MemcachedStore& store_;
    TimeSpan::Nanoseconds longest_;
    SteadyTime deadline_;
    TimeSpan::Nanoseconds next_ = (std::min)(TimeSpan::Nanoseconds(std::chrono::milliseconds(1)), longest_);
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
