#ifndef KENNEL_SERIALIZERS_JSON_JSON_NULLABLE_HPP
#define KENNEL_SERIALIZERS_JSON_JSON_NULLABLE_HPP

#include "kennel/serializers/json/json_form.hpp"

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

KENNEL_NAMESPACE_BEGIN

namespace detail {

/// What may be absent is null then; so what is there must not be null itself.
template <class Pointer, class Value>
JsonTree write_json_unless_null(const Pointer& pointer) {
    if (!pointer) return nullptr;
    JsonTree tree = JsonForm<Value>::write(*pointer);
    if (tree.is_null()) throw SerializationError("in JSON, null in an optional cannot be told from an empty optional");
    return tree;
}

template <class Value>
struct JsonForm<std::optional<Value>> {
    static constexpr bool is_known = is_json_type<Value>;

    static JsonTree write(const std::optional<Value>& value) {
        return write_json_unless_null<std::optional<Value>, Value>(value);
    }

    static std::optional<Value> read(const JsonTree& tree) {
        if (tree.is_null()) return std::nullopt;
        return std::optional<Value>(std::in_place, JsonForm<Value>::read(tree));
    }
};

template <class Value>
    requires(!std::is_polymorphic_v<Value> || std::is_final_v<Value>)
struct JsonForm<std::shared_ptr<Value>> {
    using Pointee = std::remove_const_t<Value>;
    static constexpr bool is_known = is_json_type<Pointee>;

    static JsonTree write(const std::shared_ptr<Value>& pointer) {
        return write_json_unless_null<std::shared_ptr<Value>, Pointee>(pointer);
    }

    static std::shared_ptr<Value> read(const JsonTree& tree) {
        if (tree.is_null()) return nullptr;
        return std::make_shared<Pointee>(JsonForm<Pointee>::read(tree));
    }
};

} // namespace detail

KENNEL_NAMESPACE_END

#endif
