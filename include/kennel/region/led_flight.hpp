#ifndef KENNEL_REGION_LED_FLIGHT_HPP
#define KENNEL_REGION_LED_FLIGHT_HPP

#include "kennel/creation_scope.hpp"
#include "kennel/region/engine_core.hpp"
#include "kennel/region/requests.hpp"
#include "kennel/region/running_creation.hpp"

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The backend's locks that a call for many keys holds. Two keys may share a lock, which is then taken once, so none is
/// released before all are.
template <class Lazy>
class HeldMutexes {
public:
    HeldMutexes() = default;
    HeldMutexes(const HeldMutexes&) = delete;
    HeldMutexes& operator=(const HeldMutexes&) = delete;
    ~HeldMutexes() { release(); }

    [[nodiscard]] bool contain(std::string_view stored_key) const {
        for (const Names& held : names_)
            if (held.stored_key == stored_key) return true;
        return false;
    }
    [[nodiscard]] bool contain(const std::shared_ptr<CacheMutex>& mutex) const {
        for (const std::shared_ptr<CacheMutex>& held : mutexes_)
            if (held == mutex) return true;
        return false;
    }

    [[nodiscard]] bool acquire(std::string_view key, std::string_view stored_key,
                               const std::shared_ptr<CacheMutex>& mutex, SteadyTime deadline) {
        names_.push_back({std::string(key), std::string(stored_key)}); // so that nothing can fail once it is acquired
        mutexes_.push_back(mutex);
        try {
            if (mutex->acquire(deadline)) return true;
        } catch (...) {
            forget_last();
            throw;
        }
        forget_last();
        return false;
    }

    void release() noexcept {
        for (const std::shared_ptr<CacheMutex>& mutex : mutexes_) mutex->release();
        mutexes_.clear();
        names_.clear();
    }

    /// Calls `told` with the key, as the caller wrote it, of each lock that was lost.
    template <class Told>
    void each_lost(Told&& told) const {
        for (std::size_t index = 0; index != mutexes_.size(); ++index)
            if (mutexes_[index]->is_lost()) told(std::string_view(names_[index].key));
    }

    /// In the order in which they were acquired.
    [[nodiscard]] std::span<const std::shared_ptr<CacheMutex>> mutexes() const noexcept { return mutexes_; }

private:
    struct Names {
        std::string key;
        std::string stored_key;
    };

    void forget_last() noexcept {
        names_.pop_back();
        mutexes_.pop_back();
    }

    std::vector<Names> names_;
    std::vector<std::shared_ptr<CacheMutex>> mutexes_; ///< each with the names at its position
};

/// An entry for a value that has just been created.
template <class Lazy>
[[nodiscard]] CachedValue new_entry(const BasicEngineCore<Lazy>& core, const BasicConfiguration<Lazy>& configuration,
                                    Payload payload, const Rules& rules, const Creation& creation, TimeSpan cost) {
    const TimeSpan expiration = shorter(rules.expiration, creation.time_to_live().value_or(unlimited));
    CachedValue entry{std::move(payload), core.new_metadata(configuration, expiration, rules.stale_time)};
    entry.metadata.time_to_live = creation.time_to_live();
    entry.metadata.tags = creation.tags<Lazy>();
    entry.metadata.creation_cost = cost;
    return entry;
}

/// The leader's part of a flight: create, store, land. It lands the flight and releases the lock on every path, with or
/// without a result, and it may be moved to another thread.
template <class Lazy>
class LedFlight {
    using EngineCore = BasicEngineCore<Lazy>;
    using Configuration = BasicConfiguration<Lazy>;
    using StoredKey = BasicStoredKey<Lazy>;
    using Flight = BasicFlight<Lazy>;

public:
    LedFlight(std::shared_ptr<EngineCore> core, std::shared_ptr<const Configuration> configuration,
              std::string_view key, std::shared_ptr<Flight> flight)
        : core_(std::move(core)), configuration_(std::move(configuration)), key_(key), flight_(std::move(flight)) {}
    LedFlight(const LedFlight&) = delete;
    LedFlight& operator=(const LedFlight&) = delete;
    ~LedFlight() { land({}); }

    [[nodiscard]] EngineCore& core() const noexcept { return *core_; }
    [[nodiscard]] const Configuration& configuration() const noexcept { return *configuration_; }
    [[nodiscard]] const std::string& key() const noexcept { return key_; }
    [[nodiscard]] Flight& flight() const noexcept { return *flight_; }

    /// Waits for the turn to create by the backend's lock, if it has one. A lock that cannot be asked is reported and
    /// done without.
    [[nodiscard]] Turn await_turn(SteadyTime deadline) {
        return ask_mutex([deadline](CacheMutex& mutex) { return mutex.await_turn(deadline); });
    }

    /// The same for who has not looked at the store yet; it does not wait.
    [[nodiscard]] Turn look_or_acquire() {
        return ask_mutex([](CacheMutex& mutex) { return mutex.look_or_acquire(); });
    }

    /// Whether there is a lock, and `look_or_acquire` is no slower than a look.
    [[nodiscard]] bool can_look() const noexcept { return mutex_ != nullptr && mutex_->can_look(); }

    /// Takes the backend's lock into `held`, if it has one that is not there yet; true when the creation may go on. A
    /// lock that cannot be asked is reported and done without.
    [[nodiscard]] bool acquire_mutex(SteadyTime deadline, HeldMutexes<Lazy>& held) {
        try {
            const StoredKey stored(*configuration_, key_);
            if (held.contain(stored)) return true;
            const std::shared_ptr<CacheMutex> mutex = configuration_->backend->get_mutex(stored);
            if (mutex == nullptr || held.contain(mutex)) return true;
            return held.acquire(key_, stored, mutex, deadline);
        } catch (...) {
            core_->report_failure(EventKind::lock_failed, key_);
            return true;
        }
    }

    /// The backend's lock that `await_turn` has asked for, or none.
    [[nodiscard]] std::span<const std::shared_ptr<CacheMutex>> mutexes() const noexcept {
        return {&mutex_, mutex_ != nullptr ? 1U : 0U};
    }

    /// True for the first who asks: whoever it is shall create.
    [[nodiscard]] bool claim() noexcept { return !is_claimed_.test_and_set(); }

    /// Calls the creator, stores its value if it is to be stored, and lands the flight with it. Throws what the creator
    /// throws, after landing the flight with that.
    Payload create(ValueRequest& request, const Rules& rules, const Payload& previous, TimeSpan previous_age) {
        flight_->lead();
        const SteadyTime start = core_->clock().steady_now();
        Creation creation({.key = key_,
                           .clock = &core_->clock(),
                           .deadline = later_by(start, rules.lock_timeout.value_or(unlimited)),
                           .previous = previous,
                           .previous_age = previous_age});
        try {
            Payload object = call(request, creation);
            const TimeSpan cost = elapsed_since(start, core_->clock().steady_now());
            core_->report(EventKind::created, key_, cost);
            if (creation.is_to_be_stored() && request.is_to_be_stored(object, key_))
                store(request, object, rules, creation, cost);
            else core_->report(EventKind::not_stored, key_);
            land({.kind = Landing::Kind::value, .value = object});
            return object;
        } catch (...) {
            core_->report_failure(EventKind::creation_failed, key_, elapsed_since(start, core_->clock().steady_now()));
            land({.kind = Landing::Kind::failed, .error = std::current_exception()});
            throw;
        }
    }

    /// Ends the flight; only the first call counts.
    void land(Landing landing) noexcept {
        if (has_landed_) return;
        has_landed_ = true;
        core_->flights().land(key_, flight_, std::move(landing));
        if (is_locked_) mutex_->release();
    }

private:
    template <class Ask>
    [[nodiscard]] Turn ask_mutex(const Ask& ask) {
        try {
            if (mutex_ == nullptr) mutex_ = configuration_->backend->get_mutex(StoredKey(*configuration_, key_));
            const Turn turn = mutex_ != nullptr ? ask(*mutex_) : Turn::mine;
            is_locked_ = mutex_ != nullptr && turn == Turn::mine;
            return turn;
        } catch (...) {
            core_->report_failure(EventKind::lock_failed, key_);
            mutex_ = nullptr;
            return Turn::mine;
        }
    }

    Payload call(ValueRequest& request, Creation& creation) {
        const std::string_view key = key_;
        const BasicRunningCreation<Lazy> running(core_.get(), {&key, 1});
        return request.create(creation);
    }

    void store(const ValueRequest& request, const Payload& object, const Rules& rules, const Creation& creation,
               TimeSpan cost) {
        try {
            if (!commit(request, object, rules, creation, cost)) core_->report(EventKind::write_dropped, key_);
        } catch (...) { // the value is there, and its callers get it
            core_->report_failure(EventKind::write_failed, key_);
        }
    }

    [[nodiscard]] bool commit(const ValueRequest& request, const Payload& object, const Rules& rules,
                              const Creation& creation, TimeSpan cost) {
        Payload payload = configuration_->keeps_bytes ? request.serialized(object) : object;
        const CachedValue entry = new_entry(*core_, *configuration_, std::move(payload), rules, creation, cost);
        const typename Flight::Commit commit = flight_->commit();
        if (!commit.is_permitted()) return false;
        const CreationScope scope(is_locked_ ? mutexes() : std::span<const std::shared_ptr<CacheMutex>>());
        configuration_->backend->set(StoredKey(*configuration_, key_), entry);
        if (is_locked_ && mutex_->is_lost()) core_->report(EventKind::lock_lost, key_);
        return true;
    }

    std::shared_ptr<EngineCore> core_;
    std::shared_ptr<const Configuration> configuration_;
    std::string key_;
    std::shared_ptr<Flight> flight_;
    std::shared_ptr<CacheMutex> mutex_; ///< the backend's; null when it has none
    bool is_locked_ = false;            ///< whether `mutex_` is held
    std::atomic_flag is_claimed_;
    bool has_landed_ = false;
};

/// Waits for a flight of somebody else until it has landed or `deadline` has come, and says whether it has landed.
///
/// A creation that is only queued is begun here by whoever would wait for it without end, or is a creator: its thread
/// may be one that the queue waits for. Anybody else who gave a limit does not want to create for others.
template <class Lazy>
[[nodiscard]] bool await_landing(BasicFlight<Lazy>& flight, const Clock& clock, SteadyTime deadline) {
    const bool begins = deadline == no_deadline || BasicRunningCreation<Lazy>::is_here();
    return begins ? flight.wait(clock, deadline) : flight.wait_idly(clock, deadline);
}

/// Takes over the lead of a flight that the caller has just boarded, which is landed also when that fails. If the
/// region has been configured anew since the caller looked, its value will not be stored.
template <class Lazy>
[[nodiscard]] std::shared_ptr<LedFlight<Lazy>> take_lead(BasicEngineCore<Lazy>& core,
                                                         std::shared_ptr<const BasicConfiguration<Lazy>> configuration,
                                                         std::string_view key,
                                                         const std::shared_ptr<BasicFlight<Lazy>>& flight) {
    try {
        flight->lead();
        if (!core.is_current(*configuration)) flight->supersede();
        return std::make_shared<LedFlight<Lazy>>(core.shared_from_this(), std::move(configuration), key, flight);
    } catch (...) {
        core.flights().land(key, flight, {});
        throw;
    }
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
