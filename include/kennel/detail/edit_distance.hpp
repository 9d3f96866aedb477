#ifndef KENNEL_DETAIL_EDIT_DISTANCE_HPP
#define KENNEL_DETAIL_EDIT_DISTANCE_HPP

#include "kennel/version.hpp"

#include <cstddef>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// How many slips make `other` of `one`: a letter too many, too few or wrong, or two neighbours that have changed
/// places. Exact up to `limit`, and more than `limit` for all that is further apart; takes time in proportion to 4 to
/// the power of `limit`.
[[nodiscard]] inline std::size_t edit_distance(std::string_view one, std::string_view other, std::size_t limit) {
    while (!one.empty() && !other.empty() && one.front() == other.front()) {
        one.remove_prefix(1);
        other.remove_prefix(1);
    }
    if (one.empty() || other.empty()) return one.size() + other.size();
    if (limit == 0) return 1;
    std::size_t least = edit_distance(one.substr(1), other.substr(1), limit - 1);
    const auto consider = [&](std::size_t distance) { least = distance < least ? distance : least; };
    consider(edit_distance(one.substr(1), other, limit - 1));
    consider(edit_distance(one, other.substr(1), limit - 1));
    if (one.size() > 1 && other.size() > 1 && one[0] == other[1] && one[1] == other[0])
        consider(edit_distance(one.substr(2), other.substr(2), limit - 1));
    return 1 + least;
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
