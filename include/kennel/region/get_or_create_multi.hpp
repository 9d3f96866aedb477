#ifndef KENNEL_REGION_GET_OR_CREATE_MULTI_HPP
#define KENNEL_REGION_GET_OR_CREATE_MULTI_HPP

#include "kennel/region/get_or_create.hpp"

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

/// One call of `get_or_create_multi`.
///
/// It leads the flights of the keys that nobody creates, creates and lands these, and only then waits for the flights of
/// others, so calls that overlap in any way cannot wait for each other.
template <class Lazy>
class MultiCall {
    using EngineCore = BasicEngineCore<Lazy>;
    using Configuration = BasicConfiguration<Lazy>;
    using Flight = BasicFlight<Lazy>;
    using LedFlight = detail::LedFlight<Lazy>;

public:
    /// `keys` are different and sorted: the order in which Python takes the backend's locks.
    MultiCall(EngineCore& core, std::shared_ptr<const Configuration> configuration,
              std::span<const std::string_view> keys, const Rules& rules, MultiRequest& request)
        : core_(core), configuration_(std::move(configuration)), keys_(keys), rules_(rules),
          request_(request), start_(core.clock().steady_now()),
          deadline_(later_by(start_, rules.lock_timeout.value_or(unlimited))) {}

    /// When it returns, the request has taken a value for each key that has one.
    void run() {
        readings_ = core_.look_multi(*configuration_, keys_, rules_, [this](std::size_t index, const CachedValue& entry) {
            return request_.take(index, entry.payload);
        }, true);
        for (std::size_t index = 0; index != keys_.size(); ++index) {
            if (readings_[index].standing == Standing::fresh) {
                core_.count(Counter::hit);
            } else {
                require_expiration(*configuration_, rules_);
                board(index);
            }
        }
        if (!led_.empty()) {
            look_again();
            create();
        }
        held_.release();
        for (const Joined& joined : joined_) join(joined);
    }

    /// The same with values that are created now, whatever is stored or being created.
    void refresh() {
        for (std::size_t index = 0; index != keys_.size(); ++index)
            led_.push_back({index, take_lead_anew(core_, configuration_, keys_[index])});
        create();
    }

private:
    struct Led {
        std::size_t index;
        std::shared_ptr<LedFlight> flight;
        Payload found{};
    };
    struct Joined {
        std::size_t index;
        std::shared_ptr<Flight> flight;
    };

    void board(std::size_t index) {
        const bool has_stale = readings_[index].standing == Standing::stale;
        auto [flight, is_leader] = core_.flights().board(keys_[index]);
        if (!is_leader) {
            if (core_.flights().is_led_here(keys_[index]))
                throw RecursiveCreation(joined({"the creator of '", keys_[index], "' asks for its own value"}));
            if (has_stale)
                core_.count(Counter::stale_hit);
            else
                joined_.push_back({index, std::move(flight)});
            return;
        }
        auto led = take_lead(core_, configuration_, keys_[index], flight);
        // A lock is waited for only while nothing is led yet, since otherwise:
        //   1. we lead a and wait for the lock of b   2. the creator of b, elsewhere, asks for a, and waits for us
        if (led->acquire_mutex(has_stale || !led_.empty() ? at_once : deadline_, &held_)) {
            led_.push_back({index, std::move(led)});
        } else if (has_stale) {
            core_.count(Counter::stale_hit);
        } else {
            led->land({});
            joined_.push_back({index, std::move(flight)});
        }
    }

    /// Another caller may have created values between our look and our boarding; these need no creator.
    void look_again() {
        std::vector<Late<std::string_view, Lazy>> keys;
        for (const Led& led : led_) keys.push_back(keys_[led.index]);
        const auto readings = core_.look_multi(*configuration_, keys, rules_, [this](std::size_t position, const CachedValue& entry) {
            if (!request_.take(led_[position].index, entry.payload)) return false;
            led_[position].found = entry.payload;
            return true;
        }, true);
        std::vector<Led> missing;
        for (std::size_t position = 0; position != led_.size(); ++position) {
            if (readings[position].standing == Standing::fresh) {
                led_[position].flight->land({.kind = Landing::Kind::value, .value = std::move(led_[position].found)});
                core_.count(Counter::hit);
            } else {
                core_.report_miss(keys[position], readings[position].reason);
                missing.push_back(std::move(led_[position]));
            }
        }
        led_ = std::move(missing);
    }

    void create() {
        if (led_.empty()) return;
        std::vector<Late<std::size_t, Lazy>> indexes;
        for (const Led& led : led_) indexes.push_back(led.index);
        const std::string names = joined_names();
        const SteadyTime start = core_.clock().steady_now();
        try {
            Creation creation({.key = names, .clock = &core_.clock(), .deadline = deadline_});
            const std::vector<Late<Payload, Lazy>> objects = request_.create(indexes, creation);
            const TimeSpan cost = core_.clock().steady_now() - start;
            core_.report(EventKind::created, names, cost);
            store(objects, creation, cost);
            land(objects);
        } catch (...) {
            core_.report_failure(EventKind::creation_failed, names, core_.clock().steady_now() - start);
            for (const Led& led : led_)
                led.flight->land({.kind = Landing::Kind::failed, .error = std::current_exception()});
            throw;
        }
    }

    /// Stores what is to be stored and was not overtaken, in one `set_multi`.
    void store(const std::vector<Late<Payload, Lazy>>& objects, const Creation& creation, TimeSpan cost) {
        std::vector<Late<std::size_t, Lazy>> positions;
        for (std::size_t position = 0; position != led_.size(); ++position) {
            const std::string_view key = keys_[led_[position].index];
            if (objects[position].empty()) continue;
            if (creation.is_to_be_stored() && request_.is_to_be_stored(objects[position], key))
                positions.push_back(position);
            else
                core_.report(EventKind::not_stored, key);
        }
        std::vector<Late<std::size_t, Lazy>> dropped;
        try {
            dropped = commit(positions, objects, creation, cost);
        } catch (...) { // the values are there, and their callers get them
            core_.report_failure(EventKind::write_failed, joined_names());
        }
        for (const std::size_t position : dropped)
            core_.report(EventKind::write_dropped, keys_[led_[position].index]);
    }

    /// Gives the positions that were overtaken.
    std::vector<Late<std::size_t, Lazy>> commit(const std::vector<Late<std::size_t, Lazy>>& positions,
                                                const std::vector<Late<Payload, Lazy>>& objects,
                                                const Creation& creation, TimeSpan cost) {
        std::vector<Late<std::size_t, Lazy>> dropped;
        std::vector<Late<CachedValue, Lazy>> values;
        std::vector<Late<BackendEntry, Lazy>> entries;
        std::vector<std::unique_ptr<const typename Flight::Commit>> commits; // held until all is stored
        values.reserve(positions.size());
        for (const std::size_t position : positions) {
            const Payload& object = objects[position];
            Payload payload = configuration_->keeps_bytes ? request_.serialized(object) : object;
            values.push_back(new_entry(core_, *configuration_, std::move(payload), rules_, creation, cost));
        }
        for (std::size_t number = 0; number != positions.size(); ++number) {
            const Led& led = led_[positions[number]];
            commits.push_back(std::make_unique<const typename Flight::Commit>(led.flight->flight()));
            if (commits.back()->is_permitted())
                entries.push_back({keys_[led.index], &values[number]});
            else
                dropped.push_back(positions[number]);
        }
        EngineCore::store(*configuration_, entries);
        return dropped;
    }

    void land(const std::vector<Late<Payload, Lazy>>& objects) {
        for (std::size_t position = 0; position != led_.size(); ++position) {
            const Led& led = led_[position];
            if (objects[position].empty()) {
                request_.take_nothing(led.index);
                led.flight->land({.kind = Landing::Kind::absent});
            } else {
                led.flight->land({.kind = Landing::Kind::value, .value = objects[position]});
                if (!request_.take(led.index, objects[position]))
                    throw ValidationError("a creator made a value of another type than it says");
            }
        }
    }

    void join(const Joined& joined) {
        const std::string_view key = keys_[joined.index];
        const Landing* landing = nullptr;
        if (joined.flight->wait(core_.clock(), deadline_)) landing = &joined.flight->landing();
        const bool has_value = landing != nullptr && landing->kind == Landing::Kind::value &&
                               request_.take(joined.index, landing->value);
        const bool is_absent = landing != nullptr && landing->kind == Landing::Kind::absent && request_.knows_absence();
        if (has_value || is_absent || (landing != nullptr && landing->kind == Landing::Kind::failed)) {
            core_.report_miss(key, readings_[joined.index].reason);
            core_.count(Counter::joined);
            if (is_absent) request_.take_nothing(joined.index);
            if (landing->error != nullptr) std::rethrow_exception(landing->error);
            return;
        }
        OneOfMany one(request_, joined.index); // it came to nothing, or to a value of another type: on our own
        MissedCall(core_, configuration_, key, rules_, one, readings_[joined.index], start_).run();
    }

    [[nodiscard]] std::string joined_names() const {
        std::string names;
        for (const Led& led : led_) names.append(names.empty() ? "" : ", ").append(keys_[led.index]);
        return names;
    }

    /// One key of a multi request as a request of its own.
    class OneOfMany final : public ValueRequest {
    public:
        OneOfMany(MultiRequest& request, std::size_t index) : request_(request), index_(index) {}

        [[nodiscard]] bool take(const Payload& payload) override {
            if (is_absent_) return true;
            return request_.take(index_, payload);
        }
        [[nodiscard]] Payload create(Creation& creation) override {
            const std::vector<Late<std::size_t, Lazy>> indexes(1, index_);
            Payload object = request_.create(indexes, creation).front();
            is_absent_ = object.empty();
            if (!is_absent_) return object;
            request_.take_nothing(index_);
            creation.do_not_store();
            return Payload::object(Absent{});
        }
        [[nodiscard]] bool is_to_be_stored(const Payload& object, std::string_view key) const override {
            return !is_absent_ && request_.is_to_be_stored(object, key);
        }
        [[nodiscard]] Payload serialized(const Payload& object) const override {
            return request_.serialized(object);
        }
        [[nodiscard]] Payload previous(const Payload& /*payload*/) const override { return {}; }
        [[nodiscard]] std::unique_ptr<ValueRequest> detached() override { return nullptr; }

    private:
        struct Absent {};

        MultiRequest& request_;
        std::size_t index_;
        bool is_absent_ = false;
    };

    EngineCore& core_;
    std::shared_ptr<const Configuration> configuration_;
    std::span<const std::string_view> keys_;
    Rules rules_;
    MultiRequest& request_;
    SteadyTime start_;
    SteadyTime deadline_;
    std::vector<Reading> readings_;
    std::vector<Led> led_;
    std::vector<Joined> joined_;
    HeldMutexes<Lazy> held_;
};

/// Makes `request` take the values of all keys, which are different and sorted.
template <class Lazy>
void get_or_create_multi(BasicEngineCore<Lazy>& core, std::span<const std::string_view> keys,
                                const RuleChanges& changes, MultiRequest& request) {
    std::shared_ptr<const BasicConfiguration<Lazy>> configuration = core.configuration();
    const Rules rules = applied(changes, configuration->rules);
    if (keys.empty()) return;
    MultiCall(core, std::move(configuration), keys, rules, request).run();
}

/// Makes `request` take values that its creator makes now for all keys, which are different and sorted.
template <class Lazy>
void refresh_multi(BasicEngineCore<Lazy>& core, std::span<const std::string_view> keys, const RuleChanges& changes,
                   MultiRequest& request) {
    std::shared_ptr<const BasicConfiguration<Lazy>> configuration = core.configuration();
    const Rules rules = applied(changes, configuration->rules);
    MultiCall(core, std::move(configuration), keys, rules, request).refresh();
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
