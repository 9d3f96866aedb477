#ifndef KENNEL_BACKENDS_MEMORY_LRU_REGRET_HPP
#define KENNEL_BACKENDS_MEMORY_LRU_REGRET_HPP

#include "kennel/backends/memory/bounded.hpp"

#include <cstddef>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Weighs the misses that a least-recently-used cache of the same size would not have had against the hits that it
/// would not have had. A policy that loses too much by this account is to imitate it for a spell.
///
/// Each spell lasts twice as long as the one before, until the policy has proved better, so that its losses stay
/// small.
class LruRegret {
public:
    void resize(std::size_t capacity) noexcept { capacity_ = static_cast<double>(capacity); }

    [[nodiscard]] bool is_spell() const noexcept { return misses_left_ > 0; }

    /// Forgets slowly what was, and ends a spell when its time has come.
    void miss() noexcept {
        if (is_spell()) misses_left_ -= 1;
        else regret_ -= regret_ / (capacity_ * memory);
    }

    /// A key was missed that the other would have had; `weight` is how much of it counts.
    void would_have_hit(double weight) noexcept {
        if (is_spell()) return;
        regret_ = at_most(regret_ + weight, most());
        if (regret_ <= capacity_ * tolerance + noise) return;
        misses_left_ = capacity_ * spell_;
        spell_ = at_most(spell_ * 2, longest_spell);
        regret_ = 0;
    }

    /// That many hits the other would not have had.
    void would_have_missed(double hits) noexcept {
        if (is_spell()) return;
        regret_ = at_least(regret_ - hits, -most());
        if (regret_ <= -most()) spell_ = first_spell;
    }

private:
    // All but `noise` in capacities.
    static constexpr double tolerance = 0.08;   ///< what may be lost before a spell: a few misses in a hundred
    static constexpr double most_regret = 0.12; ///< so that what was long ago does not count for ever
    static constexpr double memory = 1;         ///< misses in which most is forgotten
    static constexpr double first_spell = 12;   ///< long enough that the losses before it do not matter
    static constexpr double longest_spell = 64;
    static constexpr double noise = 8; ///< misses that a small cache may have by chance

    [[nodiscard]] double most() const noexcept { return capacity_ * most_regret + noise; }

    double capacity_ = 1;
    double regret_ = 0;
    double misses_left_ = 0; ///< of the spell
    double spell_ = first_spell;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
