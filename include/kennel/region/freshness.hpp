#ifndef KENNEL_REGION_FRESHNESS_HPP
#define KENNEL_REGION_FRESHNESS_HPP

#include "kennel/region/configuration.hpp"

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The verdict on an entry, and what there is to tell the listener about it.
struct Verdict {
    Standing standing = Standing::none;
    EventKind reason = EventKind::miss;
};

/// A creation time is not before 1970.
template <class Moment>
[[nodiscard]] Moment sane(Moment created) noexcept {
    return created > Moment() ? created : Moment();
}

/// How far apart two moments are, whichever is the later one.
template <class Moment>
[[nodiscard]] TimeSpan distance(Moment now, Moment created) noexcept {
    const Moment then = sane(created);
    return now > then ? now - then : then - now;
}

/// How old an entry is; one from the future, written by a machine whose clock is ahead, is as new as can be.
template <class Moment>
[[nodiscard]] TimeSpan age_of(Moment now, Moment created) noexcept {
    return now > created ? distance(now, created) : TimeSpan();
}

/// The time by which the age of an entry is measured: ahead of the clock, as its stamp is, when the clock has been set
/// back.
template <class Lazy>
[[nodiscard]] WallTime time_for(const BasicConfiguration<Lazy>& configuration, WallTime created) {
    const WallTime now = configuration.clock->wall_now();
    if (created <= now) return now;
    const WallTime stamp = configuration.invalidator->stamp(now);
    return now > stamp ? now : stamp;
}

/// Whether an entry that nothing has invalidated is fresh by the coarse clock, which is all that most hits need.
///
/// The coarse clock lags behind, so close to its end an entry is not known to be fresh.
template <class Lazy>
[[nodiscard]] bool is_surely_fresh(const BasicConfiguration<Lazy>& configuration, WallTime created, TimeSpan limit) {
    if (limit.is_unlimited()) return true;
    const auto age = configuration.clock->coarse_wall_now() - sane(created);
    return age >= -configuration.coarse_lag && age + configuration.coarse_lag <= limit.duration() && limit > TimeSpan();
}

/// Judges an entry about which the coarse clock does not say enough.
template <class Lazy>
[[nodiscard]] [[gnu::cold]] Verdict judge_closely(const BasicConfiguration<Lazy>& configuration,
                                                  const Metadata& metadata, const FreshnessRules& rules,
                                                  Invalidation hit, TimeSpan limit) {
    if (metadata.version != value_version) return {Standing::none, EventKind::version_differs};
    if (rules.ignore_expiration) return {Standing::fresh};
    if (hit == Invalidation::hard) return {Standing::none, EventKind::hard_invalidated};
    const TimeSpan away = distance(time_for(configuration, metadata.created), metadata.created);
    if (hit == Invalidation::none && limit > TimeSpan() && away <= limit) return {Standing::fresh};
    if (rules.stale_time == TimeSpan()) return {Standing::none};
    return {away <= limit + rules.stale_time ? Standing::stale : Standing::none};
}

/// Judges an entry by its version, by the invalidations and by its age; reads a clock only when the age matters.
///
/// An entry from the future expires like one from the past: as soon as it is further away than its time to live.
template <class Lazy>
[[nodiscard]] [[gnu::always_inline]] inline Verdict judge(const BasicConfiguration<Lazy>& configuration,
                                                          std::string_view key, const Metadata& metadata,
                                                          const FreshnessRules& rules) {
    const TimeSpan limit = metadata.time_to_live ? shorter(rules.expiration, *metadata.time_to_live) : rules.expiration;
    const Invalidation hit = configuration.hit(key, metadata);
    if (metadata.version == value_version && hit == Invalidation::none &&
        is_surely_fresh(configuration, metadata.created, limit)) [[likely]]
        return {Standing::fresh};
    return judge_closely(configuration, metadata, rules, hit, limit);
}

/// Says of which type the value of an entry is that was asked for as another.
template <class Lazy>
[[nodiscard]] [[gnu::cold]] std::exception_ptr misunderstanding(const Payload& payload, const char* wanted) noexcept {
    try {
        const Late<std::string, Lazy> asked_for = type_name_in(wanted != nullptr ? wanted : function_name<void>());
        if (payload.is_object())
            return std::make_exception_ptr(CantDeserializeException(
                joined({"stored as ", type_name_in(payload.type()->name), ", asked for as ", asked_for})));
        return std::make_exception_ptr(
            CantDeserializeException(joined({"stored as bytes that the serializer cannot read as ", asked_for})));
    } catch (...) {
        return std::current_exception();
    }
}

/// Notes that there is an entry, but none whose value is understood as the type that was asked for.
template <class Lazy>
[[gnu::cold]] void note_misunderstanding(Reading& reading, const CachedValue& entry, const char* wanted) noexcept {
    reading.standing = Standing::none;
    reading.reason = EventKind::not_understood;
    reading.created = entry.metadata.created;
    reading.error = misunderstanding<Lazy>(entry.payload, wanted);
}

/// Reads an entry where it lies: judges it and, when it can be served, lets `take` copy its value out and say whether
/// it understood it. It throws nothing, because it runs inside a backend; what `take` throws is kept.
template <class Lazy, class Take>
class EntryReader {
public:
    EntryReader(const BasicConfiguration<Lazy>& configuration, std::string_view key, const FreshnessRules& rules,
                Take& take, Reading& reading)
        : configuration_(configuration), key_(key), rules_(rules), take_(take), reading_(reading) {}

    void operator()(const CachedValue& entry) noexcept {
        try {
            const Verdict verdict = judge(configuration_, key_, entry.metadata, rules_);
            reading_.standing = verdict.standing;
            reading_.reason = verdict.reason;
            reading_.created = entry.metadata.created;
            if (verdict.standing != Standing::none && !take_(entry))
                note_misunderstanding<Lazy>(reading_, entry, rules_.wanted);
        } catch (...) {
            reading_.standing = Standing::none;
            thrown_ = std::current_exception();
        }
    }

    /// What `take` has thrown, if it has.
    [[nodiscard]] const std::exception_ptr& thrown() const noexcept { return thrown_; }

private:
    const BasicConfiguration<Lazy>& configuration_;
    std::string_view key_;
    const FreshnessRules& rules_;
    Take& take_;
    Reading& reading_;
    std::exception_ptr thrown_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
