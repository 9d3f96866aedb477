#ifndef KENNEL_REGION_FRESHNESS_HPP
#define KENNEL_REGION_FRESHNESS_HPP

#include "kennel/region/configuration.hpp"

#include <cstdint>
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

/// Judges an entry by its version, by the invalidations and by its age; reads a clock only when the age matters.
///
/// An entry from the future expires like one from the past: as soon as it is further away than its time to live.
template <class Lazy>
[[nodiscard]] Verdict judge(const BasicConfiguration<Lazy>& configuration, const Clock& clock,
                                   std::string_view key, const Metadata& metadata, const Rules& rules) {
    if (metadata.version != value_version) return {Standing::none, EventKind::version_differs};
    if (rules.ignore_expiration) return {Standing::fresh};
    const Invalidation hit = configuration.invalidator->judge(key, metadata);
    if (hit == Invalidation::hard) return {Standing::none, EventKind::hard_invalidated};
    if (hit == Invalidation::soft && rules.stale_time == TimeSpan()) return {Standing::none};

    const Standing best = hit == Invalidation::soft ? Standing::stale : Standing::fresh;
    const TimeSpan limit = shorter(rules.expiration, metadata.time_to_live.value_or(unlimited));
    if (limit.is_unlimited()) return {best};
    if (limit > TimeSpan()) {
        const auto coarse_age = clock.coarse_wall_now() - sane(metadata.created);
        const auto lag = clock.coarse_lag();
        if (coarse_age >= -lag && coarse_age + lag <= limit.duration()) return {best};
        if (distance(clock.wall_now(), metadata.created) <= limit) return {best};
    }
    if (rules.stale_time.is_unlimited()) return {Standing::stale};
    if (rules.stale_time == TimeSpan()) return {Standing::none};
    const TimeSpan away = distance(clock.wall_now(), metadata.created);
    return {away <= limit + rules.stale_time ? Standing::stale : Standing::none};
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
