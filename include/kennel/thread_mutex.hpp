#ifndef KENNEL_THREAD_MUTEX_HPP
#define KENNEL_THREAD_MUTEX_HPP

#include "kennel/cache_mutex.hpp"
#include "kennel/clock.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// A `CacheMutex` between the threads of this process, shared by all who lock one key.
///
/// It has no owner: any thread may release it. It is not fair: who waits longest need not be next.
class ThreadMutex final : public CacheMutex {
public:
    /// Deadlines are read on `clock`.
    explicit ThreadMutex(std::shared_ptr<const Clock> clock = SystemClock::shared()) : clock_(std::move(clock)) {}

    using CacheMutex::acquire;

    [[nodiscard]] bool acquire(SteadyTime deadline) override {
        std::unique_lock lock(mutex_);
        while (is_held_) {
            if (clock_->steady_now() >= deadline) return false;
            clock_->wait_until(released_, lock, deadline);
        }
        is_held_ = true;
        return true;
    }

    void release() noexcept override {
        // Notifies under the lock: once it is open, whoever gets in may destroy this object.
        const std::lock_guard lock(mutex_);
        is_held_ = false;
        released_.notify_one();
    }

    [[nodiscard]] bool locked() override {
        const std::lock_guard lock(mutex_);
        return is_held_;
    }

private:
    std::shared_ptr<const Clock> clock_;
    std::mutex mutex_;
    std::condition_variable released_;
    bool is_held_ = false;
};

KENNEL_NAMESPACE_END

#endif
