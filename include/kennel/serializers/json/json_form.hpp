#ifndef KENNEL_SERIALIZERS_JSON_JSON_FORM_HPP
#define KENNEL_SERIALIZERS_JSON_JSON_FORM_HPP

#include "kennel/serializers/json/json_numbers.hpp"
#include "kennel/serializers/json/json_tree.hpp"

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

KENNEL_NAMESPACE_BEGIN

namespace detail {

/// Has functions for nlohmann/json beside it.
template <class Type>
concept HasOwnJson = requires(JsonTree& tree, const Type& from, Type& to) {
    to_json(tree, from);
    from_json(std::as_const(tree), to);
};

/// Is converted by nlohmann/json, one way or another.
template <class Type>
concept HasAnyJson = std::constructible_from<JsonTree, const Type&> &&
                     requires(const JsonTree& tree) { tree.template get<Type>(); };

template <class Type>
concept JsonContainer = requires {
    typename Type::value_type;
    typename Type::iterator;
};

/// How a type is written as JSON and read from it. This one: a type that its author made known to nlohmann/json. What
/// that library converts by itself it converts too freely (a truth value is a number to it), so it is not asked to.
template <class Type>
struct JsonForm {
    static constexpr bool is_of_user = std::is_class_v<Type> || std::is_enum_v<Type>;
    static constexpr bool is_known = is_of_user && HasAnyJson<Type> && (HasOwnJson<Type> || !JsonContainer<Type>);

    static JsonTree write(const Type& value) { return JsonTree(value); }

    static Type read(const JsonTree& tree) {
        Type value = tree.template get<Type>();
        require_same_numbers(tree, write(value));
        return value;
    }
};

template <class Type>
concept UnqualifiedValue = std::move_constructible<Type> && std::same_as<Type, std::remove_cvref_t<Type>>;

template <class Type>
inline constexpr bool is_json_type = false;
template <UnqualifiedValue Type>
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

    static JsonTree write(Type value) {
        using Widest = std::conditional_t<std::is_signed_v<Type>, std::int64_t, std::uint64_t>;
        return static_cast<Widest>(value);
    }

    static Type read(const JsonTree& tree) {
        if (!tree.is_number_integer()) refuse_json("it is no integer");
        return tree.is_number_unsigned() ? narrow(tree.get<std::uint64_t>()) : narrow(tree.get<std::int64_t>());
    }

private:
    template <class Number>
    static Type narrow(Number number) {
        using SameSize = std::conditional_t<std::is_signed_v<Type>, std::make_signed<Type>, std::make_unsigned<Type>>;
        if (!std::in_range<typename SameSize::type>(number)) refuse_json("an integer is out of range");
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
        if (std::abs(number) > static_cast<double>((std::numeric_limits<Type>::max)()))
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

} // namespace detail

KENNEL_NAMESPACE_END

#endif
