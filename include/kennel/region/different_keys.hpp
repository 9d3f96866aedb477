#ifndef KENNEL_REGION_DIFFERENT_KEYS_HPP
#define KENNEL_REGION_DIFFERENT_KEYS_HPP

#include "kennel/region/key_range.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The different ones among the caller's keys, in the order in which they come first, and where each of the caller's is
/// among them.
template <class Keys>
class DifferentKeys {
public:
    explicit DifferentKeys(const Keys& keys) : keys_(keys) {
        std::size_t capacity = 4;
        while (capacity < 2 * keys_.views().size()) capacity *= 2;
        std::vector<Late<std::size_t, Keys>> table(capacity, none);
        unique_.reserve(keys_.views().size());
        indexes_.reserve(keys_.views().size());
        for (const std::string_view key : keys_.views()) indexes_.push_back(index_of(key, table));
    }

    [[nodiscard]] std::span<const std::string_view> unique() const noexcept { return unique_; }
    [[nodiscard]] std::size_t size() const noexcept { return indexes_.size(); }
    [[nodiscard]] bool are_all_different() const noexcept { return unique_.size() == indexes_.size(); }

    /// Where the caller's key at `position` is among the different ones.
    [[nodiscard]] std::size_t index(std::size_t position) const { return indexes_[position]; }

private:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    [[nodiscard]] std::size_t index_of(std::string_view key, std::vector<Late<std::size_t, Keys>>& table) {
        const std::size_t mask = table.size() - 1;
        std::size_t slot = std::hash<std::string_view>{}(key)&mask;
        while (table[slot] != none && unique_[table[slot]] != key) slot = (slot + 1) & mask;
        if (table[slot] == none) {
            table[slot] = unique_.size();
            unique_.push_back(key);
        }
        return table[slot];
    }

    KeyRange<Keys> keys_;
    std::vector<Late<std::string_view, Keys>> unique_;
    std::vector<Late<std::size_t, Keys>> indexes_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
