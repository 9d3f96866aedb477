#ifndef KENNEL_CODEC_AGGREGATE_MEMBERS_HPP
#define KENNEL_CODEC_AGGREGATE_MEMBERS_HPP

#include "kennel/codec/aggregate_arity.hpp"

#include <cstddef>

KENNEL_NAMESPACE_BEGIN

namespace detail {

/// Calls `visitor` with all members of an aggregate. C++20 has no shorter way to name as many of them as there are.
template <CountedAggregate Type, class Visitor>
constexpr decltype(auto) visit_members([[maybe_unused]] const Type& value, Visitor&& visitor) {
    constexpr std::size_t count = aggregate_arity<Type>;
    if constexpr (count == 1) {
        const auto& [m1] = value;
        return visitor(m1);
    } else if constexpr (count == 2) {
        const auto& [m1, m2] = value;
        return visitor(m1, m2);
    } else if constexpr (count == 3) {
        const auto& [m1, m2, m3] = value;
        return visitor(m1, m2, m3);
    } else if constexpr (count == 4) {
        const auto& [m1, m2, m3, m4] = value;
        return visitor(m1, m2, m3, m4);
    } else if constexpr (count == 5) {
        const auto& [m1, m2, m3, m4, m5] = value;
        return visitor(m1, m2, m3, m4, m5);
    } else if constexpr (count == 6) {
        const auto& [m1, m2, m3, m4, m5, m6] = value;
        return visitor(m1, m2, m3, m4, m5, m6);
    } else if constexpr (count == 7) {
        const auto& [m1, m2, m3, m4, m5, m6, m7] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7);
    } else if constexpr (count == 8) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8);
    } else if constexpr (count == 9) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9);
    } else if constexpr (count == 10) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10);
    } else if constexpr (count == 11) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11);
    } else if constexpr (count == 12) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12);
    } else if constexpr (count == 13) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13);
    } else if constexpr (count == 14) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14);
    } else if constexpr (count == 15) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15);
    } else if constexpr (count == 16) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16);
    } else if constexpr (count == 17) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17);
    } else if constexpr (count == 18) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18);
    } else if constexpr (count == 19) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19);
    } else if constexpr (count == 20) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20);
    } else if constexpr (count == 21) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20,
                     m21] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21);
    } else if constexpr (count == 22) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                       m22);
    } else if constexpr (count == 23) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                       m22, m23);
    } else if constexpr (count == 24) {
        const auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24] = value;
        return visitor(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                       m22, m23, m24);
    } else {
        return visitor();
    }
}

} // namespace detail

KENNEL_NAMESPACE_END

#endif
