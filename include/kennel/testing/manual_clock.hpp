#ifndef KENNEL_TESTING_MANUAL_CLOCK_HPP
#define KENNEL_TESTING_MANUAL_CLOCK_HPP

#include "kennel/clock.hpp"

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace testing {

/// A clock that stands still until it is told to go on; give it to `RegionOptions::clock`.
///
/// Whoever waits on it wakes when it passes the end of the wait. All members may be called from any thread.
class ManualClock final : public Clock {
public:
    /// Its wall time begins at `now`.
    explicit ManualClock(WallTime now = WallTime(std::chrono::hours(500'000))) : wall_(now) {}

    [[nodiscard]] WallTime wall_now() const override {
        const std::lock_guard lock(mutex_);
        return wall_;
    }
    [[nodiscard]] SteadyTime steady_now() const override {
        const std::lock_guard lock(mutex_);
        return steady_;
    }

    /// Lets both clocks go on by `span`.
    void advance(TimeSpan span) {
        const std::lock_guard lock(mutex_);
        wall_ += span.duration();
        steady_ += span.duration();
        for (std::condition_variable* const waiter : waiters_) waiter->notify_all();
    }

    /// Sets the wall clock alone, as an administrator may.
    void set_wall(WallTime now) {
        const std::lock_guard lock(mutex_);
        wall_ = now;
    }

    /// Blocks until at least `count` threads wait with a deadline on this clock.
    void await_waiters(std::size_t count) const {
        std::unique_lock lock(mutex_);
        waiters_changed_.wait(lock, [&] { return waiters_.size() >= count; });
    }

    void wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                    SteadyTime deadline) const override {
        enter(changed);
        // A notification between the caller's look at the time and its sleep would be lost without this short limit.
        if (steady_now() < deadline) changed.wait_for(lock, std::chrono::milliseconds(1));
        leave(changed);
    }

private:
    void enter(std::condition_variable& changed) const {
        const std::lock_guard lock(mutex_);
        waiters_.push_back(&changed);
        waiters_changed_.notify_all();
    }
    void leave(const std::condition_variable& changed) const {
        const std::lock_guard lock(mutex_);
        for (auto waiter = waiters_.begin(); waiter != waiters_.end(); ++waiter) {
            if (*waiter != &changed) continue;
            waiters_.erase(waiter);
            return;
        }
    }

    mutable std::mutex mutex_;
    mutable std::condition_variable waiters_changed_;
    mutable std::vector<std::condition_variable*> waiters_;
    WallTime wall_;
    SteadyTime steady_{std::chrono::hours(1)};
};

} // namespace testing
KENNEL_NAMESPACE_END

#endif
