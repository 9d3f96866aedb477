#ifndef KENNEL_SERIALIZER_HPP
#define KENNEL_SERIALIZER_HPP

#include "kennel/errors.hpp"

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

KENNEL_NAMESPACE_BEGIN

/// A serializer turns values of `Type` into bytes and back.
///
/// `serialize` gives the bytes. `deserialize<Type>` gives the value, or throws `CantDeserializeException` when the
/// bytes are not one: the entry is then a miss. A `static constexpr std::string_view remedy`, if it has one, says in
/// error messages what to do about a type that it does not know. Whatever the bytes, it must neither crash nor allocate
/// more than a fixed multiple of their length. Both may be called from many threads at once.
template <class Candidate, class Type>
concept SerializerFor = requires(const Candidate& serializer, const Type& value, std::string_view bytes) {
    { serializer.serialize(value) } -> std::convertible_to<std::string>;
    { serializer.template deserialize<Type>(bytes) } -> std::same_as<Type>;
};

/// A serializer for at least text.
template <class Candidate>
concept Serializer = std::copy_constructible<Candidate> && SerializerFor<Candidate, std::string>;

KENNEL_NAMESPACE_END

#endif
