#ifndef KENNEL_REGION_GET_OR_CREATE_HPP
#define KENNEL_REGION_GET_OR_CREATE_HPP

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
    static const auto* const runner = new BasicThreadPoolRunner<Lazy>; // never destroyed: a creation may hang while the program exits
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
        : core_(core), configuration_(std::move(configuration)), key_(key), rules_(rules),
          request_(request), reading_(first), start_(start) {}

    /// When it returns, the request has taken a value.
    void run() {
        while (!try_once()) {
            reading_ = look();
            if (reading_.standing == Standing::fresh) return core_.count(Counter::hit);
        }
    }

private:
    [[nodiscard]] Reading look() {
        return core_.look(*configuration_, key_, rules_, [this](const CachedValue& entry) {
            if (!request_.take(entry.payload)) return false;
            found_ = entry.payload;
            return true;
        }, true);
    }

    [[nodiscard]] bool has_stale() const noexcept { return reading_.standing == Standing::stale; }

    [[nodiscard]] SteadyTime deadline() const noexcept {
        return later_by(start_, rules_.lock_timeout.value_or(unlimited));
    }

    [[nodiscard]] bool try_once() {
        auto [flight, is_leader] = core_.flights().board(key_);
        if (!is_leader) {
            if (core_.flights().is_led_here(key_))
                throw RecursiveCreation(joined({"the creator of '", key_, "' asks for its own value"}));
            return has_stale() ? take_stale() : join(*flight);
        }
        return lead(take_lead(core_, configuration_, key_, flight));
    }

    [[nodiscard]] bool lead(std::shared_ptr<LedFlight> led) {
        // Another thread may have created the value between our look and our boarding:
        //   1. we look: nothing   2. it creates, stores and lands   3. we board, and lead a new flight
        // and another process may have until we hold the backend's lock. So look once more before creating.
        const bool is_locked = led->acquire_mutex(has_stale() ? at_once : deadline());
        if (!is_locked && has_stale()) return take_stale();
        if (!is_locked) return give_up_waiting(std::move(led));
        const Reading again = look();
        if (again.standing == Standing::fresh) {
            led->land({.kind = Landing::Kind::value, .value = found_});
            core_.count(Counter::hit);
            return true;
        }
        reading_ = again;
        if (has_stale() && create_elsewhere(led)) return true;
        create_here(*led);
        return true;
    }

    void create_here(LedFlight& led) {
        core_.report_miss(key_, reading_.reason);
        const Payload previous = has_stale() ? request_.previous(found_) : Payload();
        const Payload object = led.create(request_, rules_, previous, previous_age());
        found_ = {};
        if (!request_.take(object)) throw ValidationError("a creator made a value of another type than it says");
    }

    [[nodiscard]] TimeSpan previous_age() const {
        return has_stale() ? age_of(core_.clock().wall_now(), reading_.created) : TimeSpan();
    }

    /// Hands the creation to a runner and takes the old value, at once or when `soft_timeout` has passed.
    [[nodiscard]] bool create_elsewhere(const std::shared_ptr<LedFlight>& led) {
        const AsyncCreationRunner& own = core_.options().async_creation_runner;
        if (!own && !rules_.soft_timeout) return false;
        const std::shared_ptr<Late<ValueRequest, Lazy>> request = request_.detached();
        if (request == nullptr) return false;
        const std::shared_ptr<Flight> flight = led->flight().shared_from_this();
        flight->hand_over();
        auto work = std::make_shared<Late<std::function<void()>, Lazy>>(
            [led, request, rules = rules_, previous = request_.previous(found_), age = previous_age()] {
                if (!led->claim()) return;
                try {
                    (void)led->create(*request, rules, previous, age);
                } catch (...) { // NOLINT(*-empty-catch): reported, and landed with, by create
                }
            });
        try {
            own ? own(BasicCreationJob<Lazy>(std::string(key_), std::move(work)))
                : common_runner<Lazy>()(BasicCreationJob<Lazy>(std::string(key_), std::move(work)));
        } catch (...) {
            core_.report_failure(EventKind::runner_refused, key_);
            if (led->claim()) return false; // else it has run, or runs, in spite of that
        }
        if (rules_.soft_timeout && flight->wait(core_.clock(), later_by(start_, *rules_.soft_timeout)) &&
            flight->landing().kind == Landing::Kind::value && request_.take(flight->landing().value)) {
            core_.report(EventKind::miss, key_);
            core_.count(Counter::joined);
            return true;
        }
        return take_stale();
    }

    [[nodiscard]] bool take_stale() {
        core_.count(Counter::stale_hit);
        return true;
    }

    /// Waits for somebody else's creation; false when it came to nothing that this caller can use.
    [[nodiscard]] bool join(Flight& flight) {
        if (!flight.wait(core_.clock(), deadline())) return give_up_waiting(nullptr);
        const Landing& landing = flight.landing();
        if (landing.kind == Landing::Kind::failed) {
            core_.report_miss(key_, reading_.reason);
            core_.count(Counter::joined);
            std::rethrow_exception(landing.error);
        }
        if (landing.kind != Landing::Kind::value) return false;
        if (!request_.take(landing.value)) return create_alone(); // the other caller's type is another
        core_.report_miss(key_, reading_.reason);
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
        core_.report_miss(key_, reading_.reason);
        throw CreationTimeout(joined({"the value of '", key_, "' is being created by somebody else, "
                                      "who has not finished within lock_timeout (",
                                      std::to_string(rules_.lock_timeout.value_or(unlimited).seconds()), " s)"}));
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
};

/// The look that most calls end with; `configuration` is set when it brought nothing fresh.
template <class Lazy>
[[nodiscard]] Reading first_look(BasicEngineCore<Lazy>& core, std::string_view key, const RuleChanges& changes,
                                 ValueRequest& request,
                                 std::shared_ptr<const BasicConfiguration<Lazy>>& configuration) {
    const EpochGuard guard;
    const BasicConfiguration<Lazy>& current = core.configuration(guard);
    const Rules rules = applied(changes, current.rules);
    const auto take = [&](const CachedValue& entry) { return request.take(entry.payload); };
    const Reading reading = core.look(current, key, rules, take, true);
    if (reading.standing == Standing::fresh)
        core.counters().add(Counter::hit, guard.thread_index());
    else
        configuration = current.shared_from_this();
    return reading;
}

/// Makes `request` take the value of the key: from the store, from somebody else's creation, or from its own creator.
template <class Lazy>
void get_or_create(BasicEngineCore<Lazy>& core, std::string_view key, const RuleChanges& changes,
                   ValueRequest& request) {
    std::shared_ptr<const BasicConfiguration<Lazy>> configuration;
    const Reading reading = first_look(core, key, changes, request, configuration);
    if (reading.standing == Standing::fresh) return;
    const Rules rules = applied(changes, configuration->rules);
    require_expiration(*configuration, rules);
    MissedCall(core, std::move(configuration), key, rules, request, reading, core.clock().steady_now()).run();
}

/// Leads a new creation of the value of the key, whoever is creating it now.
template <class Lazy>
[[nodiscard]] auto take_lead_anew(BasicEngineCore<Lazy>& core,
                                  std::shared_ptr<const BasicConfiguration<Lazy>> configuration, std::string_view key) {
    typename BasicFlightTable<Lazy>::Boarding boarding{};
    while (!boarding.is_leader) {
        if (core.flights().is_led_here(key))
            throw RecursiveCreation(joined({"the creator of '", key, "' refreshes its own value"}));
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
