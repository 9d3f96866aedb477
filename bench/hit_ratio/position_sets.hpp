#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

/// A set of positions that finds its highest in a few steps.
class PositionHeap {
public:
    /// Holds positions below `count`.
    explicit PositionHeap(std::size_t count) {
        do levels_.emplace_back(count = (count + 63) / 64);
        while (count > 1);
    }

    void insert(std::size_t position) {
        for (std::vector<std::uint64_t>& level : levels_) {
            std::uint64_t& word = level[position / 64];
            const bool is_known_above = word != 0;
            word |= bit(position);
            if (is_known_above) return;
            position /= 64;
        }
    }

    /// Whether it was in it.
    bool erase(std::size_t position) {
        if ((levels_.front()[position / 64] & bit(position)) == 0) return false;
        for (std::vector<std::uint64_t>& level : levels_) {
            std::uint64_t& word = level[position / 64];
            word &= ~bit(position);
            if (word != 0) break;
            position /= 64;
        }
        return true;
    }

    /// There must be one.
    [[nodiscard]] std::size_t highest() const noexcept {
        std::size_t position = 0;
        for (auto level = levels_.rbegin(); level != levels_.rend(); ++level)
            position = position * 64 + static_cast<std::size_t>(std::bit_width((*level)[position])) - 1;
        return position;
    }

private:
    [[nodiscard]] static std::uint64_t bit(std::size_t position) noexcept { return std::uint64_t{1} << position % 64; }

    std::vector<std::vector<std::uint64_t>> levels_; ///< each with a bit for each word of the one before it
};

/// A set of positions that counts those up to one of them in O(log n).
class CountedPositions {
public:
    /// Holds positions below `count`.
    explicit CountedPositions(std::size_t count) : words_(count / 64 + 1), sums_(words_.size() + 1) {}

    void insert(std::size_t position) {
        words_[position / 64] |= std::uint64_t{1} << position % 64;
        for (std::size_t at = position / 64 + 1; at < sums_.size(); at += at & (~at + 1)) ++sums_[at];
    }
    void erase(std::size_t position) {
        words_[position / 64] &= ~(std::uint64_t{1} << position % 64);
        for (std::size_t at = position / 64 + 1; at < sums_.size(); at += at & (~at + 1)) --sums_[at];
    }

    /// How many there are at `position` and below.
    [[nodiscard]] std::size_t count_to(std::size_t position) const noexcept {
        const std::uint64_t below = ~std::uint64_t{0} >> (63 - position % 64);
        auto count = static_cast<std::size_t>(std::popcount(words_[position / 64] & below));
        for (std::size_t at = position / 64; at != 0; at &= at - 1) count += sums_[at];
        return count;
    }

private:
    std::vector<std::uint64_t> words_;
    std::vector<std::uint32_t> sums_; ///< of the words before them: a Fenwick tree
};

} // namespace bench
