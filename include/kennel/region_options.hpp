#ifndef KENNEL_REGION_OPTIONS_HPP
#define KENNEL_REGION_OPTIONS_HPP

#include "kennel/arguments.hpp"
#include "kennel/creation_runner.hpp"
#include "kennel/event.hpp"
#include "kennel/invalidation.hpp"
#include "kennel/key_generator.hpp"
#include "kennel/key_mangler.hpp"
#include "kennel/proxy_backend.hpp"

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// What a region is made with and keeps, however often it is configured.
struct RegionOptions {
    /// What events and error messages call the region.
    std::string name{};

    /// Turns keys into those that the backend sees. Absent: the backend's own, if it has one; empty: none at all.
    std::optional<KeyMangler> key_mangler{};

    /// Makes the keys of wrapped functions. Empty: `name|arg1 arg2`, such that different arguments never share a key.
    FunctionKeyGenerator function_key_generator{};

    /// Makes the keys of wrapped functions of many keys. Empty: `name|arg` for each.
    FunctionMultiKeyGenerator function_multi_key_generator{};

    /// Takes the creation of values that have expired to another thread, while the old value is served. Empty: the
    /// first caller who finds an expired value creates it and waits for it.
    AsyncCreationRunner async_creation_runner{};

    /// Tells the time. Empty: the machine's.
    std::shared_ptr<const Clock> clock{};

    /// Hears of misses, creations and failures. Empty: nobody does.
    EventListener listener{};
};

/// What happens when the backend fails.
enum class OnFailure {
    degrade,     ///< it is counted and told to the listener; reads miss, writes are lost
    throw_error, ///< it is counted, told to the listener, and thrown
};

/// What a caller does when somebody else's creation has taken longer than `lock_timeout` and there is no old value to
/// serve.
enum class OnLockTimeout {
    throw_error,  ///< `CreationTimeout`
    create_alone, ///< calls its creator without waiting any longer; the value is stored as usual
    serve_stale,  ///< takes whatever entry there is, however old (unless hard-invalidated), else throws
};

/// How `configure` sets a region up.
template <class Lazy>
struct BasicConfigureOptions {
    /// How long an entry is fresh. Absent or `unlimited`: it never expires. Zero: it always has.
    std::optional<TimeSpan> expiration_time{};

    /// The backend's own arguments, by name; see its documentation.
    Arguments arguments{};

    /// Proxies around the backend, outermost first.
    ProxyList wrap{};

    /// Allows a second `configure`, which then drops the old backend once nobody uses it any more.
    bool replace_existing_backend = false;

    /// Decides what an invalidation hits. Empty: the one so far, or a `DefaultInvalidationStrategy`.
    std::shared_ptr<RegionInvalidationStrategy> region_invalidator{};

    /// How long after its expiration an entry may still be served while a new value is made. A backend that can expire
    /// entries drops them after `expiration_time + stale_time`.
    TimeSpan stale_time = TimeSpan::from_seconds(24 * 3600);

    /// How long a caller waits for somebody else's creation. Absent: as long as it takes.
    std::optional<TimeSpan> lock_timeout{};

    /// What a caller does after that.
    OnLockTimeout on_lock_timeout = OnLockTimeout::throw_error;

    /// How long the caller who makes a new value for an expired one waits for it before it takes the expired one; the
    /// creation goes on in the background. Absent: until it is made (or not at all, if there is an
    /// `async_creation_runner`).
    std::optional<TimeSpan> soft_timeout{};

    /// What `get` and its like do when the backend cannot be read. `get_or_create` calls its creator in any case.
    OnFailure on_read_failure = OnFailure::degrade;

    /// What `set`, `erase` and their like do when the backend cannot be written. A value that `get_or_create` has made
    /// goes to its callers in any case.
    OnFailure on_write_failure = OnFailure::throw_error;
};

/// How `configure` sets a region up; see `BasicConfigureOptions`.
using ConfigureOptions = BasicConfigureOptions<void>;

/// How to read.
struct ReadOptions {
    /// How long an entry is fresh for this call. Absent: as the region says.
    std::optional<TimeSpan> expiration_time{};

    /// Takes an entry however old, expired or invalidated it is.
    bool ignore_expiration = false;
};

/// Decides whether a value is stored: a callable that takes the value, or the value and the key. Empty: every value is.
template <class Value>
class ShouldCacheFn {
public:
    /// Every value is stored.
    ShouldCacheFn() = default;

    /// `function` is asked about every value that is created.
    template <class Function>
        requires(!std::same_as<std::remove_cvref_t<Function>, ShouldCacheFn> &&
                 (std::predicate<Function&, const Value&> || std::predicate<Function&, const Value&, std::string_view>))
    ShouldCacheFn(Function function) { // NOLINT(*-explicit-*): an option
        if constexpr (std::predicate<Function&, const Value&, std::string_view>) function_ = std::move(function);
        else
            function_ = [function = std::move(function)](const Value& value, std::string_view) mutable {
                return static_cast<bool>(function(value));
            };
    }

    /// Whether `value`, which was created for `key`, is to be stored.
    [[nodiscard]] bool operator()(const Value& value, std::string_view key) const {
        return !function_ || function_(value, key);
    }

private:
    std::function<bool(const Value&, std::string_view)> function_;
};

/// How one call of `get_or_create` differs from what the region says; what is absent is as the region says.
template <class Value>
struct CreateOptions {
    /// How long an entry is fresh for this call, and for the store's own expiry if this call creates.
    std::optional<TimeSpan> expiration_time{};

    /// Whether a created value is stored. Empty: always.
    ShouldCacheFn<Value> should_cache_fn{};

    std::optional<TimeSpan> stale_time{};           ///< see `ConfigureOptions`; zero: never an expired value
    std::optional<TimeSpan> lock_timeout{};         ///< see `ConfigureOptions`
    std::optional<OnLockTimeout> on_lock_timeout{}; ///< see `ConfigureOptions`
    std::optional<TimeSpan> soft_timeout{};         ///< see `ConfigureOptions`
};

KENNEL_NAMESPACE_END

#endif
