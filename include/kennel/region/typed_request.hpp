#ifndef KENNEL_REGION_TYPED_REQUEST_HPP
#define KENNEL_REGION_TYPED_REQUEST_HPP

#include "kennel/region/requests.hpp"
#include "kennel/region/value_traits.hpp"
#include "kennel/region_options.hpp"

#include <concepts>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What the requests for a `Value` have in common, whoever creates it; it refers to all that it is given.
///
/// Only a creator that takes a `Creation&` can look at the previous value.
template <class Value, class SerializerType, bool takes_creation>
class RequestBase : public ValueRequest {
public:
    RequestBase(const SerializerType& serializer, const ShouldCacheFn<Value>& should_cache)
        : serializer_(serializer), should_cache_(should_cache) {}

    [[nodiscard]] bool take(const Payload& payload) final { return take_value(serializer_, payload, value_); }
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
    TypedRequest(const std::shared_ptr<const SerializerType>& serializer, Creator& creator,
                 const ShouldCacheFn<Value>& should_cache)
        : RequestBaseFor<Value, SerializerType, Creator>(*serializer, should_cache), serializer_(serializer),
          creator_(creator), should_cache_(should_cache) {}

    [[nodiscard]] Payload create(Creation& creation) override {
        return Payload::object(CreatedValue<Creator>::call(creator_, creation));
    }
    [[nodiscard]] std::unique_ptr<ValueRequest> detached() override;

private:
    const std::shared_ptr<const SerializerType>& serializer_;
    Creator& creator_;
    const ShouldCacheFn<Value>& should_cache_;
};

/// What a `DetachedRequest` owns and its base refers to.
template <class Value, class SerializerType, class Creator>
struct RequestOwner {
    std::shared_ptr<const SerializerType> serializer;
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
          RequestBaseFor<Value, SerializerType, Creator>(*Owner::serializer, Owner::should_cache) {}

    [[nodiscard]] Payload create(Creation& creation) override {
        return Payload::object(CreatedValue<Creator>::call(Owner::creator, creation));
    }
    [[nodiscard]] std::unique_ptr<ValueRequest> detached() override { return nullptr; }
};

/// A creator whose state is not its own, such as a call with references to its arguments, makes its owner by
/// `detached()`.
template <class Value, class SerializerType, class Creator>
std::unique_ptr<ValueRequest> TypedRequest<Value, SerializerType, Creator>::detached() {
    const auto owning = [this](auto creator) -> std::unique_ptr<ValueRequest> {
        using Owned = decltype(creator);
        using Owner = RequestOwner<Value, SerializerType, Owned>;
        return std::unique_ptr<ValueRequest>(
            new DetachedRequest<Value, SerializerType, Owned>(Owner{serializer_, std::move(creator), should_cache_}));
    };
    if constexpr (requires { creator_.detached(); }) return owning(creator_.detached());
    else if constexpr (std::copy_constructible<std::decay_t<Creator>>)
        return owning(std::decay_t<Creator>(creator_)); // of a function: its address
    else return nullptr;
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
