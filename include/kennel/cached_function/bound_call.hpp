#ifndef KENNEL_CACHED_FUNCTION_BOUND_CALL_HPP
#define KENNEL_CACHED_FUNCTION_BOUND_CALL_HPP

#include "kennel/function_signature.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
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

/// What a wrapped member function can be called on: its object, which must outlive the call, or a pointer to it.
template <class Receiver, class Object>
concept ReceiverOf = !std::is_void_v<Object> && (std::convertible_to<Receiver, Object*> ||
                                                 (std::is_lvalue_reference_v<Receiver> &&
                                                  std::convertible_to<Receiver, std::add_lvalue_reference_t<Object>>));

template <class Object, class Receiver>
[[nodiscard]] Object* address_of_receiver(Receiver& receiver) noexcept {
    if constexpr (std::convertible_to<Receiver&, Object*>) return receiver;
    else return std::addressof(static_cast<Object&>(receiver));
}

/// A copy of a text that a pointer leads to, unless it is null.
class KeptText {
public:
    explicit KeptText(const char* text) {
        if (text != nullptr) text_.emplace(text);
    }

    [[nodiscard]] const char* get() const noexcept { return text_ ? text_->c_str() : nullptr; }

private:
    std::optional<std::string> text_;
};

/// How an argument is kept for the background: views and pointers to text as what they look at, everything else by
/// value.
template <class Param>
struct KeptArgument {
    using type = std::remove_cvref_t<Param>;
};
template <class Param>
    requires std::same_as<std::remove_cvref_t<Param>, std::string_view>
struct KeptArgument<Param> {
    using type = std::string;
};
template <class Param>
    requires std::same_as<std::remove_cvref_t<Param>, const char*>
struct KeptArgument<Param> {
    using type = KeptText;
};

template <class Param, class Kept>
decltype(auto) passed_as(Kept& kept) {
    if constexpr (std::same_as<Kept, KeptText>) return kept.get();
    else if constexpr (std::same_as<std::remove_cvref_t<Param>, Kept>) return static_cast<Param&&>(kept);
    else return std::remove_cvref_t<Param>(kept);
}

template <class Type>
inline constexpr bool is_letter = std::same_as<Type, char> || std::same_as<Type, wchar_t> ||
                                  std::same_as<Type, char8_t> || std::same_as<Type, char16_t> ||
                                  std::same_as<Type, char32_t>;

/// A class that says of itself that it does not own its elements. <span> declares what <ranges> asks.
template <class Type>
concept ViewClass = std::is_class_v<Type> && requires { sizeof(Type); } &&
                    (std::ranges::enable_view<Type> || std::ranges::enable_borrowed_range<Type>);

/// Whether a value looks at something that its copy does not own, as far as its type tells.
template <class Type>
inline constexpr bool borrows = std::is_reference_v<Type> || ViewClass<Type>;
template <class Letter>
    requires is_letter<std::remove_cv_t<Letter>>
inline constexpr bool borrows<Letter*> = true;
template <class Element>
inline constexpr bool borrows<std::initializer_list<Element>> = true;
template <template <class...> class Template, class... Parts>
inline constexpr bool borrows<Template<Parts...>> = ViewClass<Template<Parts...>> ||
                                                    (borrows<std::remove_cv_t<Parts>> || ...);
template <class Element, std::size_t size>
inline constexpr bool borrows<std::array<Element, size>> = borrows<Element>;

/// Whether what a parameter refers to may be of a derived class, of which a copy would lack a part.
template <class Param>
inline constexpr bool may_be_derived = std::is_reference_v<Param> &&
                                       std::is_polymorphic_v<std::remove_cvref_t<Param>> &&
                                       !std::is_final_v<std::remove_cvref_t<Param>>;

/// Whether a call can go on after its caller has returned: it needs a copy of each argument that owns what it is made
/// of.
template <class Param>
inline constexpr bool can_be_kept =
    std::copy_constructible<typename KeptArgument<Param>::type> && !borrows<typename KeptArgument<Param>::type> &&
    !may_be_derived<Param> && (!std::is_lvalue_reference_v<Param> || std::is_const_v<std::remove_reference_t<Param>>);

template <class Shape, class Function, class Object, class... Args>
typename Shape::Result call_original(const Function& function, Object* object, Creation& creation, Args&&... args) {
    if constexpr (!std::is_void_v<Object>) {
        if constexpr (Shape::takes_creation)
            return std::invoke(function, *object, creation, std::forward<Args>(args)...);
        else return std::invoke(function, *object, std::forward<Args>(args)...);
    } else if constexpr (Shape::takes_creation) {
        return function(creation, std::forward<Args>(args)...);
    } else {
        return function(std::forward<Args>(args)...);
    }
}

/// A call of the original that owns its arguments; it keeps a pointer to the object, if it has one.
template <class Function, class Shape, class Object, class... Params>
struct KeptCall {
    std::shared_ptr<const Function> function;
    Object* object;
    std::tuple<typename KeptArgument<Params>::type...> args;

    typename Shape::Result operator()(Creation& creation) {
        return call(creation, std::index_sequence_for<Params...>());
    }

    template <std::size_t... positions>
    typename Shape::Result call(Creation& creation, std::index_sequence<positions...>) {
        return call_original<Shape>(*function, object, creation, passed_as<Params>(std::get<positions>(args))...);
    }
};

/// A call of the original with the arguments of a caller who waits for it.
template <class Function, class Shape, class Object, class... Params>
class BoundCall {
public:
    BoundCall(const std::shared_ptr<const Function>& function, Object* object, Params&... args)
        : function_(function), object_(object), args_(args...) {}
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
        return call_original<Shape>(*function_, object_, creation,
                                    static_cast<Params&&>(std::get<positions>(args_))...);
    }

    template <std::size_t... positions>
    auto kept(std::index_sequence<positions...>) const {
        return KeptCall<Function, Shape, Object, Params...>{
            function_, object_, {typename KeptArgument<Params>::type(std::as_const(std::get<positions>(args_)))...}};
    }

    const std::shared_ptr<const Function>& function_;
    Object* object_;
    std::tuple<Params&...> args_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
