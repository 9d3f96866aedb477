#ifndef KENNEL_BACKENDS_MEMORY_USUAL_KEY_HPP
#define KENNEL_BACKENDS_MEMORY_USUAL_KEY_HPP

#include "kennel/version.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Whether a key has a size for which hashing and comparing it is compiled in place.
[[nodiscard]] constexpr bool is_usual_size(std::size_t size) noexcept { return size >= 16 && size <= 32; }

/// The eight bytes at an address, as a number.
[[nodiscard]] inline std::uint64_t word_at(const char* address) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, address, sizeof word);
    return word;
}

/// Whether two texts of this usual size are the same; `std::memcmp` would be a call.
[[nodiscard]] [[gnu::always_inline]] inline bool is_same_usual(const char* left, const char* right,
                                                               std::size_t size) noexcept {
    const std::size_t rest = size - 16; // the second sixteen bytes may overlap the first
#ifdef __SSE2__
    using Half = char __attribute__((vector_size(16)));
    const auto half_at = [](const char* address) {
        Half half;
        std::memcpy(&half, address, sizeof half);
        return half;
    };
    return __builtin_ia32_pmovmskb128((half_at(left) == half_at(right)) &
                                      (half_at(left + rest) == half_at(right + rest))) == 0xffff;
#else
    return ((word_at(left) ^ word_at(right)) | (word_at(left + 8) ^ word_at(right + 8)) |
            (word_at(left + rest) ^ word_at(right + rest)) | (word_at(left + rest + 8) ^ word_at(right + rest + 8))) ==
           0;
#endif
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
