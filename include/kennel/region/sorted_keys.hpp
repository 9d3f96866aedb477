#ifndef KENNEL_REGION_SORTED_KEYS_HPP
#define KENNEL_REGION_SORTED_KEYS_HPP

#include "kennel/detail/late.hpp"

#include <concepts>
#include <cstddef>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <string_view>
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

/// Different keys in the order of their bytes, and where each of the caller's is among them.
template <class Keys>
class SortedKeys {
public:
    explicit SortedKeys(const Keys& keys) {
        if constexpr (are_keys<Keys>)
            for (const auto& key : keys) keys_.emplace_back(key);
        else require_keys<Keys>();
        for (const auto& key : keys_) indexes_.emplace(key, 0);
        for (auto& [key, index] : indexes_) {
            index = unique_.size();
            unique_.push_back(key);
        }
    }
    SortedKeys(const SortedKeys&) = delete;
    SortedKeys& operator=(const SortedKeys&) = delete;

    [[nodiscard]] std::span<const std::string_view> unique() const noexcept { return unique_; }
    [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

    /// Where the caller's key at `position` is among the different ones.
    [[nodiscard]] std::size_t index(std::size_t position) const { return indexes_.find(keys_[position])->second; }
    [[nodiscard]] std::string_view key(std::size_t position) const { return keys_[position]; }

private:
    std::vector<Late<std::string, Keys>> keys_; ///< own copies: the caller's range may make its keys as it goes
    std::map<Late<std::string_view, Keys>, std::size_t> indexes_;
    std::vector<Late<std::string_view, Keys>> unique_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
