#ifndef KENNEL_DETAIL_JSON_STRING_HPP
#define KENNEL_DETAIL_JSON_STRING_HPP

#include "kennel/version.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

namespace detail {

/// A byte that is not part of a character in UTF-8 travels through JSON as this plus the byte: a
/// lone low surrogate, as with Python's `surrogateescape`.
inline constexpr std::uint32_t stray_byte_escape = 0xdc00;

inline constexpr std::uint32_t first_high_surrogate = 0xd800;
inline constexpr std::uint32_t first_low_surrogate = 0xdc00;
inline constexpr std::uint32_t after_surrogates = 0xe000;

/// Takes the first character off `text`, which is not empty; a stray byte comes as its escape.
inline std::uint32_t take_code_point(std::string_view& text) {
    const auto byte_at = [&](std::size_t index) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(text[index]));
    };
    const std::uint32_t lead = byte_at(0);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    std::uint32_t code = length == 1 ? lead : lead & (0x7fU >> length);
    bool is_valid = length == 1 || (lead >= 0xc0 && lead < 0xf8 && text.size() >= length);
    for (std::size_t index = 1; is_valid && index != length; ++index) {
        is_valid = (byte_at(index) & 0xc0U) == 0x80;
        code = (code << 6U) | (byte_at(index) & 0x3fU);
    }
    const bool is_surrogate = code >= first_high_surrogate && code < after_surrogates;
    is_valid = is_valid && code >= smallest[length] && code < 0x110000 && !is_surrogate;
    text.remove_prefix(is_valid ? length : 1);
    return is_valid ? code : stray_byte_escape + lead;
}

/// Appends a character in UTF-8; the escape of a stray byte gives the byte.
inline void append_code_point(std::string& text, std::uint32_t code) {
    const auto append = [&](std::uint32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (code >= stray_byte_escape + 0x80 && code <= stray_byte_escape + 0xff) return append(code - stray_byte_escape);
    if (code < 0x80) return append(code);
    if (code >= 0x10000) {
        append(0xf0U | (code >> 18U));
        append(0x80U | ((code >> 12U) & 0x3fU));
    } else if (code >= 0x800) {
        append(0xe0U | (code >> 12U));
    }
    append(code >= 0x800 ? 0x80U | ((code >> 6U) & 0x3fU) : 0xc0U | (code >> 6U));
    append(0x80U | (code & 0x3fU));
}

inline void append_json_escape(std::string& json, std::uint32_t unit) {
    constexpr char digits[] = "0123456789abcdef";
    json += "\\u";
    for (unsigned shift = 16; shift != 0; shift -= 4) json += digits[(unit >> (shift - 4)) & 15U];
}

/// Appends `text` as a JSON string that consists of printable ASCII only and contains no `|`.
inline void append_json_string(std::string& json, std::string_view text) {
    json += '"';
    while (!text.empty()) {
        const std::uint32_t code = take_code_point(text);
        if (code == '"' || code == '\\') {
            json.append(1, '\\').append(1, static_cast<char>(code));
        } else if (code >= 0x20 && code < 0x7f && code != '|') {
            json += static_cast<char>(code);
        } else if (code < 0x10000) {
            append_json_escape(json, code);
        } else {
            append_json_escape(json, first_high_surrogate + ((code - 0x10000) >> 10U));
            append_json_escape(json, first_low_surrogate + ((code - 0x10000) & 0x3ffU));
        }
    }
    json += '"';
}

} // namespace detail

KENNEL_NAMESPACE_END

#endif
