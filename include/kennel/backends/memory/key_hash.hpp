#ifndef KENNEL_BACKENDS_MEMORY_KEY_HASH_HPP
#define KENNEL_BACKENDS_MEMORY_KEY_HASH_HPP

#include "kennel/version.hpp"

#include <chrono>
#include <cstdint>
#include <cstring>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The product's halves folded into one word.
[[nodiscard]] inline std::uint64_t folded_product(std::uint64_t left, std::uint64_t right) noexcept {
#ifdef __SIZEOF_INT128__
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(left) * right;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
#else
    const std::uint64_t low = (left & 0xffffffffU) * (right & 0xffffffffU);
    const std::uint64_t high = (left >> 32U) * (right >> 32U);
    const std::uint64_t cross = (left >> 32U) * (right & 0xffffffffU) + (left & 0xffffffffU) * (right >> 32U);
    return low ^ high ^ (cross << 32U | cross >> 32U);
#endif
}

/// Another value in every run of the program, so that nobody can choose keys that share a bucket.
[[nodiscard]] inline std::uint64_t hash_seed() noexcept {
    static const char somewhere = 0;
    static const std::uint64_t seed = folded_product(
        static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) ^ 0x9e3779b97f4a7c15U,
        reinterpret_cast<std::uintptr_t>(&somewhere) ^ 0xbf58476d1ce4e5b9U);
    return seed;
}

/// A hash of a key by folded products of its words, in the manner of wyhash (Wang Yi, 2019).
class KeyHash {
public:
    KeyHash() noexcept : seed_(hash_seed()) {}

    [[nodiscard]] [[gnu::always_inline]] std::uint64_t operator()(std::string_view key) const noexcept {
        const char* const begin = key.data();
        const std::size_t size = key.size();
        const std::uint64_t state = seed_ ^ size;
        if (size - 16 <= 16) // two products that the processor can work on at the same time
            return folded_product(word(begin) ^ first, word(begin + 8) ^ state) ^
                   folded_product(word(begin + size - 16) ^ second, word(begin + size - 8) ^ state);
        return size < 16 ? of_short(begin, size, state) : of_long(begin, size, state);
    }

private:
    static constexpr std::uint64_t first = 0xa0761d6478bd642fU;
    static constexpr std::uint64_t second = 0xe7037ed1a0b428dbU;
    static constexpr std::uint64_t last = 0x8bb84b93962eacc9U;

    [[nodiscard]] static std::uint64_t finished(std::uint64_t left, std::uint64_t right) noexcept {
        return folded_product(folded_product(left, right) ^ second, last);
    }

    [[nodiscard]] [[gnu::noinline]] static std::uint64_t of_short(const char* begin, std::size_t size,
                                                                  std::uint64_t state) noexcept {
        if (size >= 8) return finished(word(begin) ^ first, word(begin + size - 8) ^ state);
        if (size >= 4) return finished(half_word(begin) ^ first, half_word(begin + size - 4) ^ state);
        if (size == 0) return finished(first, state);
        const auto byte = [begin](std::size_t at) { return std::uint64_t{static_cast<unsigned char>(begin[at])}; };
        return finished((byte(0) << 16U | byte(size / 2) << 8U | byte(size - 1)) ^ first, state);
    }

    [[nodiscard]] [[gnu::noinline]] static std::uint64_t of_long(const char* begin, std::size_t size,
                                                                 std::uint64_t state) noexcept {
        const char* const end = begin + size;
        for (; end - begin > 16; begin += 16) state = folded_product(word(begin) ^ first, word(begin + 8) ^ state);
        return finished(word(end - 16) ^ second, word(end - 8) ^ state);
    }

    [[nodiscard]] static std::uint64_t word(const char* at) noexcept {
        std::uint64_t value = 0;
        std::memcpy(&value, at, sizeof value);
        return value;
    }
    [[nodiscard]] static std::uint64_t half_word(const char* at) noexcept {
        std::uint32_t value = 0;
        std::memcpy(&value, at, sizeof value);
        return value;
    }

    std::uint64_t seed_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
