#ifndef KENNEL_REGION_ANY_ENTRY_HPP
#define KENNEL_REGION_ANY_ENTRY_HPP

#include "kennel/cache_backend.hpp"
#include "kennel/region/value_traits.hpp"

#include <memory>
#include <string_view>
#include <type_traits>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A value to store, of whatever type; it refers to it.
template <class SerializerType>
class AnyValue {
public:
    template <class Value>
    AnyValue(const Value& value) : value_(std::addressof(value)) { // NOLINT(*-explicit-*): as a plain value
        if constexpr (is_cacheable<kept_t<Value>>) make_ = &make<Value>;
        else require_storable<kept_t<Value>>();
    }

    /// Its payload, which may borrow it. Throws `SerializationError` when the serializer has no form for it.
    [[nodiscard]] Payload payload(const SerializerType& serializer, PayloadForm form) const {
        return make_(serializer, value_, form);
    }

private:
    template <class Value>
    [[nodiscard]] static Payload make(const SerializerType& serializer, const void* address, PayloadForm form) {
        using Kept = kept_t<Value>;
        const Value& value = *static_cast<const Value*>(address);
        if constexpr (!std::is_same_v<Kept, Value>)
            return form == PayloadForm::bytes ? to_bytes(serializer, Kept(value)) : Payload::object(Kept(value));
        else return form == PayloadForm::bytes ? to_bytes(serializer, value) : Payload::borrowed_object(value);
    }

    const void* value_;
    Payload (*make_)(const SerializerType&, const void*, PayloadForm) = nullptr;
};

/// A key and a value to store under it; it refers to both.
template <class SerializerType>
struct AnyEntry {
    std::string_view key;
    AnyValue<SerializerType> value;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
