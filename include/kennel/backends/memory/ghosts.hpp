#ifndef KENNEL_BACKENDS_MEMORY_GHOSTS_HPP
#define KENNEL_BACKENDS_MEMORY_GHOSTS_HPP

#include "kennel/version.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Remembers the keys of evicted entries by fingerprints, in two lists of which each forgets its oldest.
///
/// Four bytes for each key; one key in some thousands is taken for another. Not for two threads at once.
class MemoryGhosts {
public:
    enum class List : std::uint8_t { first, second };

    struct Ghost {
        List list;
        std::size_t age; ///< how many keys the list has got since
    };

    /// Room for the given number of keys; forgets all when there is not enough now. May throw `std::bad_alloc`.
    void reserve(std::size_t keys) {
        const std::size_t buckets = keys / 3 + 1;
        if (buckets > buckets_.size()) buckets_.assign(buckets * 5 / 4, Bucket{});
        unit_ = keys / 16384 + 1;
    }

    void add(List list, std::uint64_t hash) noexcept {
        if (buckets_.empty()) return;
        ++count(list);
        Bucket& bucket = this->bucket(hash);
        Print* oldest = &bucket.front();
        for (Print& print : bucket) {
            if (print.tag == 0) {
                oldest = &print;
                break;
            }
            if (age(print) > age(*oldest)) oldest = &print;
        }
        *oldest = {tag(list, hash), now(list)};
    }

    /// Forgets the key if it is remembered.
    [[nodiscard]] std::optional<Ghost> take(std::uint64_t hash) noexcept {
        if (buckets_.empty()) return std::nullopt;
        for (Print& print : bucket(hash))
            for (const List list : {List::first, List::second})
                if (print.tag == tag(list, hash)) {
                    const Ghost ghost{list, age(print) * unit_};
                    print.tag = 0;
                    return ghost;
                }
        return std::nullopt;
    }

    [[nodiscard]] std::size_t bytes() const noexcept { return buckets_.size() * sizeof(Bucket); }

private:
    struct Print {
        std::uint16_t tag = 0; ///< never zero for a key; the highest bit is the list
        std::uint16_t time = 0;
    };
    using Bucket = std::array<Print, 4>;

    [[nodiscard]] static std::uint16_t tag(List list, std::uint64_t hash) noexcept {
        const auto tag = static_cast<std::uint16_t>((hash >> 8U & 0x7fffU) | 1U);
        return static_cast<std::uint16_t>(tag | (list == List::second ? 0x8000U : 0U));
    }
    [[nodiscard]] Bucket& bucket(std::uint64_t hash) noexcept {
        return buckets_[static_cast<std::size_t>((hash >> 32U) * buckets_.size() >> 32U)];
    }
    [[nodiscard]] std::uint64_t& count(List list) noexcept { return counts_[static_cast<std::size_t>(list)]; }
    [[nodiscard]] std::uint16_t now(List list) noexcept { return static_cast<std::uint16_t>(count(list) / unit_); }
    [[nodiscard]] std::uint16_t age(const Print& print) noexcept {
        const List list = (print.tag & 0x8000U) != 0 ? List::second : List::first;
        return static_cast<std::uint16_t>(now(list) - print.time);
    }

    std::vector<Bucket> buckets_;
    std::array<std::uint64_t, 2> counts_{};
    std::size_t unit_ = 1; ///< how many keys make the time go on by one
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
