#ifndef KENNEL_BACKENDS_MEMORY_USE_COUNTER_HPP
#define KENNEL_BACKENDS_MEMORY_USE_COUNTER_HPP

#include "kennel/version.hpp"

#include <atomic>
#include <cstdint>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Two counters of the uses of an entry in one byte, which is written the less often the more the entry is used.
///
/// The lower two bits count to three, for the eviction. The upper six count the doublings of the number of uses (R.
/// Morris, "Counting large numbers of events in small registers", 1978). When the lower ones are full, one use in
/// sixteen is looked at and stands for all sixteen: so with n doublings, a doubling is counted for one in 2^(n - 4) of
/// those.
class UseCounter {
public:
    /// `dice` is any number that looks random.
    [[gnu::always_inline]] void count(std::uint32_t dice) noexcept {
        const std::uint8_t uses = value_.load(std::memory_order_relaxed);
        if ((uses & most) != most || dice < sampled_below) [[unlikely]]
            count(uses, dice);
    }

    /// The uses since `set_recent`, up to three.
    [[nodiscard]] unsigned recent() const noexcept { return value_.load(std::memory_order_relaxed) & most; }
    void set_recent(unsigned uses) noexcept { store((value_.load(std::memory_order_relaxed) & ~most) | uses); }

    /// About how many uses there were ever.
    [[nodiscard]] std::uint64_t total() const noexcept {
        return (std::uint64_t{1} << (value_.load(std::memory_order_relaxed) >> 2U)) - 1;
    }

    /// Goes on from where another counter is.
    void inherit(const UseCounter& other) noexcept { store(other.value_.load(std::memory_order_relaxed)); }

private:
    static constexpr unsigned most = 3;
    static constexpr unsigned most_doublings = 63;
    static constexpr std::uint32_t sampled_below = 1U << 28U; ///< of all that the dice can show, the sixteenth

    void store(unsigned value) noexcept { value_.store(static_cast<std::uint8_t>(value), std::memory_order_relaxed); }

    [[gnu::noinline]] void count(std::uint8_t before, std::uint32_t dice) noexcept {
        unsigned uses = before;
        if ((uses & most) != most) ++uses;
        const unsigned doublings = uses >> 2U;
        const unsigned common = dice < sampled_below ? 4 : 0; // doublings that every use looked at counts for
        const unsigned rarity = doublings > common ? doublings - common : 0;
        const bool is_chosen = rarity == 0 || (rarity < 32 && dice * 0x9e3779b1U >> (32 - rarity) == 0);
        if (is_chosen && doublings < most_doublings) uses += 4;
        if (uses != before) store(uses);
    }

    std::atomic<std::uint8_t> value_{0};
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
