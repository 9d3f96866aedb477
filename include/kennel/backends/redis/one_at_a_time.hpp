#ifndef KENNEL_BACKENDS_REDIS_ONE_AT_A_TIME_HPP
#define KENNEL_BACKENDS_REDIS_ONE_AT_A_TIME_HPP

#include "kennel/clock.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Work that one thread does at a time, while others wait for it until a deadline, or do without. Like a
/// `std::timed_mutex`, which ThreadSanitizer does not understand everywhere.
class OneAtATime {
public:
    /// True when it is this thread's turn; it calls `unlock` then.
    [[nodiscard]] bool try_lock() {
        const std::lock_guard lock(mutex_);
        return !std::exchange(is_taken_, true);
    }
    [[nodiscard]] bool try_lock_until(SteadyTime deadline) {
        std::unique_lock lock(mutex_);
        if (!freed_.wait_until(lock, deadline, [this] { return !is_taken_; })) return false;
        return is_taken_ = true;
    }
    void unlock() {
        {
            const std::lock_guard lock(mutex_);
            is_taken_ = false;
        }
        freed_.notify_one();
    }
    void lock() { static_cast<void>(try_lock_until(no_deadline)); }

private:
    std::mutex mutex_;
    std::condition_variable freed_;
    bool is_taken_ = false;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
