#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace bench {

/// A number with a comma before every three digits.
[[nodiscard]] inline std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
    return text;
}

/// A number with so many digits behind the point, and without a sign when they are all zero.
[[nodiscard]] inline std::string fixed(double number, int digits) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, number);
    const std::string_view written = text;
    const bool is_zero = written.find_first_of("123456789") == std::string_view::npos;
    return std::string(written.substr(is_zero && written.starts_with('-') ? 1 : 0));
}

/// A number with as few digits as tell it.
[[nodiscard]] inline std::string brief(double number) {
    char text[64];
    std::snprintf(text, sizeof text, "%.6g", number);
    return text;
}

} // namespace bench
