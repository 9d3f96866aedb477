#ifndef KENNEL_KEY_ARGUMENT_HPP
#define KENNEL_KEY_ARGUMENT_HPP

#include "kennel/version.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

KENNEL_NAMESPACE_BEGIN

/// Says how an argument of your own type becomes text in a key: specialise it with
/// `static void append(std::string& key, const Type& argument)`, which appends the text and leaves what is there alone.
///
/// Equal arguments must give equal text and different ones different text; any characters will do. A specialisation
/// also wins for a type that has a text already.
template <class Type>
struct KeyEncoder;

namespace detail {

/// What an argument looks like to those who write it into a key.
enum class KeyShape {
    unsupported,
    custom,  ///< has a `KeyEncoder`
    nothing, ///< a type with one value only
    boolean,
    character,
    integer,
    floating,
    enumeration,
    text,
    optional,
    ticks,  ///< a duration
    moment, ///< a time point
    tuple,
    variant,
    sequence, ///< elements in an order that depends on nothing but their values and the order they were put in
};

template <class Type>
constexpr KeyShape key_shape();

template <class... Types>
constexpr bool are_key_arguments() {
    return ((key_shape<std::remove_cvref_t<Types>>() != KeyShape::unsupported) && ...);
}

template <class... Parts>
constexpr KeyShape shape_if_all(KeyShape shape) {
    return are_key_arguments<Parts...>() ? shape : KeyShape::unsupported;
}

template <class Type>
inline constexpr KeyShape template_shape = KeyShape::unsupported;
template <class Value>
inline constexpr KeyShape template_shape<std::optional<Value>> = shape_if_all<Value>(KeyShape::optional);
template <class Rep, class Period>
inline constexpr KeyShape template_shape<std::chrono::duration<Rep, Period>> = shape_if_all<Rep>(KeyShape::ticks);
template <class Clock, class Duration>
inline constexpr KeyShape template_shape<std::chrono::time_point<Clock, Duration>> =
    shape_if_all<Duration>(KeyShape::moment);
template <class First, class Second>
inline constexpr KeyShape template_shape<std::pair<First, Second>> = shape_if_all<First, Second>(KeyShape::tuple);
template <class... Elements>
inline constexpr KeyShape template_shape<std::tuple<Elements...>> = shape_if_all<Elements...>(KeyShape::tuple);
template <class... Alternatives>
inline constexpr KeyShape template_shape<std::variant<Alternatives...>> =
    shape_if_all<Alternatives...>(KeyShape::variant);

template <class Type>
inline constexpr bool is_reference_wrapper = false;
template <class Type>
inline constexpr bool is_reference_wrapper<std::reference_wrapper<Type>> = true;

template <class Type>
concept HasKeyEncoder = requires(std::string& key, const Type& argument) { KeyEncoder<Type>::append(key, argument); };

template <class Type>
concept KeyText = std::convertible_to<const Type&, std::string_view> && !std::same_as<Type, std::nullptr_t> &&
                  !is_reference_wrapper<Type>;

template <class Type>
concept HasKeys = requires { typename Type::key_type; };

template <class Type>
concept IsSorted = requires { typename Type::key_compare; };

/// A container by key whose order may differ from one run to the next.
template <class Type>
concept IsHashed = HasKeys<Type> && !IsSorted<Type>;

template <class Type>
concept HasElements = requires(const Type& elements) {
    requires !std::same_as<typename Type::value_type, Type>;
    { *elements.begin() } -> std::convertible_to<const typename Type::value_type&>;
    { elements.begin() != elements.end() } -> std::convertible_to<bool>;
};

template <class Type>
concept KeySequence = !IsHashed<Type> && HasElements<Type>;

template <class Type>
constexpr KeyShape key_shape() {
    if constexpr (HasKeyEncoder<Type>) return KeyShape::custom;
    else if constexpr (std::same_as<Type, std::nullopt_t>) return KeyShape::nothing;
    else if constexpr (std::same_as<Type, std::monostate>) return KeyShape::nothing;
    else if constexpr (std::same_as<Type, bool>) return KeyShape::boolean;
    else if constexpr (std::same_as<Type, char>) return KeyShape::character;
    else if constexpr (std::integral<Type>) return KeyShape::integer;
    else if constexpr (std::floating_point<Type>) return KeyShape::floating;
    else if constexpr (std::is_enum_v<Type>) return KeyShape::enumeration;
    else if constexpr (KeyText<Type>) return KeyShape::text;
    else if constexpr (KeySequence<Type>) return shape_if_all<typename Type::value_type>(KeyShape::sequence);
    else return template_shape<Type>;
}

} // namespace detail

/// A type whose values have a text of their own that can be part of a key.
///
/// These are bool, characters, numbers, enumerations, text, durations and time points; optionals, pairs, tuples,
/// variants, sequences and sorted containers of such types; and every type with a `KeyEncoder`. Pointers, smart
/// pointers, references wrapped in objects, and unordered containers are not.
template <class Type>
concept KeyArgument = detail::are_key_arguments<Type>();

static_assert(KeyArgument<const std::string&>);
static_assert(!KeyArgument<std::string*>);

/// Stops the compilation with one clear error unless `Parameter` is a `KeyArgument`.
template <class Parameter>
constexpr void require_key_argument() {
    static_assert(KeyArgument<Parameter>,
                  "this parameter has no value of its own that could be part of a cache key (a pointer, an unordered "
                  "container or a type without KeyEncoder): specialise kennel::KeyEncoder for it, pass a key function, "
                  "or take the object out of the parameters");
}

KENNEL_NAMESPACE_END

#endif
