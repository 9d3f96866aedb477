#ifndef KENNEL_CACHED_FUNCTION_DEFAULTS_HPP
#define KENNEL_CACHED_FUNCTION_DEFAULTS_HPP

#include "kennel/version.hpp"

#include <cstddef>
#include <tuple>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// A wrapped function whose last parameters have default values; made by `CachedFunction::with_defaults`.
///
/// A call that leaves them out and one that spells them out share a key. A member function is called with its object first:
/// `object_count` is then 1.
template <class Function, std::size_t object_count, std::size_t parameter_count, class... Defaults>
class FunctionWithDefaults {
public:
    explicit FunctionWithDefaults(Function function, Defaults... defaults)
        : function_(std::move(function)), defaults_(std::move(defaults)...) {}

    template <class... Args>
    auto operator()(Args&&... args) const {
        return complete<object_count>(
            [this](auto&&... all) { return function_(std::forward<decltype(all)>(all)...); },
            std::forward<Args>(args)...);
    }
    template <class... Args>
    auto refresh(Args&&... args) const {
        return complete<object_count>(
            [this](auto&&... all) { return function_.refresh(std::forward<decltype(all)>(all)...); },
            std::forward<Args>(args)...);
    }
    template <class... Args>
    [[nodiscard]] auto get(const Args&... args) const {
        return complete([this](const auto&... all) { return function_.get(all...); }, args...);
    }
    template <class Value, class... Args>
    void set(const Value& value, const Args&... args) const {
        complete([&](const auto&... all) { function_.set(value, all...); }, args...);
    }
    template <class... Args>
    void invalidate(const Args&... args) const {
        complete([this](const auto&... all) { function_.invalidate(all...); }, args...);
    }
    template <class... Args>
    [[nodiscard]] auto key(const Args&... args) const {
        return complete([this](const auto&... all) { return function_.key(all...); }, args...);
    }
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
