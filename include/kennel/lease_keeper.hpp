#ifndef KENNEL_LEASE_KEEPER_HPP
#define KENNEL_LEASE_KEEPER_HPP

#include "kennel/clock.hpp"
#include "kennel/detail/quiet_thread.hpp"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Something that is held for a limited time, which can be made longer.
class Lease {
public:
    Lease() = default;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    virtual ~Lease() = default;

    /// Makes it longer if it is still held, and arranges for the next time.
    virtual void renew() noexcept = 0;
};

/// Renews leases at their time, on a thread that is started with the first of them.
class LeaseKeeper {
public:
    /// Where a lease stands among those that are to be renewed.
    using Ticket = std::pair<SteadyTime, std::uint64_t>;

    LeaseKeeper() = default;
    LeaseKeeper(const LeaseKeeper&) = delete;
    LeaseKeeper& operator=(const LeaseKeeper&) = delete;

    /// Waits for the renewal that is under way, unless it is that which has brought the last owner here.
    ~LeaseKeeper() {
        {
            const std::lock_guard lock(state_->mutex);
            state_->is_stopped = true;
            state_->changed.notify_all();
        }
        if (!thread_.joinable()) return;
        if (thread_.get_id() == std::this_thread::get_id()) thread_.detach();
        else thread_.join();
    }

    /// Has the lease renewed at that time, once. Without a thread to be had it is not renewed.
    Ticket keep(std::weak_ptr<Lease> lease, SteadyTime when) {
        const std::lock_guard lock(state_->mutex);
        const Ticket ticket(when, ++state_->last_number);
        state_->leases.emplace(ticket, std::move(lease));
        start();
        if (state_->leases.begin()->first == ticket) state_->changed.notify_all();
        return ticket;
    }

    /// Undoes `keep`, if it is not too late.
    void forget(const Ticket& ticket) noexcept {
        const std::lock_guard lock(state_->mutex);
        state_->leases.erase(ticket);
    }

private:
    struct State {
        std::mutex mutex;
        std::condition_variable changed;
        std::map<Ticket, std::weak_ptr<Lease>> leases;
        std::uint64_t last_number = 0;
        bool is_stopped = false;
    };

    void start() {
        if (thread_.joinable() || state_->is_stopped) return;
        try {
            thread_ = quiet_thread([state = state_] { run(*state); });
        } catch (const std::system_error&) { // NOLINT(*-empty-catch): the leases then end by themselves
        }
    }

    static void run(State& state) {
        std::unique_lock lock(state.mutex);
        while (!state.is_stopped) {
            if (state.leases.empty()) {
                state.changed.wait(lock);
                continue;
            }
            const auto first = state.leases.begin();
            const SteadyTime when = first->first.first;
            if (std::chrono::steady_clock::now() < when) {
                state.changed.wait_until(lock, when);
                continue;
            }
            std::shared_ptr<Lease> lease = first->second.lock();
            state.leases.erase(first);
            lock.unlock();
            if (lease != nullptr) lease->renew();
            lease.reset(); // which may destroy the keeper
            lock.lock();
        }
    }

    std::shared_ptr<State> state_ = std::make_shared<State>();
    std::thread thread_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
