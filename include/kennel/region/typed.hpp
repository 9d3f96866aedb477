#ifndef KENNEL_REGION_TYPED_HPP
#define KENNEL_REGION_TYPED_HPP

#include "kennel/detail/joined.hpp"
#include "kennel/detail/late.hpp"
#include "kennel/function_signature.hpp"
#include "kennel/region/region_state.hpp"
#include "kennel/region/requests.hpp"
#include "kennel/region_options.hpp"
#include "kennel/serializer.hpp"

#include <concepts>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

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

/// What the requests for a `Value` have in common, whoever creates it; it refers to all that it is given.
///
/// Only a creator that takes a `Creation&` can look at the previous value.
template <class Value, class SerializerType, bool takes_creation>
class RequestBase : public ValueRequest {
public:
    RequestBase(const SerializerType& serializer, const ShouldCacheFn<Value>& should_cache)
        : serializer_(serializer), should_cache_(should_cache) {}

    [[nodiscard]] bool take(const Payload& payload) final {
        return take_value(serializer_, payload, value_);
    }
    [[nodiscard]] bool is_to_be_stored(const Payload& object, std::string_view key) const final {
        return should_cache_(*object.get_if<Value>(), key);
    }
    [[nodiscard]] Payload serialized(const Payload& object) const final {
        return to_bytes(serializer_, *object.get_if<Value>());
    }
    [[nodiscard]] Payload previous(const Payload& payload) const final {
        if (!takes_creation || !payload.is_bytes()) return payload;
        std::optional<Value> value;
        return take_value(serializer_, payload, value) ? Payload::object(*std::move(value)) : Payload();
    }

    [[nodiscard]] Value taken() { return *std::move(value_); }

private:
    const SerializerType& serializer_;
    const ShouldCacheFn<Value>& should_cache_;
    std::optional<Value> value_;
};

template <class Value, class SerializerType, class Creator>
using RequestBaseFor = RequestBase<Value, SerializerType, std::invocable<Creator&, Creation&>>;

/// `ValueRequest` for a creator of `Value`s; it refers to all that it is given.
template <class Value, class SerializerType, class Creator>
class TypedRequest final : public RequestBaseFor<Value, SerializerType, Creator> {
public:
    using State = std::shared_ptr<TypedRegionState<SerializerType>>;

    TypedRequest(const State& state, Creator& creator, const ShouldCacheFn<Value>& should_cache)
        : RequestBaseFor<Value, SerializerType, Creator>(state->serializer(), should_cache), state_(state),
          creator_(creator), should_cache_(should_cache) {}

    [[nodiscard]] Payload create(Creation& creation) override {
        return Payload::object(CreatedValue<Creator>::call(creator_, creation));
    }
    [[nodiscard]] std::unique_ptr<ValueRequest> detached() override;

private:
    const State& state_;
    Creator& creator_;
    const ShouldCacheFn<Value>& should_cache_;
};

/// What a `DetachedRequest` owns and its base refers to.
template <class Value, class SerializerType, class Creator>
struct RequestOwner {
    std::shared_ptr<TypedRegionState<SerializerType>> state;
    Creator creator;
    ShouldCacheFn<Value> should_cache;
};

/// A request that owns all that it refers to, for the background.
template <class Value, class SerializerType, class Creator>
class DetachedRequest final : private RequestOwner<Value, SerializerType, Creator>,
                              public RequestBaseFor<Value, SerializerType, Creator> {
    using Owner = RequestOwner<Value, SerializerType, Creator>;

public:
    explicit DetachedRequest(Owner&& owner)
        : Owner(std::move(owner)),
          RequestBaseFor<Value, SerializerType, Creator>(Owner::state->serializer(), Owner::should_cache) {}

    [[nodiscard]] Payload create(Creation& creation) override {
        return Payload::object(CreatedValue<Creator>::call(Owner::creator, creation));
    }
    [[nodiscard]] std::unique_ptr<ValueRequest> detached() override { return nullptr; }
};

/// A creator whose state is not its own, such as a call with references to its arguments, makes its owner by `detached()`.
template <class Value, class SerializerType, class Creator>
std::unique_ptr<ValueRequest> TypedRequest<Value, SerializerType, Creator>::detached() {
    const auto owning = [this](auto creator) -> std::unique_ptr<ValueRequest> {
        using Owned = decltype(creator);
        using Owner = RequestOwner<Value, SerializerType, Owned>;
        return std::unique_ptr<ValueRequest>(new DetachedRequest<Value, SerializerType, Owned>(
            Owner{state_, std::move(creator), should_cache_}));
    };
    if constexpr (requires { creator_.detached(); })
        return owning(creator_.detached());
    else if constexpr (std::copy_constructible<std::decay_t<Creator>>)
        return owning(std::decay_t<Creator>(creator_)); // of a function: its address
    else
        return nullptr;
}

template <class Creator>
struct CreatedMany {
    static auto call(Creator& creator, const std::vector<std::string>& keys, Creation& creation) {
        if constexpr (std::invocable<Creator&, const std::vector<std::string>&, Creation&>)
            return creator(keys, creation);
        else
            return creator(keys);
    }
    using result = decltype(call(std::declval<Creator&>(), std::declval<const std::vector<std::string>&>(),
                                 std::declval<Creation&>()));
    using value = typename ManyValues<result>::type;
};

/// `MultiRequest` for a creator of many `Value`s.
template <class Value, class SerializerType, class Creator>
class TypedMultiRequest final : public MultiRequest {
public:
    TypedMultiRequest(const SerializerType& serializer, Creator& creator, const ShouldCacheFn<Value>& should_cache,
                      std::span<const std::string_view> keys)
        : serializer_(serializer), creator_(creator), should_cache_(should_cache), keys_(keys),
          values_(keys.size()) {}

    [[nodiscard]] bool take(std::size_t index, const Payload& payload) override {
        return take_value(serializer_, payload, values_[index]);
    }
    void take_nothing(std::size_t index) override { values_[index].reset(); }

    [[nodiscard]] std::vector<Payload> create(std::span<const std::size_t> indexes, Creation& creation) override {
        std::vector<Late<std::string, Creator>> keys;
        for (const std::size_t index : indexes) keys.emplace_back(keys_[index]);
        auto made = CreatedMany<Creator>::call(creator_, keys, creation);
        std::vector<Late<Payload, Creator>> objects(keys.size());
        if constexpr (is_keyed<decltype(made)>) {
            for (std::size_t position = 0; position != keys.size(); ++position)
                if (const auto found = made.find(keys[position]); found != made.end())
                    objects[position] = Payload::object(std::move(found->second));
        } else {
            if (made.size() != keys.size())
                throw ValidationError(joined({"a creator of many values was asked for ", std::to_string(keys.size()),
                                              " and returned ", std::to_string(made.size()),
                                              ": return one for each key, or a map of those that there are"}));
            auto object = objects.begin();
            for (auto&& value : made) *object++ = Payload::object(Value(std::move(value)));
        }
        return objects;
    }
    [[nodiscard]] bool is_to_be_stored(const Payload& object, std::string_view key) const override {
        return should_cache_(*object.get_if<Value>(), key);
    }
    [[nodiscard]] Payload serialized(const Payload& object) const override {
        return to_bytes(serializer_, *object.get_if<Value>());
    }

    [[nodiscard]] bool knows_absence() const override {
        return is_keyed<typename CreatedMany<Creator>::result>;
    }

    [[nodiscard]] std::vector<std::optional<Value>>& taken() noexcept { return values_; }

private:
    const SerializerType& serializer_;
    Creator& creator_;
    const ShouldCacheFn<Value>& should_cache_;
    std::span<const std::string_view> keys_;
    std::vector<std::optional<Value>> values_;
};

/// Different keys in the order of their bytes, and where each of the caller's is among them.
template <class Keys>
class SortedKeys {
public:
    explicit SortedKeys(const Keys& keys) {
        for (const auto& key : keys) keys_.emplace_back(key);
        for (const auto& key : keys_) indexes_.emplace(key, 0);
        for (auto& [key, index] : indexes_) {
            index = unique_.size();
            unique_.push_back(key);
        }
    }
    SortedKeys(const SortedKeys&) = delete;
    SortedKeys& operator=(const SortedKeys&) = delete;

    [[nodiscard]] std::span<const std::string_view> unique() const noexcept { return unique_; }
    [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

    /// Where the caller's key at `position` is among the different ones.
    [[nodiscard]] std::size_t index(std::size_t position) const {
        return indexes_.find(keys_[position])->second;
    }
    [[nodiscard]] std::string_view key(std::size_t position) const { return keys_[position]; }

private:
    std::vector<Late<std::string, Keys>> keys_; ///< own copies: the caller's range may make its keys as it goes
    std::map<Late<std::string_view, Keys>, std::size_t> indexes_;
    std::vector<Late<std::string_view, Keys>> unique_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
