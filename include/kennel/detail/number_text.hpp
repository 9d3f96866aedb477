#ifndef KENNEL_DETAIL_NUMBER_TEXT_HPP
#define KENNEL_DETAIL_NUMBER_TEXT_HPP

#include "kennel/version.hpp"

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

namespace detail {

/// Appends `number` in decimal.
template <std::integral Number>
void append_integer(std::string& text, Number number) {
    char digits[24];
    text.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// Appends a number that is written as `d.ddde+xx` the way Python writes it: with an exponent below 1e-4 and from 1e16
/// on.
template <class Text>
void append_in_python_notation(Text& text, std::string_view scientific) {
    const std::size_t mark = scientific.find('e');
    int exponent = 0;
    if (mark != std::string_view::npos) {
        const char* const begin = scientific.data() + mark + 1;
        std::from_chars(begin + (*begin == '+' ? 1 : 0), scientific.data() + scientific.size(), exponent);
    }
    if (mark == std::string_view::npos || exponent < -4 || exponent >= 16) {
        text += scientific;
        return;
    }
    std::string_view mantissa = scientific.substr(0, mark);
    if (mantissa.front() == '-') {
        text += '-';
        mantissa.remove_prefix(1);
    }
    Text digits(1, mantissa.front());
    if (mantissa.size() > 1) digits += mantissa.substr(2);
    if (exponent < 0) {
        text.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
        return;
    }
    const std::size_t whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() <= whole) digits.append(whole + 1 - digits.size(), '0');
    text.append(digits, 0, whole).append(1, '.').append(digits, whole);
}

/// Appends `number` as Python's `repr` does: the fewest digits that give the number back, `1.0`, `1e+16`, `inf`, `nan`.
template <std::floating_point Number>
void append_float(std::string& text, Number number) {
    if (number != number) {
        text += "nan";
        return;
    }
    char buffer[64];
    if (number >= Number(1) && number < Number(1e15)) { // most are, and need no rearrangement
        const char* const fixed_end =
            std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed).ptr;
        const std::string_view digits(buffer, static_cast<std::size_t>(fixed_end - buffer));
        text += digits;
        if (digits.find('.') == std::string_view::npos) text += ".0";
        return;
    }
    const char* const end = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific).ptr;
    append_in_python_notation(text, std::string_view(buffer, static_cast<std::size_t>(end - buffer)));
}

} // namespace detail

KENNEL_NAMESPACE_END

#endif
