#ifndef KENNEL_TESTS_SUPPORT_LEASED_LOCKS_HPP
#define KENNEL_TESTS_SUPPORT_LEASED_LOCKS_HPP

#include "kennel/cache_mutex.hpp"
#include "kennel/errors.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace test {

/// Locks as a server keeps them: whoever has held one for as long as the lease has lost it, whether it still lives or
/// not. Each mutex is an object of its own, as in a process of its own, and destroying it does not release the lock.
class LeasedLocks {
public:
    LeasedLocks(std::shared_ptr<const kennel::Clock> clock, kennel::TimeSpan lease)
        : clock_(std::move(clock)), lease_(lease) {}

    [[nodiscard]] std::shared_ptr<kennel::CacheMutex> mutex(std::string_view key) {
        return std::make_shared<Mutex>(*this, std::string(key));
    }

    /// The next acquisition takes the lock, but its answer is lost on the way: whoever asked gets a `BackendError`.
    void lose_next_answer() { loses_answer_ = true; }

    /// How often a lock was given back when its lease had run out already.
    [[nodiscard]] int released_too_late() const { return released_too_late_; }

private:
    using Ticket = unsigned long; ///< tells one acquisition from all others; zero for none

    struct Holding {
        Ticket holder = 0;
        kennel::SteadyTime expires{};
    };

    class Mutex final : public kennel::CacheMutex {
    public:
        Mutex(LeasedLocks& locks, std::string key) : locks_(locks), key_(std::move(key)) {}

        [[nodiscard]] bool acquire(kennel::SteadyTime deadline) override {
            const Ticket ticket = locks_.acquire(key_, deadline);
            if (ticket == 0) return false;
            if (locks_.loses_answer_.exchange(false)) throw kennel::BackendError("no answer");
            ticket_ = ticket;
            return true;
        }
        void release() noexcept override { locks_.release(key_, ticket_.exchange(0)); }
        [[nodiscard]] bool locked() override { return locks_.is_held(key_); }

    private:
        LeasedLocks& locks_;
        std::string key_;
        std::atomic<Ticket> ticket_ = 0;
    };

    [[nodiscard]] Ticket acquire(const std::string& key, kennel::SteadyTime deadline) {
        std::unique_lock lock(mutex_);
        for (;;) {
            Holding& holding = holdings_[key];
            const kennel::SteadyTime now = clock_->steady_now();
            if (holding.holder == 0 || holding.expires <= now) {
                holding = {++last_ticket_, kennel::later_by(now, lease_)};
                return holding.holder;
            }
            if (now >= deadline) return 0;
            clock_->wait_until(released_, lock, (std::min)(deadline, holding.expires));
        }
    }

    void release(const std::string& key, Ticket ticket) noexcept {
        const std::lock_guard lock(mutex_);
        Holding& holding = holdings_[key];
        if (ticket == 0) return;
        if (holding.holder != ticket || holding.expires <= clock_->steady_now()) ++released_too_late_;
        if (holding.holder == ticket) holding = {};
        released_.notify_all();
    }

    [[nodiscard]] bool is_held(const std::string& key) {
        const std::lock_guard lock(mutex_);
        const Holding& holding = holdings_[key];
        return holding.holder != 0 && clock_->steady_now() < holding.expires;
    }

    std::shared_ptr<const kennel::Clock> clock_;
    kennel::TimeSpan lease_;
    std::mutex mutex_;
    std::condition_variable released_;
    std::map<std::string, Holding> holdings_;
    Ticket last_ticket_ = 0;
    std::atomic<bool> loses_answer_ = false;
    std::atomic<int> released_too_late_ = 0;
};

} // namespace test

#endif
