#ifndef KENNEL_REGION_CONFIGURATION_HPP
#define KENNEL_REGION_CONFIGURATION_HPP

#include "kennel/make_backend.hpp"
#include "kennel/region/engine.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Until when an entry may be served; all that a hit needs of a call's rules.
struct FreshnessRules {
    TimeSpan expiration = unlimited;
    TimeSpan stale_time = unlimited;
    bool ignore_expiration = false;
    const char* wanted = nullptr; ///< see `RuleChanges`
};

/// The rules of one call: the region's, as far as the call did not say otherwise.
struct Rules : FreshnessRules {
    std::optional<TimeSpan> lock_timeout{};
    OnLockTimeout on_lock_timeout = OnLockTimeout::throw_error;
    std::optional<TimeSpan> soft_timeout{};
};

/// Assigns `change` to `rule` if the call has said something.
template <class Change, class Rule>
void apply(const std::optional<Change>* change, Rule& rule) noexcept {
    if (change != nullptr && change->has_value()) rule = **change;
}

/// The part of `applied` that a hit needs.
[[nodiscard]] inline FreshnessRules applied_to_freshness(const RuleChanges& changes,
                                                         const FreshnessRules& region) noexcept {
    FreshnessRules rules{region.expiration, region.stale_time, changes.ignore_expiration, changes.wanted};
    apply(changes.expiration, rules.expiration);
    apply(changes.stale_time, rules.stale_time);
    return rules;
}

/// The rules of a call that says something differently from its region.
[[nodiscard]] inline Rules applied(const RuleChanges& changes, const Rules& region) noexcept {
    Rules rules = region;
    static_cast<FreshnessRules&>(rules) = applied_to_freshness(changes, region);
    apply(changes.lock_timeout, rules.lock_timeout);
    apply(changes.on_lock_timeout, rules.on_lock_timeout);
    apply(changes.soft_timeout, rules.soft_timeout);
    return rules;
}

/// What one `configure` has set up; immutable, and alive as long as a call uses it.
template <class Lazy>
struct BasicConfiguration : std::enable_shared_from_this<BasicConfiguration<Lazy>> {
    std::string backend_name;
    std::shared_ptr<CacheBackend> backend; ///< the outermost proxy, if there are any
    bool keeps_bytes = false;
    KeyMangler key_mangler;
    std::shared_ptr<RegionInvalidationStrategy> invalidator;
    const DefaultInvalidationStrategy* default_invalidator = nullptr; ///< the same, if it is one, for hits to ask
    std::shared_ptr<const Clock> clock;
    TimeSpan::Nanoseconds coarse_lag{}; ///< of the clock
    Rules rules;
    OnFailure on_read_failure = OnFailure::degrade;
    OnFailure on_write_failure = OnFailure::throw_error;

    /// What has hit an entry.
    [[nodiscard]] Invalidation hit(std::string_view key, const Metadata& metadata) const {
        return default_invalidator != nullptr ? default_invalidator->judge(key, metadata)
                                              : invalidator->judge(key, metadata);
    }

    /// Sets the outermost backend and what follows from it.
    void put(std::shared_ptr<CacheBackend> outermost, const RegionOptions& region) {
        backend = std::move(outermost);
        keeps_bytes = backend->payload_form() == PayloadForm::bytes;
        key_mangler = region.key_mangler ? *region.key_mangler : backend->key_mangler();
    }
};

using Configuration = BasicConfiguration<void>;

/// The key as the backend sees it.
template <class Lazy>
class BasicStoredKey {
public:
    BasicStoredKey(const BasicConfiguration<Lazy>& configuration, std::string_view key) : view_(key) {
        if (!configuration.key_mangler) return;
        mangled_ = configuration.key_mangler(key);
        view_ = mangled_;
    }
    BasicStoredKey(const BasicStoredKey&) = delete;
    BasicStoredKey& operator=(const BasicStoredKey&) = delete;

    operator std::string_view() const noexcept { return view_; } // NOLINT(*-explicit-*)

private:
    std::string mangled_;
    std::string_view view_;
};

/// Several keys as the backend sees them, in the order of the caller's.
template <class Lazy>
class BasicStoredKeys {
public:
    BasicStoredKeys(const BasicConfiguration<Lazy>& configuration, std::span<const std::string_view> keys)
        : views_(keys.begin(), keys.end()) {
        if (!configuration.key_mangler) return;
        mangled_.reserve(keys.size());
        for (std::string_view& view : views_) view = mangled_.emplace_back(configuration.key_mangler(view));
    }
    BasicStoredKeys(const BasicStoredKeys&) = delete;
    BasicStoredKeys& operator=(const BasicStoredKeys&) = delete;

    [[nodiscard]] std::span<const std::string_view> views() const noexcept { return views_; }

private:
    std::vector<Late<std::string, Lazy>> mangled_;
    std::vector<Late<std::string_view, Lazy>> views_;
};

using StoredKey = BasicStoredKey<void>;
using StoredKeys = BasicStoredKeys<void>;

template <class Lazy>
[[nodiscard]] std::shared_ptr<const BasicConfiguration<Lazy>> make_configuration(
    std::string_view backend_name, std::shared_ptr<CacheBackend> outermost, const BasicConfigureOptions<Lazy>& options,
    const RegionOptions& region, std::shared_ptr<RegionInvalidationStrategy> invalidator) {
    auto configuration = std::make_shared<BasicConfiguration<Lazy>>();
    configuration->backend_name = backend_name;
    configuration->put(std::move(outermost), region);
    configuration->invalidator = std::move(invalidator);
    configuration->default_invalidator = dynamic_cast<const DefaultInvalidationStrategy*>(
        configuration->invalidator.get());
    configuration->clock = region.clock;
    configuration->coarse_lag = region.clock->coarse_lag();
    configuration->rules = {
        {.expiration = options.expiration_time.value_or(unlimited), .stale_time = options.stale_time},
        options.lock_timeout,
        options.on_lock_timeout,
        options.soft_timeout};
    configuration->on_read_failure = options.on_read_failure;
    configuration->on_write_failure = options.on_write_failure;
    return configuration;
}

/// A soft invalidation makes entries "just expired", so there must be an expiration time: throws
/// `DogpileCacheException` when there is none.
template <class Lazy>
void require_expiration(const BasicConfiguration<Lazy>& configuration, const FreshnessRules& rules) {
    if (rules.expiration.is_unlimited() && configuration.invalidator->was_soft_invalidated())
        throw DogpileCacheException("a soft invalidation needs an expiration time: give the region or the "
                                    "call one that is not 'unlimited'");
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
