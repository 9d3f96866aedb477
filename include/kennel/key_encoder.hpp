#ifndef KENNEL_KEY_ENCODER_HPP
#define KENNEL_KEY_ENCODER_HPP

#include "kennel/detail/number_text.hpp"
#include "kennel/key_argument.hpp"
#include "kennel/key_text.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

KENNEL_NAMESPACE_BEGIN

template <class Type>
void append_key_argument(std::string& key, const Type& argument);

namespace detail {

/// The bytes that have a meaning of their own in a key.
inline constexpr std::array<bool, 256> is_key_symbol = [] {
    std::array<bool, 256> symbols{};
    for (std::size_t control = 0; control != 0x20; ++control) symbols[control] = true;
    symbols[0x7f] = true;
    for (const char symbol : {' ', '%', '|', ',', '[', ']', '(', ')'})
        symbols[static_cast<unsigned char>(symbol)] = true;
    return symbols;
}();

inline void append_percent_escape(std::string& key, char symbol) {
    constexpr char hex_digits[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(symbol);
    const char escape[] = {'%', hex_digits[byte >> 4U], hex_digits[byte & 15U]};
    key.append(escape, sizeof escape);
}

inline void append_escaped(std::string& key, std::string_view text) {
    std::size_t done = 0;
    for (std::size_t at = 0; at != text.size(); ++at) {
        if (!is_key_symbol[static_cast<unsigned char>(text[at])]) continue;
        key += text.substr(done, at - done);
        append_percent_escape(key, text[at]);
        done = at + 1;
    }
    key += text.substr(done);
}

/// Makes the text of a value, which begins at `start`, different from that of no value, however deep optionals nest:
/// `None` becomes `%4Eone`, that becomes `%4E%4Eone`, and so on.
inline void set_apart_from_none(std::string& key, std::size_t start) {
    constexpr std::string_view escape = "%4E";
    std::string_view rest = std::string_view(key).substr(start);
    if (rest == "None") {
        key.replace(start, 1, escape);
        return;
    }
    if (!rest.starts_with(escape)) return;
    while (rest.starts_with(escape)) rest.remove_prefix(escape.size());
    if (rest == "one") key.insert(start, escape);
}

template <class Type>
void append_custom(std::string& key, const Type& argument) {
    std::string text;
    KeyEncoder<Type>::append(text, argument);
    append_escaped(key, text);
}

template <class Optional>
void append_optional(std::string& key, const Optional& argument) {
    if (!argument) {
        key += "None";
        return;
    }
    const std::size_t start = key.size();
    append_key_argument(key, *argument);
    set_apart_from_none(key, start);
}

/// An element without text is written `%`, or a list of one empty text would look like an empty list.
template <class Elements>
void append_elements(std::string& key, const Elements& elements) {
    key += '[';
    const char* separator = "";
    for (auto&& element : elements) {
        key += separator;
        separator = ",";
        const std::size_t start = key.size();
        append_key_argument<typename Elements::value_type>(key, element);
        if (key.size() == start) key += '%';
    }
    key += ']';
}

template <class... Elements>
void append_tuple(std::string& key, const Elements&... elements) {
    [[maybe_unused]] const char* separator = "";
    key += '(';
    ((key += separator, separator = ",", append_key_argument(key, elements)), ...);
    key += ')';
}

template <class Variant>
void append_variant(std::string& key, const Variant& argument) {
    if (argument.valueless_by_exception()) {
        key += "None";
        return;
    }
    append_integer(key, argument.index());
    key += ':';
    std::visit([&](const auto& value) { append_key_argument(key, value); }, argument);
}

} // namespace detail

/// Appends an argument to a key so that different arguments of one type never give the same text, and the texts of
/// several can be told apart when a blank or `|` stands between them.
///
/// The text is Python's `str` wherever that is possible (see `key_text`), but for blanks, control characters and
/// `%|,[]()` in text, which become `%20` and so on. Sequences are `[a,b]`, pairs and tuples `(a,b)`, variants
/// `index:value`. Every NaN has one text; 0.0 and -0.0 have two. Throws `ValidationError` for a null pointer to text.
template <class Type>
void append_key_argument(std::string& key, const Type& argument) {
    require_key_argument<Type>();
    using detail::KeyShape;
    constexpr KeyShape shape = detail::key_shape<Type>();
    if constexpr (shape == KeyShape::custom) detail::append_custom(key, argument);
    else if constexpr (shape == KeyShape::nothing) key += "None";
    else if constexpr (shape == KeyShape::boolean) key += argument ? "True" : "False";
    else if constexpr (shape == KeyShape::integer) detail::append_integer(key, +argument);
    else if constexpr (shape == KeyShape::floating) detail::append_float(key, argument);
    else if constexpr (shape == KeyShape::text) detail::append_escaped(key, detail::text_of(argument));
    else if constexpr (shape == KeyShape::character) detail::append_escaped(key, std::string_view(&argument, 1));
    else if constexpr (shape == KeyShape::enumeration)
        append_key_argument(key, static_cast<std::underlying_type_t<Type>>(argument));
    else if constexpr (shape == KeyShape::ticks) append_key_argument(key, argument.count());
    else if constexpr (shape == KeyShape::moment) append_key_argument(key, argument.time_since_epoch());
    else if constexpr (shape == KeyShape::sequence) detail::append_elements(key, argument);
    else if constexpr (shape == KeyShape::tuple)
        std::apply([&](const auto&... elements) { detail::append_tuple(key, elements...); }, argument);
    else if constexpr (shape == KeyShape::optional) detail::append_optional(key, argument);
    else if constexpr (shape == KeyShape::variant) detail::append_variant(key, argument);
}

KENNEL_NAMESPACE_END

#endif
