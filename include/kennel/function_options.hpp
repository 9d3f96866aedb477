#ifndef KENNEL_FUNCTION_OPTIONS_HPP
#define KENNEL_FUNCTION_OPTIONS_HPP

#include "kennel/function_signature.hpp"
#include "kennel/region_options.hpp"

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// The expiration time of a wrapped function: a length of time, or a function that gives one anew for every call
/// (nothing: as the region says).
class FunctionExpiration {
public:
    /// As the region says.
    FunctionExpiration() = default;
    FunctionExpiration(std::nullopt_t) {} // NOLINT(*-explicit-*): an option

    /// The same for every call.
    template <class Span>
        requires std::convertible_to<Span, TimeSpan>
    FunctionExpiration(const Span& span) : fixed_(TimeSpan(span)) {} // NOLINT(*-explicit-*)

    /// `function` is asked by every call, by many threads at once.
    template <class Function>
        requires(!std::convertible_to<Function, TimeSpan> && std::is_invocable_r_v<std::optional<TimeSpan>, Function&>)
    FunctionExpiration(Function function) : function_(std::move(function)) {} // NOLINT(*-explicit-*)

    /// Whether every call has the same.
    [[nodiscard]] bool is_fixed() const noexcept { return !function_; }

    /// The expiration time for one call; nothing: as the region says.
    [[nodiscard]] std::optional<TimeSpan> now() const { return function_ ? function_() : fixed_; }

private:
    std::optional<TimeSpan> fixed_;
    std::function<std::optional<TimeSpan>()> function_;
};

/// How a wrapped function differs from what its region says; what is absent is as the region says.
template <class Value>
struct FunctionOptions {
    /// Tells functions of one name apart in their keys.
    std::optional<std::string> key_namespace{};

    /// How long its values are fresh.
    FunctionExpiration expiration_time{};

    /// Whether a created value is stored. Empty: always.
    ShouldCacheFn<Value> should_cache_fn{};

    /// Makes its keys from the texts of its arguments.
    FunctionKeyGenerator function_key_generator{};

    /// Makes its keys, if it is a function of many keys.
    FunctionMultiKeyGenerator function_multi_key_generator{};

    std::optional<TimeSpan> stale_time{};           ///< see `ConfigureOptions`
    std::optional<TimeSpan> lock_timeout{};         ///< see `ConfigureOptions`
    std::optional<OnLockTimeout> on_lock_timeout{}; ///< see `ConfigureOptions`
    std::optional<TimeSpan> soft_timeout{};         ///< see `ConfigureOptions`

    /// The same for one call of `get_or_create`.
    [[nodiscard]] CreateOptions<Value> create_options() const {
        return {.expiration_time = expiration_time.now(),
                .should_cache_fn = should_cache_fn,
                .stale_time = stale_time,
                .lock_timeout = lock_timeout,
                .on_lock_timeout = on_lock_timeout,
                .soft_timeout = soft_timeout};
    }
};

namespace detail {

/// The options of the calls of a wrapped function.
template <class Value>
class CallOptions {
public:
    explicit CallOptions(const FunctionOptions<Value>& options)
        : expiration_(options.expiration_time), create_options_(options.create_options()) {}

    [[nodiscard]] ReadOptions read_options() const { return {.expiration_time = expiration_.now()}; }

    /// Gives what `use` makes of the options of one call. They are copied only if the expiration time is asked for
    /// anew.
    template <class Use>
    [[nodiscard]] auto with_create_options(Use&& use) const {
        if (expiration_.is_fixed()) return use(create_options_);
        CreateOptions<Value> options = create_options_;
        options.expiration_time = expiration_.now();
        return use(std::as_const(options));
    }

private:
    FunctionExpiration expiration_;
    CreateOptions<Value> create_options_;
};

/// Throws `ValidationError` for a null pointer or an empty `std::function`.
template <class Function>
void require_function(std::string_view name, const Function& function) {
    if constexpr (requires { function == nullptr; })
        if (function == nullptr) throw ValidationError(joined({"the function to be wrapped as '", name, "' is null"}));
}

/// Stands for "no key function": the key is made from the arguments' values.
struct DefaultKey {};

} // namespace detail

KENNEL_NAMESPACE_END

#endif
