#ifndef KENNEL_REGION_VALUE_TRAITS_HPP
#define KENNEL_REGION_VALUE_TRAITS_HPP

#include "kennel/creation.hpp"
#include "kennel/detail/joined.hpp"
#include "kennel/function_signature.hpp"
#include "kennel/serializer.hpp"

#include <concepts>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The value's bytes as a payload. Throws `SerializationError` when the serializer has no form for a `Value`.
template <class Value, class SerializerType>
[[nodiscard]] Payload to_bytes(const SerializerType& serializer, const Value& value) {
    if constexpr (SerializerFor<SerializerType, Value>)
        return Payload::bytes(serializer.serialize(value));
    else
        throw SerializationError(joined({"a value of type ", typeid(Value).name(),
                                         " cannot be turned into bytes, which this backend keeps: give the region "
                                         "a serializer that can, or specialise kennel::Codec for the type"}));
}

/// Takes a `Value` out of a payload; nothing when it is not one. Bytes that the serializer cannot read are not one, either.
template <class Value, class SerializerType>
[[nodiscard]] bool take_value(const SerializerType& serializer, const Payload& payload, std::optional<Value>& value) {
    if (payload.is_object()) {
        const Value* const object = payload.get_if<Value>();
        if (object != nullptr) value.emplace(*object);
        return object != nullptr;
    }
    if constexpr (SerializerFor<SerializerType, Value>) {
        try {
            value.emplace(serializer.template deserialize<Value>(payload.as_bytes()));
            return true;
        } catch (const std::exception&) {
            return false;
        }
    }
    return false;
}

/// What a creator makes; a creator may take a `Creation&`.
template <class Creator>
struct CreatedValue {
    static auto call(Creator& creator, Creation& creation) {
        if constexpr (std::invocable<Creator&, Creation&>)
            return creator(creation);
        else
            return creator();
    }
    using type = value_of_t<decltype(call(std::declval<Creator&>(), std::declval<Creation&>()))>;
};

template <class Creator>
using created_value_t = typename CreatedValue<std::remove_reference_t<Creator>>::type;

template <class Type>
inline constexpr bool is_borrowed_text = std::is_same_v<Type, const char*> || std::is_same_v<Type, char*> ||
                                         std::is_same_v<Type, std::string_view>;

/// How a value is kept: text always as a `std::string`.
template <class Value>
using kept_t = std::conditional_t<is_borrowed_text<std::decay_t<Value>>, std::string, std::decay_t<Value>>;

/// Whether a value may lie in a cache and go to many callers.
template <class Value>
inline constexpr bool is_cacheable = !std::is_same_v<Value, NoValue> && !std::is_pointer_v<Value> &&
                                     !std::is_same_v<Value, std::string_view> && std::copy_constructible<Value>;

/// Says at compile time, in the caller's words, what a creator may not make.
template <class Value>
void require_cacheable() {
    static_assert(!std::is_same_v<Value, NoValue>, "a creator must return the value that is to be cached");
    static_assert(!std::is_pointer_v<Value> && !std::is_same_v<Value, std::string_view>,
                  "a creator must return a value that owns what it is made of: not a pointer or a "
                  "std::string_view, but for example a std::string or a std::shared_ptr<const Type>");
    static_assert(std::copy_constructible<Value>,
                  "a cached value goes to many callers, so it must be copyable: return a "
                  "std::shared_ptr<const Type> to share a value that can only be moved");
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
