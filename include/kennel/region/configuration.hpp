#ifndef KENNEL_REGION_CONFIGURATION_HPP
#define KENNEL_REGION_CONFIGURATION_HPP

#include "kennel/backend_registry.hpp"
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

/// The rules of one call: the region's, as far as the call did not say otherwise.
struct Rules {
    TimeSpan expiration = unlimited;
    TimeSpan stale_time = unlimited;
    std::optional<TimeSpan> lock_timeout{};
    OnLockTimeout on_lock_timeout = OnLockTimeout::throw_error;
    std::optional<TimeSpan> soft_timeout{};
    bool ignore_expiration = false;
};

/// The rules of a call that says something differently from its region.
template <class Lazy = void>
[[nodiscard]] Rules applied(const RuleChanges& changes, const Rules& region) noexcept {
    const auto changed = [](const auto* change, const auto& rule) { return change != nullptr && *change ? **change : rule; };
    const auto has = [](const auto* change) { return change != nullptr && *change; };
    return {.expiration = changed(changes.expiration, region.expiration),
            .stale_time = changed(changes.stale_time, region.stale_time),
            .lock_timeout = has(changes.lock_timeout) ? *changes.lock_timeout : region.lock_timeout,
            .on_lock_timeout = changed(changes.on_lock_timeout, region.on_lock_timeout),
            .soft_timeout = has(changes.soft_timeout) ? *changes.soft_timeout : region.soft_timeout,
            .ignore_expiration = changes.ignore_expiration};
}

/// What one `configure` has set up; immutable, and alive as long as a call uses it.
template <class Lazy>
struct BasicConfiguration : std::enable_shared_from_this<BasicConfiguration<Lazy>> {
    std::string backend_name;
    std::shared_ptr<CacheBackend> backend; ///< the outermost proxy, if there are any
    bool keeps_bytes = false;
    KeyMangler key_mangler;
    std::shared_ptr<RegionInvalidationStrategy> invalidator;
    Rules rules;
    OnFailure on_read_failure = OnFailure::degrade;
    OnFailure on_write_failure = OnFailure::throw_error;

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
[[nodiscard]] std::shared_ptr<const BasicConfiguration<Lazy>>
make_configuration(std::string_view backend_name, const BasicConfigureOptions<Lazy>& options,
                   const RegionOptions& region, std::shared_ptr<RegionInvalidationStrategy> invalidator) {
    auto configuration = std::make_shared<BasicConfiguration<Lazy>>();
    std::shared_ptr<CacheBackend> backend =
        make_backend<Lazy>(backend_name, {.arguments = options.arguments, .clock = region.clock});
    const Late<ProxyList, Lazy>& proxies = options.wrap;
    for (std::size_t behind = proxies.size(); behind != 0; --behind) // the innermost first
        backend = proxies[behind - 1].around(std::move(backend));
    configuration->backend_name = backend_name;
    configuration->put(std::move(backend), region);
    configuration->invalidator = std::move(invalidator);
    configuration->rules = {.expiration = options.expiration_time.value_or(unlimited),
                            .stale_time = options.stale_time,
                            .lock_timeout = options.lock_timeout,
                            .on_lock_timeout = options.on_lock_timeout,
                            .soft_timeout = options.soft_timeout};
    configuration->on_read_failure = options.on_read_failure;
    configuration->on_write_failure = options.on_write_failure;
    return configuration;
}

/// A soft invalidation makes entries "just expired", so there must be an expiration time: throws `DogpileCacheException`
/// when there is none.
template <class Lazy>
void require_expiration(const BasicConfiguration<Lazy>& configuration, const Rules& rules) {
    if (rules.expiration.is_unlimited() && configuration.invalidator->was_soft_invalidated())
        throw DogpileCacheException("a soft invalidation needs an expiration time: give the region or the "
                                    "call one that is not 'unlimited'");
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
