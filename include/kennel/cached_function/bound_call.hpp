#ifndef KENNEL_CACHED_FUNCTION_BOUND_CALL_HPP
#define KENNEL_CACHED_FUNCTION_BOUND_CALL_HPP

#include "kennel/function_signature.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Says at compile time that a callable's parameters must be known.
template <class Signature, class Function>
void require_shape() {
    static_assert(has_shape<Signature, Function>,
                  "the parameters of an overloaded or generic callable cannot be seen: name them, as in "
                  "cache_on_arguments<User(int)>(\"load_user\", function)");
}

/// How an argument is kept for the background: views as what they look at, everything else by value.
template <class Param>
struct KeptArgument {
    using type = std::remove_cvref_t<Param>;
};
template <class Param>
    requires std::same_as<std::remove_cvref_t<Param>, std::string_view> ||
             std::same_as<std::remove_cvref_t<Param>, const char*>
struct KeptArgument<Param> {
    using type = std::string;
};

template <class Param, class Kept>
decltype(auto) passed_as(Kept& kept) {
    if constexpr (std::same_as<std::remove_cvref_t<Param>, const char*> && std::same_as<Kept, std::string>)
        return kept.c_str();
    else if constexpr (std::same_as<std::remove_cvref_t<Param>, Kept>)
        return static_cast<Param&&>(kept);
    else
        return std::remove_cvref_t<Param>(kept);
}

/// Whether a value looks at something that its copy does not own, as far as its type tells.
template <class Type>
inline constexpr bool borrows = false;
template <>
inline constexpr bool borrows<std::string_view> = true;
template <>
inline constexpr bool borrows<const char*> = true;
template <class Element, std::size_t extent>
inline constexpr bool borrows<std::span<Element, extent>> = true;
template <template <class...> class Template, class... Parts>
inline constexpr bool borrows<Template<Parts...>> = (borrows<std::remove_cv_t<Parts>> || ...);
template <class Element, std::size_t size>
inline constexpr bool borrows<std::array<Element, size>> = borrows<Element>;

/// Whether a call can go on after its caller has returned: it needs a copy of each argument that owns what it is made of.
template <class Param>
inline constexpr bool can_be_kept =
    std::copy_constructible<typename KeptArgument<Param>::type> && !borrows<typename KeptArgument<Param>::type> &&
    (!std::is_lvalue_reference_v<Param> || std::is_const_v<std::remove_reference_t<Param>>);

template <class Shape, class Function, class Object, class... Args>
typename Shape::Result call_original(const Function& function, Object* object, Creation& creation, Args&&... args) {
    if constexpr (!std::is_void_v<Object>) {
        if constexpr (Shape::takes_creation)
            return std::invoke(function, *object, creation, std::forward<Args>(args)...);
        else
            return std::invoke(function, *object, std::forward<Args>(args)...);
    } else if constexpr (Shape::takes_creation) {
        return function(creation, std::forward<Args>(args)...);
    } else {
        return function(std::forward<Args>(args)...);
    }
}

/// A call of the original that owns its arguments; it keeps a pointer to the object, if it has one.
template <class State, class Shape, class Object, class... Params>
struct KeptCall {
    std::shared_ptr<const State> state;
    Object* object;
    std::tuple<typename KeptArgument<Params>::type...> args;

    typename Shape::Result operator()(Creation& creation) {
        return call(creation, std::index_sequence_for<Params...>());
    }

    template <std::size_t... positions>
    typename Shape::Result call(Creation& creation, std::index_sequence<positions...>) {
        return call_original<Shape>(state->function, object, creation,
                                    passed_as<Params>(std::get<positions>(args))...);
    }
};

/// A call of the original with the arguments of a caller who waits for it.
template <class State, class Shape, class Object, class... Params>
class BoundCall {
public:
    BoundCall(const std::shared_ptr<const State>& state, Object* object, Params&... args)
        : state_(state), object_(object), args_(args...) {}
    BoundCall(const BoundCall&) = delete; // a copy would refer to the caller's arguments
    BoundCall& operator=(const BoundCall&) = delete;

    typename Shape::Result operator()(Creation& creation) {
        return call(creation, std::index_sequence_for<Params...>());
    }

    [[nodiscard]] auto detached() const
        requires(can_be_kept<Params> && ...)
    {
        return kept(std::index_sequence_for<Params...>());
    }

private:
    template <std::size_t... positions>
    typename Shape::Result call(Creation& creation, std::index_sequence<positions...>) {
        return call_original<Shape>(state_->function, object_, creation,
                                    static_cast<Params&&>(std::get<positions>(args_))...);
    }

    template <std::size_t... positions>
    auto kept(std::index_sequence<positions...>) const {
        return KeptCall<State, Shape, Object, Params...>{
            state_, object_, {typename KeptArgument<Params>::type(std::as_const(std::get<positions>(args_)))...}};
    }

    const std::shared_ptr<const State>& state_;
    Object* object_;
    std::tuple<Params&...> args_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
