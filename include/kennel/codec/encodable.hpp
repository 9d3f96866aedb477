#ifndef KENNEL_CODEC_ENCODABLE_HPP
#define KENNEL_CODEC_ENCODABLE_HPP

#include "kennel/version.hpp"

#include <concepts>
#include <cstddef>
#include <type_traits>

KENNEL_NAMESPACE_BEGIN

/// How values of `Type` are written in the default binary form, and read from it.
///
/// Specialise it for a type of your own that is neither an aggregate nor made of types that are known:
///
///     template <>
///     struct kennel::Codec<Money> {
///         static void encode(const Money& money, Encoder& encoder) {
///             encoder.write(money.cents());
///             encoder.write(money.currency());
///         }
///         static Money decode(Decoder& decoder) {
///             const auto cents = decoder.read<std::int64_t>();
///             auto currency = decoder.read<std::string>();
///             if (currency.size() != 3) decoder.refuse("a currency has three letters");
///             return Money(cents, std::move(currency));
///         }
///         static void describe(Signature& signature) {
///             signature.add<std::int64_t, std::string>("Money 1");
///         }
///     };
///
/// `describe` is optional and defaults to the type's name. Entries written under another description are not read, so
/// change the text whenever `encode` changes. A member `using Parts = CodecParts<...>;` is for codecs of templates: the
/// type is then encodable exactly when all its parts are, and its description is the same wherever it occurs. A type
/// that can contain itself must not have `Parts`.
template <class Type>
struct Codec;

/// A list of types that the form of another type consists of.
template <class... Types>
struct CodecParts {};

/// How deeply the values in the default form may be nested.
inline constexpr std::size_t max_codec_depth = 64;

namespace detail {

template <class Type>
concept HasCodec = std::same_as<Type, std::remove_cv_t<Type>> && std::move_constructible<Type> &&
                   requires { sizeof(Codec<Type>); };

template <class Type>
concept HasParts = requires { typename Codec<Type>::Parts; };

template <class Type>
concept HasMembers = requires { typename Codec<Type>::Members; };

/// The types that were found to have codecs so far: each is looked at once, so recursive types come to an end.
template <class... Types>
struct WalkedTypes {};

struct NotEncodable {};

template <class Type>
consteval NotEncodable walk_type(NotEncodable);

template <class Type, class... Seen>
consteval auto walk_type(WalkedTypes<Seen...>);

template <class State>
consteval State walk_parts(State state, CodecParts<>) {
    return state;
}

template <class State, class First, class... Rest>
consteval auto walk_parts(State state, CodecParts<First, Rest...>) {
    return walk_parts(walk_type<First>(state), CodecParts<Rest...>());
}

template <class Type>
consteval NotEncodable walk_type(NotEncodable) {
    return {};
}

template <class Type, class... Seen>
consteval auto walk_type(WalkedTypes<Seen...> seen) {
    if constexpr ((std::is_same_v<Type, Seen> || ...)) return seen;
    else if constexpr (!HasCodec<Type>) return NotEncodable();
    else if constexpr (HasParts<Type>) return walk_parts(WalkedTypes<Type, Seen...>(), typename Codec<Type>::Parts());
    else if constexpr (HasMembers<Type>)
        return walk_parts(WalkedTypes<Type, Seen...>(), typename Codec<Type>::Members());
    else return WalkedTypes<Type, Seen...>();
}

template <class Type>
inline constexpr bool is_encodable = !std::is_same_v<decltype(walk_type<Type>(WalkedTypes<>())), NotEncodable>;

} // namespace detail

/// A type whose values `DefaultSerializer` turns into bytes and back: it and everything in it has a `Codec`.
template <class Type>
concept Encodable = detail::is_encodable<Type>;

KENNEL_NAMESPACE_END

#endif
