#ifndef KENNEL_BACKENDS_MEMORY_LOAD_HPP
#define KENNEL_BACKENDS_MEMORY_LOAD_HPP

#include "kennel/backends/memory/limits.hpp"

#include <cstddef>
#include <cstdint>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// How much of its limits a shard has used up. Not for two threads at once.
struct MemoryLoad {
    MemoryLimits limits{};
    std::uint64_t entries = 0;
    std::uint64_t weight = 0;

    [[nodiscard]] bool is_limited() const noexcept { return limits.max_entries != none || limits.max_weight != none; }

    /// Whether an entry of this weight can ever be kept.
    [[nodiscard]] bool may_keep(std::size_t one_weight) const noexcept {
        return one_weight <= limits.max_weight && limits.max_entries != 0;
    }

    /// More than the limits allow, which is so after they have been lowered only.
    [[nodiscard]] bool is_over() const noexcept {
        return entries > limits.max_entries || (limits.max_weight != none && weight > limits.max_weight);
    }

    /// Whether one more entry of this weight fits in; an empty shard has room for all that it `may_keep`.
    [[nodiscard]] bool has_room(std::size_t one_weight) const noexcept {
        if (entries == 0 || !is_limited()) return true;
        if (entries >= limits.max_entries) return false;
        return limits.max_weight == none ||
               (one_weight <= limits.max_weight && weight <= limits.max_weight - one_weight);
    }

    void add(std::size_t one_weight) noexcept {
        ++entries;
        weight += one_weight;
    }
    void remove(std::size_t one_weight) noexcept {
        --entries;
        weight -= one_weight;
    }

    /// How many entries there will be when the shard is full, as far as that can be seen while there are so many.
    [[nodiscard]] std::size_t expected(std::size_t count) const noexcept {
        const bool is_heavy = weight > limits.max_weight / 20 * 19;
        if (!is_heavy && limits.max_entries != none) return limits.max_entries;
        std::size_t room = count;
        if (weight > limits.max_weight)
            room = 1 + static_cast<std::size_t>(static_cast<double>(count) * static_cast<double>(limits.max_weight) /
                                                static_cast<double>(weight));
        return room < limits.max_entries ? room : limits.max_entries;
    }

private:
    static constexpr std::size_t none = MemoryLimits::none;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
