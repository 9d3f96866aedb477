#ifndef KENNEL_REGION_GET_OR_CREATE_HPP
#define KENNEL_REGION_GET_OR_CREATE_HPP

#include "kennel/region/first_reader.hpp"
#include "kennel/region/led_flight.hpp"
#include "kennel/thread_pool_runner.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The runner of creations that must go on in the background although the region was given no runner.
template <class Lazy>
[[nodiscard]] const BasicThreadPoolRunner<Lazy>& common_runner() {
    // Never destroyed: a creation may hang while the program exits.
    static const auto* const runner = new BasicThreadPoolRunner<Lazy>;
    return *runner;
}

/// One call of `get_or_create` that found nothing fresh: creates, waits, or takes the old value.
template <class Lazy>
class MissedCall {
    using EngineCore = BasicEngineCore<Lazy>;
    using Configuration = BasicConfiguration<Lazy>;
    using Flight = BasicFlight<Lazy>;
    using LedFlight = detail::LedFlight<Lazy>;

public:
    MissedCall(EngineCore& core, std::shared_ptr<const Configuration> configuration, std::string_view key,
               const Rules& rules, ValueRequest& request, const Reading& first, SteadyTime start)
        : core_(core), configuration_(std::move(configuration)), key_(key), rules_(rules), request_(request),
          reading_(first), start_(start) {}

    /// When it returns, the request has taken a value. Returning or throwing, it has counted one look-up.
    void run() {
        counted([this] {
            require_expiration(*configuration_, rules_);
            while (!try_once()) {
                reading_ = look();
                if (reading_.standing == Standing::fresh) return answered(Counter::hit);
            }
        });
    }

    /// The same for a call that has not looked yet and expects to find nothing: it looks and asks for the lock in one.
    /// False, and nothing is done, when somebody creates: then there may be an old value to take.
    [[nodiscard]] bool run_unseen() {
        if (BasicRunningCreation<Lazy>::is_here()) return false;
        auto [flight, is_leader] = core_.flights().board(key_);
        if (!is_leader) return false;
        counted([this, &flight = flight] { lead_unseen(take_lead(core_, configuration_, key_, flight)); });
        return true;
    }

private:
    template <class Run>
    void counted(const Run& run) {
        try {
            run();
        } catch (...) {
            if (!is_counted_) missed();
            throw;
        }
    }

    [[nodiscard]] Reading look() {
        Reading reading;
        const auto take = [this](const CachedValue& entry) {
            if (!request_.take(entry.payload)) return false;
            found_ = entry.payload;
            return true;
        };
        core_.look(*configuration_, key_, rules_, take, reading, true);
        return reading;
    }

    void answered(Counter by) noexcept {
        core_.count(by);
        is_counted_ = true;
    }
    void missed() noexcept {
        core_.report_miss(key_, reading_);
        is_counted_ = true;
    }

    [[nodiscard]] bool has_stale() const noexcept { return reading_.standing == Standing::stale; }

    [[nodiscard]] SteadyTime deadline() const noexcept {
        return later_by(start_, rules_.lock_timeout.value_or(unlimited));
    }

    [[nodiscard]] bool try_once() {
        BasicRunningCreation<Lazy>::refuse_recursion(&core_, key_);
        auto [flight, is_leader] = core_.flights().board(key_);
        if (!is_leader) return has_stale() ? take_stale() : join(*flight);
        return lead(take_lead(core_, configuration_, key_, flight));
    }

    void lead_unseen(std::shared_ptr<LedFlight> led) {
        const Turn turn = led->look_or_acquire();
        look_again(*led);
        const bool is_hit = reading_.standing == Standing::fresh;
        core_.expect_miss(!is_hit && led->can_look());
        if (is_hit) {
            led->land({}); // who has joined may have begun after an erase, and looks for himself
            return answered(Counter::hit);
        }
        require_expiration(*configuration_, rules_);
        (void)lead(std::move(led), turn == Turn::mine ? turn : Turn::made);
    }

    [[nodiscard]] bool lead(std::shared_ptr<LedFlight> led, Turn turn = Turn::made) {
        // Another thread may have created the value between our look and our boarding:
        //   1. we look: nothing   2. it creates, stores and lands   3. we board, and lead a new flight
        // and another process may have until we hold the backend's lock. So look once more before creating.
        while (turn != Turn::mine) {
            turn = led->await_turn(has_stale() ? at_once : deadline());
            if (turn == Turn::timed_out) return has_stale() ? take_stale() : give_up_waiting(std::move(led));
            if (has_been_made(*led)) return true;
        }
        if (led->can_look()) core_.expect_miss(true);
        if (has_stale() && create_elsewhere(led)) return true;
        create_here(*led);
        return true;
    }

    void look_again(const LedFlight& led) {
        const CreationScope scope(led.mutexes());
        reading_ = look();
    }

    /// Looks again, and lands the flight with what is fresh.
    [[nodiscard]] bool has_been_made(LedFlight& led) {
        look_again(led);
        if (reading_.standing != Standing::fresh) return false;
        led.land({.kind = Landing::Kind::value, .value = found_});
        answered(Counter::hit);
        return true;
    }

    void create_here(LedFlight& led) {
        missed();
        const Payload previous = has_stale() ? request_.previous(found_) : Payload();
        const Payload object = led.create(request_, rules_, previous, previous_age());
        found_ = {};
        if (!request_.take(object)) throw ValidationError("a creator made a value of another type than it says");
    }

    [[nodiscard]] TimeSpan previous_age() const {
        return has_stale() ? age_of(core_.clock().wall_now(), reading_.created) : TimeSpan();
    }

    /// Hands the creation to a runner and takes the old value, at once or when `soft_timeout` has passed. It lets go of
    /// `led` unless it says that nothing has come of it: a runner that drops the creation lands the flight by that.
    [[nodiscard]] bool create_elsewhere(std::shared_ptr<LedFlight>& led) {
        const std::shared_ptr<const AsyncCreationRunner> own = core_.runner();
        if (own == nullptr && !rules_.soft_timeout) return false;
        const std::shared_ptr<Late<ValueRequest, Lazy>> request = request_.detached();
        if (request == nullptr) return false;
        const std::shared_ptr<Flight> flight = led->flight().shared_from_this();
        auto work = std::make_shared<Late<std::function<void()>, Lazy>>(
            [led, request, rules = rules_, previous = request_.previous(found_), age = previous_age()] {
                if (!led->claim()) return;
                try {
                    (void)led->create(*request, rules, previous, age);
                } catch (...) {
                    led->land({}); // unless it has landed with the creator's exception, which is reported
                }
            });
        flight->hand_over(work);
        try {
            BasicCreationJob<Lazy> job(std::string(key_), std::move(work));
            own != nullptr ? (*own)(std::move(job)) : common_runner<Lazy>()(std::move(job));
        } catch (...) {
            core_.report_failure(EventKind::runner_refused, key_);
            if (led->claim()) return false; // else it has run, or runs, in spite of that
        }
        led.reset();
        if (rules_.soft_timeout && wait_softly(*flight) && flight->landing().kind == Landing::Kind::value &&
            request_.take(flight->landing().value)) {
            missed();
            core_.count(Counter::joined);
            return true;
        }
        return take_stale();
    }

    /// Waits for the own creation in the background, for no longer than `soft_timeout`.
    [[nodiscard]] bool wait_softly(Flight& flight) {
        if (rules_.soft_timeout->is_unlimited()) return flight.wait(core_.clock(), no_deadline);
        return flight.wait_idly(core_.clock(), later_by(start_, *rules_.soft_timeout));
    }

    [[nodiscard]] bool take_stale() {
        answered(Counter::stale_hit);
        return true;
    }

    /// Waits for somebody else's creation; false when it came to nothing that this caller can use.
    [[nodiscard]] bool join(Flight& flight) {
        if (!await_landing(flight, core_.clock(), deadline())) return give_up_waiting(nullptr);
        const Landing& landing = flight.landing();
        if (landing.kind == Landing::Kind::failed) {
            missed();
            core_.count(Counter::joined);
            std::rethrow_exception(landing.error);
        }
        if (landing.kind != Landing::Kind::value) return false;
        if (!request_.take(landing.value)) return create_alone(); // the other caller's type is another
        missed();
        core_.count(Counter::joined);
        return true;
    }

    [[nodiscard]] bool give_up_waiting(std::shared_ptr<LedFlight> led) {
        if (rules_.on_lock_timeout == OnLockTimeout::create_alone) {
            if (led == nullptr) return create_alone();
            create_here(*led);
            return true;
        }
        if (rules_.on_lock_timeout == OnLockTimeout::serve_stale) {
            Rules lenient = rules_;
            lenient.expiration = lenient.stale_time = unlimited;
            rules_ = lenient;
            if (look().standing != Standing::none) return take_stale();
        }
        missed();
        throw CreationTimeout(joined(
            {region_called(core_.options().name), ": the value of '", abridged(key_),
             "' is being created by somebody else, who has not finished within ",
             rules_.lock_timeout ? "the region's lock_timeout: raise that, or choose another on_lock_timeout"
                                 : "the time that the backend waits for its lock: raise its lock_blocking_timeout"}));
    }

    /// Creates although somebody else does.
    [[nodiscard]] bool create_alone() {
        create_here(*take_lead(core_, configuration_, key_, core_.flights().board_alone(key_)));
        return true;
    }

    EngineCore& core_;
    std::shared_ptr<const Configuration> configuration_;
    std::string_view key_;
    Rules rules_;
    ValueRequest& request_;
    Reading reading_;
    Payload found_; ///< the entry that the request took last
    SteadyTime start_;
    bool is_counted_ = false;
};

/// Creates, waits, or takes the old value, after a first look that found nothing fresh.
template <class Lazy>
void create_missing(BasicEngineCore<Lazy>& core, std::string_view key, const RuleChanges& changes,
                    ValueRequest& request, const Reading& reading,
                    std::shared_ptr<const BasicConfiguration<Lazy>> configuration) {
    const Rules rules = applied(changes, configuration->rules);
    MissedCall(core, std::move(configuration), key, rules, request, reading, core.clock().steady_now()).run();
}

/// The look that most calls end with: whether there is a fresh value, which the request has then taken. If not,
/// `reading` says why, and `configuration` is set.
template <class Lazy>
[[nodiscard]] [[gnu::always_inline]] inline bool has_fresh(
    BasicEngineCore<Lazy>& core, std::string_view key, const RuleChanges& changes, ValueRequest& request,
    Reading& reading, std::shared_ptr<const BasicConfiguration<Lazy>>& configuration) {
    const EpochGuard guard;
    const BasicConfiguration<Lazy>& current = core.configuration(guard);
    FirstReader<Lazy> read(current, key, changes, request, reading);
    core.read(current, key, read, reading, true);
    if (reading.standing == Standing::fresh) [[likely]] {
        core.counters().add(Counter::hit, guard.thread_index());
        return true;
    }
    configuration = current.shared_from_this();
    return false;
}

/// Gets or creates by a backend's lock that looks and locks in one; false when it must look first.
template <class Lazy>
[[nodiscard]] [[gnu::noinline]] bool has_taken_unseen(BasicEngineCore<Lazy>& core, std::string_view key,
                                                      const RuleChanges& changes, ValueRequest& request) {
    std::shared_ptr<const BasicConfiguration<Lazy>> configuration = core.configuration();
    const Rules rules = applied(changes, configuration->rules);
    return MissedCall(core, std::move(configuration), key, rules, request, Reading(), core.clock().steady_now())
        .run_unseen();
}

/// Makes `request` take the value of the key: from the store, from somebody else's creation, or from its own creator.
template <class Lazy>
void get_or_create(BasicEngineCore<Lazy>& core, std::string_view key, const RuleChanges& changes,
                   ValueRequest& request) {
    if (core.expects_miss() && has_taken_unseen(core, key, changes, request)) return;
    std::shared_ptr<const BasicConfiguration<Lazy>> configuration;
    Reading reading;
    if (has_fresh(core, key, changes, request, reading, configuration)) return;
    create_missing(core, key, changes, request, reading, std::move(configuration));
}

/// Leads a new creation of the value of the key, whoever is creating it now.
template <class Lazy>
[[nodiscard]] auto take_lead_anew(BasicEngineCore<Lazy>& core,
                                  std::shared_ptr<const BasicConfiguration<Lazy>> configuration, std::string_view key) {
    BasicRunningCreation<Lazy>::refuse_recursion(&core, key);
    typename BasicFlightTable<Lazy>::Boarding boarding{};
    while (!boarding.is_leader) {
        core.flights().supersede(key);
        boarding = core.flights().board(key);
    }
    return take_lead(core, std::move(configuration), key, boarding.flight);
}

/// Makes `request` take a value that its creator makes now, whatever is stored or being created.
template <class Lazy>
void refresh(BasicEngineCore<Lazy>& core, std::string_view key, const RuleChanges& changes, ValueRequest& request) {
    std::shared_ptr<const BasicConfiguration<Lazy>> configuration = core.configuration();
    const Rules rules = applied(changes, configuration->rules);
    const auto led = take_lead_anew(core, std::move(configuration), key);
    const Payload object = led->create(request, rules, {}, {});
    if (!request.take(object)) throw ValidationError("a creator made a value of another type than it says");
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
