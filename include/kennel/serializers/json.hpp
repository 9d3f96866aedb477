#ifndef KENNEL_SERIALIZERS_JSON_HPP
#define KENNEL_SERIALIZERS_JSON_HPP

#include "kennel/codec/container_kinds.hpp"
#include "kennel/serializer.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// How deeply arrays and objects may be nested in a JSON payload.
inline constexpr std::size_t max_json_depth = 64;

namespace detail {

using JsonTree = nlohmann::json;

[[noreturn]] inline void refuse_json(const char* why) {
    throw CantDeserializeException(std::string("the JSON is not such a value: ") + why);
}

inline const JsonTree& require_json_array(const JsonTree& tree) {
    if (!tree.is_array()) refuse_json("it is no array");
    return tree;
}

inline const JsonTree& require_json_array(const JsonTree& tree, std::size_t size) {
    if (require_json_array(tree).size() != size) refuse_json("an array has another size");
    return tree;
}

template <class Type>
concept HasOwnJson =
    requires(JsonTree& tree, const JsonTree& source, const Type& value, Type& target) {
        to_json(tree, value);
        from_json(source, target);
    };

template <class Type>
concept JsonContainer = requires {
    typename Type::value_type;
    typename Type::iterator;
};

/// How a type is written as JSON and read from it. This one: a type that its author made known to nlohmann/json. What that
/// library converts by itself it converts too freely (a truth value is a number to it), so it is not asked to.
template <class Type>
struct JsonForm {
    static constexpr bool is_known =
        (std::is_class_v<Type> || std::is_union_v<Type> || std::is_enum_v<Type>) &&
        (HasOwnJson<Type> || !JsonContainer<Type>) && std::constructible_from<JsonTree, const Type&> &&
        requires(const JsonTree& tree) { tree.template get<Type>(); };

    static JsonTree write(const Type& value) { return JsonTree(value); }
    static Type read(const JsonTree& tree) { return tree.template get<Type>(); }
};

template <class Type>
inline constexpr bool is_json_type = false;
template <class Type>
    requires(std::same_as<Type, std::remove_cv_t<Type>> && std::move_constructible<Type>)
inline constexpr bool is_json_type<Type> = JsonForm<Type>::is_known;

template <>
struct JsonForm<JsonTree> {
    static constexpr bool is_known = true;

    static JsonTree write(const JsonTree& value) { return value; }
    static JsonTree read(const JsonTree& tree) { return tree; }
};

template <>
struct JsonForm<bool> {
    static constexpr bool is_known = true;

    static JsonTree write(bool value) { return value; }

    static bool read(const JsonTree& tree) {
        if (!tree.is_boolean()) refuse_json("it is no truth value");
        return tree.get<bool>();
    }
};

template <std::integral Type>
struct JsonForm<Type> {
    static constexpr bool is_known = sizeof(Type) <= sizeof(std::int64_t);
    using Widest = std::conditional_t<std::is_signed_v<Type>, std::int64_t, std::uint64_t>;

    static JsonTree write(Type value) { return static_cast<Widest>(value); }

    static Type read(const JsonTree& tree) {
        if (!tree.is_number_integer()) refuse_json("it is no integer");
        return tree.is_number_unsigned() ? narrow(tree.get<std::uint64_t>()) : narrow(tree.get<std::int64_t>());
    }

private:
    template <class Number>
    static Type narrow(Number number) {
        using Limits = std::numeric_limits<Type>;
        if (std::cmp_less(number, static_cast<Widest>(Limits::min())) ||
            std::cmp_greater(number, static_cast<Widest>(Limits::max())))
            refuse_json("an integer is out of range");
        return static_cast<Type>(number);
    }
};

template <class Type>
    requires(std::same_as<Type, float> || std::same_as<Type, double>)
struct JsonForm<Type> {
    static constexpr bool is_known = true;

    static JsonTree write(Type value) { return static_cast<double>(value); }

    static Type read(const JsonTree& tree) {
        if (!tree.is_number()) refuse_json("it is no number");
        const double number = tree.get<double>();
        if (std::abs(number) > static_cast<double>(std::numeric_limits<Type>::max()))
            refuse_json("a number is out of range");
        return static_cast<Type>(number);
    }
};

template <class Type>
    requires(std::is_enum_v<Type> && !HasOwnJson<Type>)
struct JsonForm<Type> {
    using Form = JsonForm<std::underlying_type_t<Type>>;
    static constexpr bool is_known = Form::is_known;

    static JsonTree write(Type value) { return Form::write(static_cast<std::underlying_type_t<Type>>(value)); }
    static Type read(const JsonTree& tree) { return static_cast<Type>(Form::read(tree)); }
};

template <>
struct JsonForm<std::string> {
    static constexpr bool is_known = true;

    static JsonTree write(const std::string& text) { return text; }

    static std::string read(const JsonTree& tree) {
        if (!tree.is_string()) refuse_json("it is no text");
        return tree.get_ref<const std::string&>();
    }
};

/// What may be absent is null then; so what is there must not be null itself.
template <class Pointer, class Value>
JsonTree write_json_unless_null(const Pointer& pointer) {
    if (!pointer) return nullptr;
    JsonTree tree = JsonForm<Value>::write(*pointer);
    if (tree.is_null())
        throw SerializationError("in JSON, null in an optional cannot be told from an empty optional");
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

template <class... Elements>
struct JsonForm<std::tuple<Elements...>> {
    static constexpr bool is_known = (is_json_type<Elements> && ...);

    static JsonTree write(const std::tuple<Elements...>& tuple) {
        JsonTree tree = JsonTree::array();
        std::apply(
            [&](const Elements&... elements) { (tree.push_back(JsonForm<Elements>::write(elements)), ...); }, tuple);
        return tree;
    }

    static std::tuple<Elements...> read(const JsonTree& tree) {
        [[maybe_unused]] auto next = require_json_array(tree, sizeof...(Elements)).begin();
        return std::tuple<Elements...>{JsonForm<Elements>::read(*next++)...};
    }
};

template <class First, class Second>
struct JsonForm<std::pair<First, Second>> {
    static constexpr bool is_known = is_json_type<First> && is_json_type<Second>;

    static JsonTree write(const std::pair<First, Second>& pair) {
        JsonTree tree = JsonTree::array();
        tree.push_back(JsonForm<First>::write(pair.first));
        tree.push_back(JsonForm<Second>::write(pair.second));
        return tree;
    }

    static std::pair<First, Second> read(const JsonTree& tree) {
        require_json_array(tree, 2);
        return std::pair<First, Second>{JsonForm<First>::read(tree[0]), JsonForm<Second>::read(tree[1])};
    }
};

template <class Container>
JsonTree write_json_array(const Container& container) {
    using Element = typename Container::value_type;
    JsonTree tree = JsonTree::array();
    for (const Element& element : container) tree.push_back(JsonForm<Element>::write(element));
    return tree;
}

template <class Element, std::size_t size>
    requires std::default_initializable<Element>
struct JsonForm<std::array<Element, size>> {
    static constexpr bool is_known = is_json_type<Element>;

    static JsonTree write(const std::array<Element, size>& array) { return write_json_array(array); }

    static std::array<Element, size> read(const JsonTree& tree) {
        auto next = require_json_array(tree, size).begin();
        std::array<Element, size> array{};
        for (Element& element : array) element = JsonForm<Element>::read(*next++);
        return array;
    }
};

template <class Type>
    requires is_sequence<Type>
struct JsonForm<Type> {
    using Element = typename Type::value_type;
    static constexpr bool is_known = is_json_type<Element>;

    static JsonTree write(const Type& container) { return write_json_array(container); }

    static Type read(const JsonTree& tree) {
        Type container;
        for (const JsonTree& element : require_json_array(tree))
            container.push_back(JsonForm<Element>::read(element));
        return container;
    }
};

template <class Type>
    requires is_set<Type>
struct JsonForm<Type> {
    using Element = typename Type::value_type;
    static constexpr bool is_known = is_json_type<Element>;

    static JsonTree write(const Type& container) { return write_json_array(container); }

    static Type read(const JsonTree& tree) {
        Type container;
        for (const JsonTree& element : require_json_array(tree)) {
            if (!container.insert(JsonForm<Element>::read(element)).second)
                refuse_json("an element of a set is repeated");
        }
        return container;
    }
};

/// A map from text is an object, any other an array of pairs.
template <class Type>
    requires is_map<Type>
struct JsonForm<Type> {
    using Key = typename Type::key_type;
    using Value = typename Type::mapped_type;
    using Pair = std::pair<Key, Value>;
    static constexpr bool is_object = std::same_as<Key, std::string>;
    static constexpr bool is_known = is_json_type<Key> && is_json_type<Value>;

    static JsonTree write(const Type& map) {
        JsonTree tree = is_object ? JsonTree::object() : JsonTree::array();
        for (const auto& [key, value] : map) {
            if constexpr (is_object)
                tree[key] = JsonForm<Value>::write(value);
            else
                tree.push_back(JsonForm<Pair>::write(Pair(key, value)));
        }
        return tree;
    }

    static Type read(const JsonTree& tree) {
        Type map;
        if constexpr (is_object) {
            if (!tree.is_object()) refuse_json("it is no object");
            for (const auto& [key, value] : tree.items()) map.emplace(key, JsonForm<Value>::read(value));
        } else {
            for (const JsonTree& pair : require_json_array(tree)) {
                if (!map.insert(JsonForm<Pair>::read(pair)).second) refuse_json("a key of a map is repeated");
            }
        }
        return map;
    }
};

/// Refuses what nlohmann/json would write as something else, or could write but not read again.
inline void check_json(const JsonTree& tree, std::size_t depth = 0) {
    if (tree.is_number_float() && !std::isfinite(tree.get<double>()))
        throw SerializationError("JSON has no form for infinite numbers and those that are none (NaN)");
    if (tree.is_binary() || tree.is_discarded())
        throw SerializationError("JSON has no form for binary and discarded values");
    if (!tree.is_structured()) return;
    if (depth == max_json_depth) throw SerializationError("the JSON is nested more than 64 levels deep");
    for (const JsonTree& child : tree) check_json(child, depth + 1);
}

/// Whether brackets outside of text are nested too deeply. Text that is no JSON may get either answer.
inline bool is_json_too_deep(std::string_view text) noexcept {
    std::size_t depth = 0;
    bool is_in_string = false;
    for (std::size_t index = 0; index < text.size(); ++index) {
        const char letter = text[index];
        if (letter == '"') is_in_string = !is_in_string;
        if (letter == '\\') ++index;
        if (is_in_string) continue;
        if (letter == '[' || letter == '{') ++depth;
        if ((letter == ']' || letter == '}') && depth != 0) --depth;
        if (depth > max_json_depth) return true;
    }
    return false;
}

inline JsonTree parse_json(std::string_view text) {
    if (is_json_too_deep(text)) refuse_json("it is nested more than 64 levels deep");
    JsonTree tree = JsonTree::parse(text, nullptr, false);
    if (tree.is_discarded()) refuse_json("it is no JSON");
    return tree;
}

} // namespace detail

/// A type whose values `JsonSerializer` turns into JSON and back.
template <class Type>
concept JsonSerializable = detail::is_json_type<Type>;

/// Turns values into compact JSON in UTF-8 and back, so that programs in other languages read them and write them.
///
/// It knows `nlohmann::json`, text, truth values, numbers, enumerations (as integers, unless they have functions of their
/// own), the standard containers, tuples, optionals and shared pointers (as the value or null) of these, and every type with
/// `to_json` and `from_json`, for example by `NLOHMANN_DEFINE_TYPE_INTRUSIVE`. A map from text is an object, any other an
/// array of pairs.
///
/// Reading is strict: an integer is not read from a fraction or a truth value, a number not from text, and everything must be
/// in range. Within a type with `from_json`, that function decides. Of repeated names in an object the last counts.
class JsonSerializer {
public:
    /// Throws `SerializationError` for what JSON cannot express: numbers that are not finite, text that is not UTF-8, null
    /// within an optional, and values nested more than 64 levels deep.
    template <JsonSerializable Type>
    [[nodiscard]] std::string serialize(const Type& value) const {
        try {
            const nlohmann::json tree = detail::JsonForm<Type>::write(value);
            detail::check_json(tree);
            return tree.dump();
        } catch (const nlohmann::json::type_error& error) {
            constexpr int invalid_utf8 = 316;
            throw SerializationError(error.id == invalid_utf8 ? "in JSON, text must be valid UTF-8"
                                                              : "the value's to_json failed");
        } catch (const nlohmann::json::exception&) {
            throw SerializationError("the value's to_json failed");
        }
    }

    /// Throws `CantDeserializeException` for bytes that are not JSON, or whose JSON is not a `Type`.
    template <JsonSerializable Type>
    [[nodiscard]] Type deserialize(std::string_view bytes) const {
        const nlohmann::json tree = detail::parse_json(bytes);
        try {
            return detail::JsonForm<Type>::read(tree);
        } catch (const CantDeserializeException&) {
            throw;
        } catch (const std::bad_alloc&) {
            throw;
        } catch (const std::exception&) {
            detail::refuse_json("the type's from_json does not take it");
        }
    }
};

KENNEL_NAMESPACE_END

#endif
