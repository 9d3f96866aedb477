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
/// It leads the flights of the keys that nobody creates, creates and lands these, and only then waits for the flights
/// of others, so calls that overlap in any way cannot wait for each other.
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
        : core_(core), configuration_(std::move(configuration)), keys_(keys), rules_(rules), request_(request),
          start_(core.clock().steady_now()), deadline_(later_by(start_, rules.lock_timeout.value_or(unlimited))) {}

    /// When it returns, the request has taken a value for each key that has one. Returning or throwing, it has counted
    /// one look-up for each key.
    void run() {
        look();
        try {
            for (std::size_t index = 0; index != keys_.size(); ++index)
                if (!is_counted_[index]) board(index);
            if (!led_.empty()) {
                look_again();
                create();
            }
            held_.release();
            for (const Joined& joined : joined_) join(joined);
        } catch (...) {
            for (std::size_t index = 0; index != keys_.size(); ++index)
                if (!is_counted_[index]) missed(index);
            throw;
        }
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

    /// A value that is to be stored, in the form that the backend keeps.
    struct Writing {
        std::string_view key;
        const Flight* flight;
        CachedValue entry;
    };

    void answered(std::size_t index, Counter by) noexcept {
        core_.count(by);
        is_counted_[index] = true;
    }
    void missed(std::size_t index) noexcept {
        core_.report_miss(keys_[index], readings_[index]);
        is_counted_[index] = true;
    }

    void look() {
        const auto take = [this](std::size_t index, const CachedValue& entry) {
            return request_.take(index, entry.payload);
        };
        readings_ = core_.look_multi(*configuration_, keys_, rules_, take, true);
        is_counted_.resize(keys_.size());
        for (std::size_t index = 0; index != keys_.size(); ++index)
            if (readings_[index].standing == Standing::fresh) answered(index, Counter::hit);
    }

    void board(std::size_t index) {
        require_expiration(*configuration_, rules_);
        const bool has_stale = readings_[index].standing == Standing::stale;
        BasicRunningCreation<Lazy>::refuse_recursion(&core_, keys_[index]);
        auto [flight, is_leader] = core_.flights().board(keys_[index]);
        if (!is_leader) {
            if (has_stale) answered(index, Counter::stale_hit);
            else joined_.push_back({index, std::move(flight)});
            return;
        }
        auto led = take_lead(core_, configuration_, keys_[index], flight);
        // A lock is waited for only while nothing is led yet, since otherwise:
        //   1. we lead a and wait for the lock of b   2. the creator of b, elsewhere, asks for a, and waits for us
        if (led->acquire_mutex(has_stale || !led_.empty() ? at_once : deadline_, held_)) {
            led_.push_back({index, std::move(led)});
        } else if (has_stale) {
            answered(index, Counter::stale_hit);
        } else {
            led->land({});
            joined_.push_back({index, std::move(flight)});
        }
    }

    /// Another caller may have created values between our look and our boarding; these need no creator.
    void look_again() {
        std::vector<Late<std::string_view, Lazy>> keys;
        for (const Led& led : led_) keys.push_back(keys_[led.index]);
        const auto take = [this](std::size_t position, const CachedValue& entry) {
            if (!request_.take(led_[position].index, entry.payload)) return false;
            led_[position].found = entry.payload;
            return true;
        };
        const CreationScope scope(held_.mutexes());
        const auto readings = core_.look_multi(*configuration_, keys, rules_, take, true);
        std::vector<Led> missing;
        for (std::size_t position = 0; position != led_.size(); ++position) {
            Led& led = led_[position];
            readings_[led.index] = readings[position];
            if (readings[position].standing == Standing::fresh) {
                led.flight->land({.kind = Landing::Kind::value, .value = std::move(led.found)});
                answered(led.index, Counter::hit);
            } else {
                missed(led.index);
                missing.push_back(std::move(led));
            }
        }
        led_ = std::move(missing);
    }

    void create() {
        if (led_.empty()) return;
        std::vector<Late<std::size_t, Lazy>> indexes;
        for (const Led& led : led_) indexes.push_back(led.index);
        const std::string names = joined_names(led_);
        const SteadyTime start = core_.clock().steady_now();
        try {
            Creation creation({.key = names, .clock = &core_.clock(), .deadline = deadline_});
            const std::vector<Late<Payload, Lazy>> objects = call(indexes, creation);
            const TimeSpan cost = elapsed_since(start, core_.clock().steady_now());
            core_.report(EventKind::created, names, cost);
            store(objects, creation, cost);
            land(objects);
        } catch (...) {
            core_.report_failure(EventKind::creation_failed, names, elapsed_since(start, core_.clock().steady_now()));
            for (const Led& led : led_)
                led.flight->land({.kind = Landing::Kind::failed, .error = std::current_exception()});
            throw;
        }
    }

    [[nodiscard]] std::vector<Late<Payload, Lazy>> call(const std::vector<Late<std::size_t, Lazy>>& indexes,
                                                        Creation& creation) {
        std::vector<Late<std::string_view, Lazy>> keys;
        for (const std::size_t index : indexes) keys.push_back(keys_[index]);
        const BasicRunningCreation<Lazy> running(&core_, keys);
        return request_.create(indexes, creation);
    }

    /// Stores what is to be stored and was not overtaken, in one `set_multi`.
    void store(const std::vector<Late<Payload, Lazy>>& objects, const Creation& creation, TimeSpan cost) {
        std::vector<Writing> writings;
        for (std::size_t position = 0; position != led_.size(); ++position) {
            const std::string_view key = name_of(led_[position]);
            const Payload& object = objects[position];
            if (object.empty()) continue;
            if (!creation.is_to_be_stored() || !request_.is_to_be_stored(object, key)) {
                core_.report(EventKind::not_stored, key);
                continue;
            }
            try {
                Payload payload = configuration_->keeps_bytes ? request_.serialized(object) : object;
                writings.push_back({key, &led_[position].flight->flight(),
                                    new_entry(core_, *configuration_, std::move(payload), rules_, creation, cost)});
            } catch (...) { // the others can be stored all the same
                core_.report_failure(EventKind::write_failed, key);
            }
        }
        std::vector<Late<std::string_view, Lazy>> overtaken;
        try {
            overtaken = commit(writings);
        } catch (...) { // the values are there, and their callers get them
            core_.report_failure(EventKind::write_failed, joined_names(writings));
        }
        for (const std::string_view key : overtaken) core_.report(EventKind::write_dropped, key);
    }

    /// Gives the keys that were overtaken.
    [[nodiscard]] std::vector<Late<std::string_view, Lazy>> commit(const std::vector<Writing>& writings) {
        std::vector<Late<std::string_view, Lazy>> overtaken;
        std::vector<Late<BackendEntry, Lazy>> entries;
        std::vector<std::unique_ptr<const typename Flight::Commit>> commits; // held until all is stored
        for (const Writing& writing : writings) {
            commits.push_back(std::make_unique<const typename Flight::Commit>(*writing.flight));
            if (commits.back()->is_permitted()) entries.push_back({writing.key, &writing.entry});
            else overtaken.push_back(writing.key);
        }
        const CreationScope scope(held_.mutexes());
        EngineCore::store(*configuration_, entries);
        held_.each_lost([this](std::string_view key) { core_.report(EventKind::lock_lost, key); });
        return overtaken;
    }

    void land(const std::vector<Late<Payload, Lazy>>& objects) {
        for (std::size_t position = 0; position != led_.size(); ++position) {
            const bool is_absent = objects[position].empty();
            led_[position].flight->land(
                {.kind = is_absent ? Landing::Kind::absent : Landing::Kind::value, .value = objects[position]});
        }
        for (std::size_t position = 0; position != led_.size(); ++position) { // now, for copying a value may fail
            const std::size_t index = led_[position].index;
            if (objects[position].empty()) request_.take_nothing(index);
            else if (!request_.take(index, objects[position]))
                throw ValidationError("a creator made a value of another type than it says");
        }
    }

    void join(const Joined& joined) {
        const std::string_view key = keys_[joined.index];
        const Landing* landing = nullptr;
        if (await_landing(*joined.flight, core_.clock(), deadline_)) landing = &joined.flight->landing();
        const bool has_value = landing != nullptr && landing->kind == Landing::Kind::value &&
                               request_.take(joined.index, landing->value);
        const bool is_absent = landing != nullptr && landing->kind == Landing::Kind::absent && request_.knows_absence();
        if (has_value || is_absent || (landing != nullptr && landing->kind == Landing::Kind::failed)) {
            missed(joined.index);
            core_.count(Counter::joined);
            if (is_absent) request_.take_nothing(joined.index);
            if (landing->error != nullptr) std::rethrow_exception(landing->error);
            return;
        }
        OneOfMany one(request_, joined.index); // it came to nothing, or to a value of another type: on our own
        is_counted_[joined.index] = true;      // by that call
        MissedCall(core_, configuration_, key, rules_, one, readings_[joined.index], start_).run();
    }

    [[nodiscard]] std::string_view name_of(const Led& led) const { return keys_[led.index]; }
    [[nodiscard]] std::string_view name_of(const Writing& writing) const { return writing.key; }

    template <class Items>
    [[nodiscard]] std::string joined_names(const Items& items) const {
        std::string names;
        for (const auto& item : items) names.append(names.empty() ? "" : ", ").append(name_of(item));
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
        [[nodiscard]] Payload serialized(const Payload& object) const override { return request_.serialized(object); }
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
    std::vector<Late<bool, Lazy>> is_counted_; ///< whether a key's look-up has been counted
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
