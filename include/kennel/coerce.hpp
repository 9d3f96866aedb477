#ifndef KENNEL_COERCE_HPP
#define KENNEL_COERCE_HPP

#include "kennel/argument_value.hpp"
#include "kennel/detail/stripped.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

KENNEL_NAMESPACE_BEGIN

namespace detail {

/// `text` as a number if all of it is one and fits; the caller has checked that it looks like one.
template <class Number>
[[nodiscard]] std::optional<Number> number_in(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    Number number{};
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

/// Whether `text` is digits with an optional sign, decimal point and exponent.
[[nodiscard]] inline bool looks_like_number(std::string_view text) {
    const auto take_any_of = [&](std::string_view symbols) {
        const bool is_there = !text.empty() && symbols.find(text.front()) != std::string_view::npos;
        if (is_there) text.remove_prefix(1);
        return is_there;
    };
    const auto take_digits = [&] {
        std::size_t count = 0;
        while (take_any_of("0123456789")) ++count;
        return count;
    };
    take_any_of("+-");
    std::size_t digits = take_digits();
    if (take_any_of(".")) digits += take_digits();
    if (digits == 0) return false;
    if (take_any_of("eE")) {
        take_any_of("+-");
        if (take_digits() == 0) return false;
    }
    return text.empty();
}

[[nodiscard]] inline bool is_word_in_any_case(std::string_view text, std::string_view lower_case_word) {
    if (text.size() != lower_case_word.size()) return false;
    for (std::size_t index = 0; index != text.size(); ++index) {
        const char symbol = text[index];
        const bool is_upper = symbol >= 'A' && symbol <= 'Z';
        if ((is_upper ? symbol + ('a' - 'A') : symbol) != lower_case_word[index]) return false;
    }
    return true;
}

} // namespace detail

/// What dogpile makes of the text of a setting: a whole number, a number, a bool, null for `None`,
/// and else the text without the blanks around it.
///
/// For programs that rely on it; as numbers and flags are read out of text whenever they are asked
/// for, an `ArgumentValue` of the text itself does for most, and keeps a password of digits what it
/// is. A number that does not fit stays text.
[[nodiscard]] inline ArgumentValue coerce_string_conf(std::string_view setting) {
    const std::string_view text = detail::stripped(setting);
    if (text == "None") return nullptr;
    if (detail::is_word_in_any_case(text, "true")) return true;
    if (detail::is_word_in_any_case(text, "false")) return false;
    if (!detail::looks_like_number(text)) return text;
    if (text.find_first_of(".eE") == std::string_view::npos) {
        if (const auto number = detail::number_in<std::int64_t>(text)) return *number;
    } else if (const auto number = detail::number_in<double>(text)) {
        return *number;
    }
    return text;
}

KENNEL_NAMESPACE_END

#endif
