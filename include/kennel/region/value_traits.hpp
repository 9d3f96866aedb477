#ifndef KENNEL_REGION_VALUE_TRAITS_HPP
#define KENNEL_REGION_VALUE_TRAITS_HPP

#include "kennel/creation.hpp"
#include "kennel/detail/joined.hpp"
#include "kennel/detail/type_name.hpp"
#include "kennel/function_signature.hpp"
#include "kennel/serializer.hpp"

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What to do about a value that a serializer has no form for.
template <class SerializerType>
[[nodiscard]] constexpr std::string_view remedy_of() {
    if constexpr (requires { std::string_view(SerializerType::remedy); }) return SerializerType::remedy;
    else return "give the region a serializer that can";
}

/// The value's bytes as a payload. Throws `SerializationError` when the serializer has no form for a `Value`.
template <class Value, class SerializerType>
[[nodiscard]] Payload to_bytes(const SerializerType& serializer, const Value& value) {
    if constexpr (SerializerFor<SerializerType, Value>) {
        if constexpr (std::same_as<decltype(serializer.serialize(value)), std::string>)
            return Payload::bytes_in(serializer.serialize(value));
        else return Payload::bytes(serializer.serialize(value));
    } else {
        throw SerializationError(
            joined({"a value of type ", type_name<Value>(),
                    " cannot be turned into bytes, which this backend keeps: ", remedy_of<SerializerType>()}));
    }
}

/// Takes a `Value` out of a payload; nothing when it is not one. Bytes at which the serializer throws are not one,
/// either.
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
        } catch (...) { // also for want of memory: unreadable bytes that kept on throwing would block the key for good
            return false;
        }
    }
    return false;
}

/// What a creator makes; a creator may take a `Creation&`.
template <class Creator>
struct CreatedValue {
    static auto call(Creator& creator, Creation& creation) {
        if constexpr (std::invocable<Creator&, Creation&>) return creator(creation);
        else if constexpr (std::invocable<Creator&>) return creator();
        else return NotCallable(); // refused by `require_cacheable`
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

/// Whether a value owns what it is made of, as far as its type tells.
template <class Value>
inline constexpr bool is_owning = !std::is_pointer_v<Value> && !std::is_same_v<Value, std::string_view>;

/// Whether a value may lie in a cache and go to many callers.
template <class Value>
inline constexpr bool is_cacheable = !std::derived_from<Value, Refused> && is_owning<Value> &&
                                     std::copy_constructible<Value>;

/// Says at compile time, in the caller's words, what a creator may not make.
template <class Value>
void require_cacheable() {
    static_assert(
        !std::is_same_v<Value, NotCallable>,
        "a creator is called without arguments, or with a kennel::Creation&: write a lambda that captures the "
        "key and whatever else it needs, as in [&] { return load_user(id); }");
    static_assert(!std::is_same_v<Value, NotCallableWithKeys>,
                  "a creator of many values is called with the keys, as const std::vector<std::string>&, or with these "
                  "and a kennel::Creation&");
    static_assert(!std::is_same_v<Value, NotMany>,
                  "a creator of many values must return a sequence with one value for each key, or a map of them");
    static_assert(!std::is_same_v<Value, NoValue>, "a creator must return the value that is to be cached");
    static_assert(is_owning<Value>, "a creator must return a value that owns what it is made of: not a pointer or a "
                                    "std::string_view, but for example a std::string or a std::shared_ptr<const Type>");
    static_assert(std::copy_constructible<Value>,
                  "a cached value goes to many callers, so it must be copyable: return a "
                  "std::shared_ptr<const Type> to share a value that can only be moved");
}

/// The same of what may not be stored.
template <class Value>
void require_storable() {
    static_assert(is_owning<Value>,
                  "what is stored must own what it is made of: not a pointer, but the object itself or "
                  "a std::shared_ptr<const Type>");
    static_assert(std::copy_constructible<Value>,
                  "what is stored goes to many callers, so it must be copyable: store a "
                  "std::shared_ptr<const Type> to share a value that can only be moved");
}

/// Whether a value of this type can ever be found.
template <class Value>
inline constexpr bool is_findable = is_cacheable<Value> && std::is_same_v<Value, std::remove_cv_t<Value>>;

/// Says at compile time what nobody needs to look for.
template <class Value>
void require_findable() {
    static_assert(
        is_findable<Value>,
        "no value of this type can be in a cache: ask for the type that was stored, which is copyable, not const "
        "and no pointer or view; text is stored as std::string");
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
