#ifndef KENNEL_KEY_TEXT_HPP
#define KENNEL_KEY_TEXT_HPP

#include "kennel/detail/number_text.hpp"
#include "kennel/errors.hpp"
#include "kennel/key_argument.hpp"

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

KENNEL_NAMESPACE_BEGIN

namespace detail {

template <class Type>
std::string_view text_of(const Type& text) {
    if constexpr (std::is_array_v<Type>) {
        const std::string_view all(text, std::size(text));
        return all.substr(0, all.find('\0'));
    } else if constexpr (std::is_pointer_v<Type>) {
        if (text == nullptr)
            throw ValidationError("a null pointer to text cannot be part of a cache key: "
                                  "make the parameter a std::optional<std::string>");
        return text;
    } else {
        return text;
    }
}

/// Text as Python's `repr` quotes it; bytes outside ASCII stay.
inline void append_python_quoted(std::string& text, std::string_view content) {
    const bool has_apostrophe = content.find('\'') != std::string_view::npos;
    const char quote = has_apostrophe && content.find('"') == std::string_view::npos ? '"' : '\'';
    text += quote;
    for (const char symbol : content) {
        constexpr char hex_digits[] = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(symbol);
        if (symbol == quote || symbol == '\\') text.append(1, '\\').append(1, symbol);
        else if (symbol == '\n') text += "\\n";
        else if (symbol == '\r') text += "\\r";
        else if (symbol == '\t') text += "\\t";
        else if (byte < 0x20 || byte == 0x7f)
            text.append("\\x").append(1, hex_digits[byte >> 4U]).append(1, hex_digits[byte & 15U]);
        else text += symbol;
    }
    text += quote;
}

/// Whether a text stands alone or, as Python shows it in a container, in quotes.
enum class PythonText { plain, quoted };

template <PythonText form, class Type>
void append_python_text(std::string& text, const Type& argument);

template <class Elements>
void append_python_elements(std::string& text, const Elements& elements) {
    constexpr bool is_dict = requires { typename Elements::mapped_type; };
    constexpr bool is_set = !is_dict && requires { typename Elements::key_compare; };
    if (is_set && elements.begin() == elements.end()) {
        text += "set()";
        return;
    }
    text += is_dict || is_set ? '{' : '[';
    const char* separator = "";
    for (auto&& element : elements) {
        text += separator;
        separator = ", ";
        if constexpr (is_dict) {
            append_python_text<PythonText::quoted>(text, element.first);
            text += ": ";
            append_python_text<PythonText::quoted>(text, element.second);
        } else {
            append_python_text<PythonText::quoted, typename Elements::value_type>(text, element);
        }
    }
    text += is_dict || is_set ? '}' : ']';
}

template <class... Elements>
void append_python_tuple(std::string& text, const Elements&... elements) {
    [[maybe_unused]] const char* separator = "";
    text += '(';
    ((text += separator, separator = ", ", append_python_text<PythonText::quoted>(text, elements)), ...);
    text += sizeof...(Elements) == 1 ? ",)" : ")";
}

template <PythonText form, class Type>
void append_python_text(std::string& text, const Type& argument) {
    constexpr KeyShape shape = key_shape<Type>();
    if constexpr (shape == KeyShape::custom) KeyEncoder<Type>::append(text, argument);
    else if constexpr (shape == KeyShape::nothing) text += "None";
    else if constexpr (shape == KeyShape::boolean) text += argument ? "True" : "False";
    else if constexpr (shape == KeyShape::integer) append_integer(text, +argument);
    else if constexpr (shape == KeyShape::floating) append_float(text, argument);
    else if constexpr (shape == KeyShape::enumeration)
        append_python_text<form>(text, static_cast<std::underlying_type_t<Type>>(argument));
    else if constexpr (shape == KeyShape::character) append_python_text<form>(text, std::string_view(&argument, 1));
    else if constexpr (shape == KeyShape::text && form == PythonText::plain) text += text_of(argument);
    else if constexpr (shape == KeyShape::text) append_python_quoted(text, text_of(argument));
    else if constexpr (shape == KeyShape::ticks) append_python_text<form>(text, argument.count());
    else if constexpr (shape == KeyShape::moment) append_python_text<form>(text, argument.time_since_epoch());
    else if constexpr (shape == KeyShape::sequence) append_python_elements(text, argument);
    else if constexpr (shape == KeyShape::tuple)
        std::apply([&](const auto&... elements) { append_python_tuple(text, elements...); }, argument);
    else if constexpr (shape == KeyShape::optional)
        argument ? append_python_text<form>(text, *argument) : void(text += "None");
    else if constexpr (shape == KeyShape::variant)
        argument.valueless_by_exception()
            ? void(text += "None")
            : std::visit([&](const auto& value) { append_python_text<form>(text, value); }, argument);
}

} // namespace detail

/// An argument as Python's `str` writes the value: `None`, `True`, `1`, `1.5`, text as it is, `['a', 1]`, `(1, 2)`.
///
/// For keys that a Python program must find. Different arguments may have one text (`1` and `"1"`, `a b` and two texts
/// `a` and `b`). Enumerations are their value, durations and time points their ticks. Throws `ValidationError` for a
/// null pointer to text.
template <class Type>
[[nodiscard]] std::string key_text(const Type& argument) {
    require_key_argument<Type>();
    std::string text;
    detail::append_python_text<detail::PythonText::plain>(text, argument);
    return text;
}

KENNEL_NAMESPACE_END

#endif
