#ifndef KENNEL_REGION_SORTED_KEYS_HPP
#define KENNEL_REGION_SORTED_KEYS_HPP

#include "kennel/region/key_range.hpp"

#include <cstddef>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Different keys in the order of their bytes, and where each of the caller's is among them.
template <class Keys>
class SortedKeys {
public:
    explicit SortedKeys(const Keys& keys) : keys_(keys) {
        std::vector<Named> sorted;
        sorted.reserve(size());
        for (const std::string_view key : keys_.views()) sorted.push_back({key, sorted.size()});
        if (!sorted.empty()) std::qsort(sorted.data(), sorted.size(), sizeof(Named), &compare);
        indexes_.resize(size());
        for (const Named& named : sorted) {
            if (unique_.empty() || unique_.back() != named.key) unique_.push_back(named.key);
            indexes_[named.position] = unique_.size() - 1;
        }
    }

    [[nodiscard]] std::span<const std::string_view> unique() const noexcept { return unique_; }
    [[nodiscard]] std::size_t size() const noexcept { return keys_.views().size(); }

    /// Where the caller's key at `position` is among the different ones.
    [[nodiscard]] std::size_t index(std::size_t position) const { return indexes_[position]; }
    [[nodiscard]] std::string_view key(std::size_t position) const { return keys_.views()[position]; }

private:
    struct Named {
        std::string_view key;
        std::size_t position;
    };

    /// For `qsort`: to include <algorithm> would cost more compile time than all the rest of this.
    static int compare(const void* left, const void* right) noexcept {
        return static_cast<const Named*>(left)->key.compare(static_cast<const Named*>(right)->key);
    }

    KeyRange<Keys> keys_;
    std::vector<Late<std::size_t, Keys>> indexes_; ///< of each of the caller's among the different ones
    std::vector<Late<std::string_view, Keys>> unique_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
