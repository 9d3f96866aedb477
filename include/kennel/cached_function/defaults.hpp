#ifndef KENNEL_CACHED_FUNCTION_DEFAULTS_HPP
#define KENNEL_CACHED_FUNCTION_DEFAULTS_HPP

#include "kennel/version.hpp"

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

KENNEL_NAMESPACE_BEGIN

namespace detail {

/// Whether values of the types `Defaults` can be passed as the last of the parameters.
template <class Parameters, class... Defaults, std::size_t... positions>
consteval bool are_defaults_of(std::index_sequence<positions...>) {
    constexpr std::size_t first = std::tuple_size_v<Parameters> - sizeof...(Defaults);
    return (std::is_convertible_v<const Defaults&, std::tuple_element_t<first + positions, Parameters>> && ...);
}

} // namespace detail

/// A wrapped function whose last parameters have default values; made by `CachedFunction::with_defaults`.
///
/// A call that leaves them out and one that spells them out share a key. A member function is called with its object
/// first: `object_count` is then 1. Members block and throw as those of `CachedFunction`.
template <class Function, std::size_t object_count, std::size_t parameter_count, class... Defaults>
class FunctionWithDefaults {
public:
    /// `defaults` are those of the last parameters, in their order.
    explicit FunctionWithDefaults(Function function, Defaults... defaults)
        : function_(std::move(function)), defaults_(std::move(defaults)...) {}

    /// The cached value, or that of the original.
    template <class... Args>
    auto operator()(Args&&... args) const {
        return complete<object_count>([this](auto&&... all) { return function_(std::forward<decltype(all)>(all)...); },
                                      std::forward<Args>(args)...);
    }

    /// Calls the original now and stores its value.
    template <class... Args>
    auto refresh(Args&&... args) const {
        return complete<object_count>(
            [this](auto&&... all) { return function_.refresh(std::forward<decltype(all)>(all)...); },
            std::forward<Args>(args)...);
    }

    /// The cached value, if there is one that is fresh; never calls the original.
    template <class... Args>
    [[nodiscard]] auto get(const Args&... args) const {
        return complete([this](const auto&... all) { return function_.get(all...); }, args...);
    }

    /// Stores `value` for these arguments.
    template <class Value, class... Args>
    void set(const Value& value, const Args&... args) const {
        complete([&](const auto&... all) { function_.set(value, all...); }, args...);
    }

    /// Removes the value for these arguments.
    template <class... Args>
    void invalidate(const Args&... args) const {
        complete([this](const auto&... all) { function_.invalidate(all...); }, args...);
    }

    /// The key for these arguments, before the region's mangler.
    template <class... Args>
    [[nodiscard]] auto key(const Args&... args) const {
        return complete([this](const auto&... all) { return function_.key(all...); }, args...);
    }

    /// The original function, which has no defaults.
    [[nodiscard]] const auto& original() const noexcept { return function_.original(); }

private:
    template <std::size_t leading_count = 0, class Receiver, class... Args>
    decltype(auto) complete(Receiver&& receiver, Args&&... args) const {
        constexpr std::size_t all_count = leading_count + parameter_count;
        static_assert(sizeof...(Args) <= all_count, "more arguments than the function has parameters");
        static_assert(sizeof...(Args) + sizeof...(Defaults) >= all_count,
                      "an argument that has no default value is missing");
        constexpr std::size_t missing = all_count - sizeof...(Args);
        constexpr std::size_t first = sizeof...(Defaults) - missing;
        return [&]<std::size_t... positions>(std::index_sequence<positions...>) -> decltype(auto) {
            return receiver(std::forward<Args>(args)..., std::get<first + positions>(defaults_)...);
        }(std::make_index_sequence<missing>());
    }

    Function function_;
    std::tuple<Defaults...> defaults_;
};

KENNEL_NAMESPACE_END

#endif
