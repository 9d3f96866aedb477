#ifndef KENNEL_REGION_CONFIGURATION_HPP
#define KENNEL_REGION_CONFIGURATION_HPP

#include "kennel/backend_registry.hpp"
#include "kennel/region_options.hpp"

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

/// What a call says differently from its region.
struct RuleChanges {
    std::optional<TimeSpan> expiration{};
    std::optional<TimeSpan> stale_time{};
    std::optional<TimeSpan> lock_timeout{};
    std::optional<OnLockTimeout> on_lock_timeout{};
    std::optional<TimeSpan> soft_timeout{};
    bool ignore_expiration = false;

    [[nodiscard]] Rules applied_to(const Rules& region) const noexcept {
        return {.expiration = expiration.value_or(region.expiration),
                .stale_time = stale_time.value_or(region.stale_time),
                .lock_timeout = lock_timeout ? lock_timeout : region.lock_timeout,
                .on_lock_timeout = on_lock_timeout.value_or(region.on_lock_timeout),
                .soft_timeout = soft_timeout ? soft_timeout : region.soft_timeout,
                .ignore_expiration = ignore_expiration};
    }
};

/// What one `configure` has set up; immutable, and alive as long as a call uses it.
struct Configuration : std::enable_shared_from_this<Configuration> {
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

/// The key as the backend sees it.
class StoredKey {
public:
    StoredKey(const Configuration& configuration, std::string_view key) : view_(key) {
        if (!configuration.key_mangler) return;
        mangled_ = configuration.key_mangler(key);
        view_ = mangled_;
    }
    StoredKey(const StoredKey&) = delete;
    StoredKey& operator=(const StoredKey&) = delete;

    operator std::string_view() const noexcept { return view_; } // NOLINT(*-explicit-*)

private:
    std::string mangled_;
    std::string_view view_;
};

/// Several keys as the backend sees them, in the order of the caller's.
class StoredKeys {
public:
    StoredKeys(const Configuration& configuration, std::span<const std::string_view> keys)
        : views_(keys.begin(), keys.end()) {
        if (!configuration.key_mangler) return;
        mangled_.reserve(keys.size());
        for (std::string_view& view : views_) view = mangled_.emplace_back(configuration.key_mangler(view));
    }
    StoredKeys(const StoredKeys&) = delete;
    StoredKeys& operator=(const StoredKeys&) = delete;

    [[nodiscard]] std::span<const std::string_view> views() const noexcept { return views_; }

private:
    std::vector<std::string> mangled_;
    std::vector<std::string_view> views_;
};

[[nodiscard]] inline std::shared_ptr<const Configuration>
make_configuration(std::string_view backend_name, const ConfigureOptions& options,
                   const RegionOptions& region, std::shared_ptr<RegionInvalidationStrategy> invalidator) {
    auto configuration = std::make_shared<Configuration>();
    std::shared_ptr<CacheBackend> backend =
        make_backend(backend_name, {.arguments = options.arguments, .clock = region.clock});
    for (auto proxy = options.wrap.rbegin(); proxy != options.wrap.rend(); ++proxy)
        backend = proxy->around(std::move(backend));
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
inline void require_expiration(const Configuration& configuration, const Rules& rules) {
    if (rules.expiration.is_unlimited() && configuration.invalidator->was_soft_invalidated())
        throw DogpileCacheException("a soft invalidation needs an expiration time: give the region or the "
                                    "call one that is not 'unlimited'");
}

[[nodiscard]] inline RuleChanges changes_of(const ReadOptions& options) {
    return {.expiration = options.expiration_time, .ignore_expiration = options.ignore_expiration};
}

template <class Value>
[[nodiscard]] RuleChanges changes_of(const CreateOptions<Value>& options) {
    return {.expiration = options.expiration_time,
            .stale_time = options.stale_time,
            .lock_timeout = options.lock_timeout,
            .on_lock_timeout = options.on_lock_timeout,
            .soft_timeout = options.soft_timeout};
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
