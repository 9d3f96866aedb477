#ifndef KENNEL_REGION_KEY_RANGE_HPP
#define KENNEL_REGION_KEY_RANGE_HPP

#include "kennel/detail/late.hpp"

#include <concepts>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Whether the elements of a range can be keys, as far as can be seen.
template <class Keys>
inline constexpr bool are_keys = !requires(const Keys& keys) {
    requires !std::constructible_from<std::string, decltype(*std::begin(keys))>;
};

/// Says at compile time what keys are.
template <class Keys>
void require_keys() {
    static_assert(are_keys<Keys>,
                  "keys are text: pass a range of std::string or std::string_view, or wrap a function of many "
                  "arguments by cache_multi_on_arguments, which makes the keys");
}

/// The caller's keys as texts, in their order. Those of a range that may make them as it goes are copied.
template <class Keys>
class KeyRange {
public:
    explicit KeyRange(const Keys& keys) {
        if constexpr (!are_keys<Keys>) {
            require_keys<Keys>();
        } else if constexpr (stay_where_they_are) {
            for (const auto& key : keys) views_.emplace_back(key);
        } else {
            for (const auto& key : keys) copies_.emplace_back(key);
            views_.assign(copies_.begin(), copies_.end());
        }
    }
    KeyRange(const KeyRange&) = delete;
    KeyRange& operator=(const KeyRange&) = delete;

    [[nodiscard]] std::span<const std::string_view> views() const noexcept { return views_; }

private:
    using Iterator = decltype(std::begin(std::declval<const Keys&>()));
    using Reference = decltype(*std::declval<Iterator>());
    static constexpr bool stay_where_they_are = std::forward_iterator<Iterator> &&
                                                std::is_lvalue_reference_v<Reference> &&
                                                std::convertible_to<Reference, std::string_view>;

    std::vector<Late<std::string, Keys>> copies_;
    std::vector<Late<std::string_view, Keys>> views_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
