#ifndef KENNEL_DETAIL_STRIPPED_HPP
#define KENNEL_DETAIL_STRIPPED_HPP

#include "kennel/version.hpp"

#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Whether Python's `str.strip` takes it off; of blanks beyond ASCII nothing is known.
[[nodiscard]] constexpr bool is_blank(char symbol) noexcept {
    return symbol == ' ' || (symbol >= '\t' && symbol <= '\r') || (symbol >= '\x1c' && symbol <= '\x1f');
}

/// `text` without the blanks around it.
[[nodiscard]] constexpr std::string_view stripped(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
