#pragma once

#include "text.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

namespace bench {

/// How many entries a cache may hold: a number, or a share of the keys that a trace has.
class Capacity {
public:
    static constexpr std::size_t least = 10; ///< entries, also of those that are asked for fewer

    [[nodiscard]] static Capacity of_entries(std::size_t entries) noexcept { return {0, entries}; }
    [[nodiscard]] static Capacity of_percent(double percent) noexcept { return {percent, 0}; }

    [[nodiscard]] std::size_t entries(std::size_t keys) const { return std::max(least, asked_for(keys)); }
    /// Whether fewer were asked for.
    [[nodiscard]] bool is_raised(std::size_t keys) const { return asked_for(keys) < least; }
    [[nodiscard]] std::string name() const { return percent_ > 0 ? brief(percent_) + " %" : ""; }

private:
    Capacity(double percent, std::size_t entries) noexcept : percent_(percent), entries_(entries) {}

    [[nodiscard]] std::size_t asked_for(std::size_t keys) const {
        const double share = percent_ / 100 * static_cast<double>(keys);
        return percent_ > 0 ? static_cast<std::size_t>(std::llround(share)) : entries_;
    }

    double percent_; ///< 0: it is a number
    std::size_t entries_;
};

} // namespace bench
