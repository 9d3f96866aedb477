#ifndef KENNEL_SERIALIZERS_JSON_JSON_NUMBERS_HPP
#define KENNEL_SERIALIZERS_JSON_JSON_NUMBERS_HPP

#include "kennel/serializers/json/json_tree.hpp"

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Whether a number or truth value that was `read` came through as what is `written` of it: an integer as that integer,
/// or as the fraction that is nearest to it, as far as a `double` or `float` goes.
[[nodiscard]] inline bool is_same_number(const JsonTree& read, const JsonTree& written) {
    if (read.is_boolean() || written.is_boolean()) return !read.is_boolean() || read == written;
    if (written.is_number_integer()) {
        if (!read.is_number_integer()) return false;
        const auto is_written = [&](auto number) {
            return written.is_number_unsigned() ? std::cmp_equal(number, written.get<std::uint64_t>())
                                                : std::cmp_equal(number, written.get<std::int64_t>());
        };
        return read.is_number_unsigned() ? is_written(read.get<std::uint64_t>()) : is_written(read.get<std::int64_t>());
    }
    const double wanted = read.get<double>();
    const double got = written.get<double>();
    return wanted == got || (std::abs(wanted) <= static_cast<double>((std::numeric_limits<float>::max)()) &&
                             static_cast<double>(static_cast<float>(wanted)) == got);
}

[[nodiscard]] inline bool is_number_or_bool(const JsonTree& tree) noexcept {
    return tree.is_number() || tree.is_boolean();
}

[[nodiscard]] inline bool contains_numbers(const JsonTree& tree) {
    return is_number_or_bool(tree) ||
           (tree.is_structured() && std::any_of(tree.begin(), tree.end(), &contains_numbers));
}

/// Whether all numbers and truth values that were `read` came through as numbers at their places, where both have
/// something. A place is given by names in objects and positions in arrays.
[[nodiscard]] inline bool has_same_numbers(const JsonTree& read, const JsonTree& written) {
    if (is_number_or_bool(read)) return !is_number_or_bool(written) || is_same_number(read, written);
    if (read.is_array() && written.is_array()) {
        if (read.size() != written.size()) return !contains_numbers(read);
        return std::equal(read.begin(), read.end(), written.begin(), &has_same_numbers);
    }
    if (!read.is_object() || !written.is_object()) return true;
    for (auto member = read.begin(); member != read.end(); ++member) {
        const auto counterpart = written.find(member.key());
        if (counterpart != written.end() && !has_same_numbers(*member, *counterpart)) return false;
    }
    return true;
}

/// An order of JSON in which a number is equal to none but itself, whichever kind it has. None of them may be NaN.
[[nodiscard]] inline std::strong_ordering order_of_json(const JsonTree& left, const JsonTree& right) {
    if (left.is_number() && right.is_number()) {
        const double left_value = left.get<double>();
        const double right_value = right.get<double>();
        if (left_value < right_value) return std::strong_ordering::less;
        if (left_value > right_value) return std::strong_ordering::greater;
        if (left.is_number_float() || right.is_number_float())
            return left.is_number_float() <=> right.is_number_float();
        return left.get<std::uint64_t>() <=> right.get<std::uint64_t>(); // of one sign, because they are close
    }
    if (left.type() != right.type()) return static_cast<int>(left.type()) <=> static_cast<int>(right.type());
    if (left.is_array())
        return std::lexicographical_compare_three_way(left.begin(), left.end(), right.begin(), right.end(),
                                                      &order_of_json);
    if (left.is_object()) {
        using Member = JsonTree::object_t::value_type;
        const auto order_of_members = [](const Member& one, const Member& other) {
            const std::strong_ordering names = one.first <=> other.first;
            return names != 0 ? names : order_of_json(one.second, other.second);
        };
        const auto& left_members = left.get_ref<const JsonTree::object_t&>();
        const auto& right_members = right.get_ref<const JsonTree::object_t&>();
        return std::lexicographical_compare_three_way(left_members.begin(), left_members.end(), right_members.begin(),
                                                      right_members.end(), order_of_members);
    }
    if (left.is_string()) return left.get_ref<const std::string&>() <=> right.get_ref<const std::string&>();
    return left.is_boolean() ? left.get<bool>() <=> right.get<bool>() : std::strong_ordering::equal;
}

/// Arranges the elements of all arrays by value, as those of a hash table have no order of their own.
inline void sort_json(JsonTree& tree) {
    if (!tree.is_structured()) return;
    for (JsonTree& child : tree) sort_json(child);
    if (tree.is_array())
        std::sort(tree.begin(), tree.end(),
                  [](const JsonTree& left, const JsonTree& right) { return order_of_json(left, right) < 0; });
}

/// Refuses what nlohmann/json has bent into the members of a value: it makes integers of fractions and truth values,
/// and cuts off what is out of range, and only what is `written` of the value shows it.
inline void require_same_numbers(const JsonTree& read, JsonTree written) {
    if (has_same_numbers(read, written)) return;
    check_json(written);
    JsonTree sorted = read;
    sort_json(sorted);
    sort_json(written);
    if (!has_same_numbers(sorted, written)) refuse_json("a number is of another kind or out of range");
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
