#ifndef KENNEL_LEASE_KEEPER_HPP
#define KENNEL_LEASE_KEEPER_HPP

#include "kennel/clock.hpp"
#include "kennel/detail/quiet_thread.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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

/// Renews leases at their time, on threads of its own.
///
/// Leases of one group, such as those at one server, are renewed one after another; those of other groups do not wait
/// for them, however long that takes. There is a thread more than there are groups at work, and none before the first
/// lease.
class LeaseKeeper {
public:
    /// Where a lease stands among those that are to be renewed.
    using Ticket = std::pair<SteadyTime, std::uint64_t>;

    LeaseKeeper() = default;
    LeaseKeeper(const LeaseKeeper&) = delete;
    LeaseKeeper& operator=(const LeaseKeeper&) = delete;

    /// Waits for the renewals that are under way, unless it is one of them which has brought the last owner here.
    ~LeaseKeeper() {
        std::vector<std::thread> threads;
        {
            const std::lock_guard lock(state_->mutex);
            state_->is_stopped = true;
            state_->changed.notify_all();
            threads.swap(state_->threads);
        }
        for (std::thread& thread : threads) {
            if (thread.get_id() == std::this_thread::get_id()) thread.detach();
            else thread.join();
        }
    }

    /// Has the lease renewed at that time, once. Without a thread to be had it is not renewed.
    Ticket keep(std::weak_ptr<Lease> lease, SteadyTime when, const std::string& group = {}) {
        const std::lock_guard lock(state_->mutex);
        bool& is_busy = state_->busy_groups[group];
        const Ticket ticket(when, ++state_->last_number);
        state_->leases.emplace(ticket, Waiting{std::move(lease), &is_busy});
        if (is_busy) return ticket; // whoever keeps it so looks at the leases next
        start_if_needed(state_);
        if (state_->next()->first == ticket) state_->changed.notify_all();
        return ticket;
    }

    /// Undoes `keep`, if it is not too late.
    void forget(const Ticket& ticket) noexcept {
        const std::lock_guard lock(state_->mutex);
        state_->leases.erase(ticket);
    }

private:
    struct Waiting {
        std::weak_ptr<Lease> lease;
        bool* is_busy; ///< whether another lease of its group is being renewed
    };
    using Leases = std::map<Ticket, Waiting>;

    struct State {
        /// The first that need not wait for another of its group.
        [[nodiscard]] Leases::iterator next() {
            auto first = leases.begin();
            while (first != leases.end() && *first->second.is_busy) ++first;
            return first;
        }

        std::mutex mutex;
        std::condition_variable changed;
        Leases leases;
        std::map<std::string, bool> busy_groups;
        std::vector<std::thread> threads;
        std::size_t idle_threads = 0;
        std::uint64_t last_number = 0;
        bool is_stopped = false;
    };

    /// Under the mutex. There is always one that waits for the next lease.
    static void start_if_needed(const std::shared_ptr<State>& state) noexcept {
        if (state->idle_threads != 0 || state->is_stopped) return;
        try {
            state->threads.reserve(state->threads.size() + 1);
            state->threads.push_back(quiet_thread([state] { run(state); }));
            ++state->idle_threads;
        } catch (const std::exception&) { // NOLINT(*-empty-catch): the leases then end by themselves
        }
    }

    static void run(const std::shared_ptr<State>& state) {
        std::unique_lock lock(state->mutex);
        --state->idle_threads;
        while (!state->is_stopped) {
            const auto next = state->next();
            const SteadyTime when = next != state->leases.end() ? next->first.first : no_deadline;
            if (std::chrono::steady_clock::now() >= when) {
                renew(state, next, lock);
                continue;
            }
            ++state->idle_threads;
            if (when == no_deadline) state->changed.wait(lock);
            else state->changed.wait_until(lock, when);
            --state->idle_threads;
        }
    }

    static void renew(const std::shared_ptr<State>& state, Leases::iterator which, std::unique_lock<std::mutex>& lock) {
        bool& is_busy = *which->second.is_busy;
        std::shared_ptr<Lease> lease = which->second.lease.lock();
        state->leases.erase(which);
        is_busy = true;
        if (state->next() != state->leases.end()) start_if_needed(state);
        lock.unlock();
        if (lease != nullptr) lease->renew();
        lease.reset(); // which may destroy the keeper
        lock.lock();
        is_busy = false;
        state->changed.notify_all();
    }

    std::shared_ptr<State> state_ = std::make_shared<State>();
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
