#ifndef KENNEL_DETAIL_HEX_HPP
#define KENNEL_DETAIL_HEX_HPP

#include "kennel/version.hpp"

#include <cstdint>
#include <span>
#include <string>

KENNEL_NAMESPACE_BEGIN

namespace detail {

/// Two lower-case digits for each byte.
[[nodiscard]] inline std::string hex(std::span<const std::uint8_t> bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

} // namespace detail

KENNEL_NAMESPACE_END

#endif
