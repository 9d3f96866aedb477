#ifndef KENNEL_BACKENDS_MEMORY_KEY_HASH_HPP
#define KENNEL_BACKENDS_MEMORY_KEY_HASH_HPP

#include "kennel/backends/memory/usual_key.hpp"

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

/// A hash of a key by folded products of its words, in the manner of wyhash (Wang Yi, 2019).
///
/// Both factors of each product depend on numbers that are others in every run of the program, so that nobody can
/// choose keys that meet.
class KeyHash {
public:
    KeyHash() noexcept : KeyHash(of_process()) {}

    [[nodiscard]] [[gnu::always_inline]] std::uint64_t operator()(std::string_view key) const noexcept {
        const char* const begin = key.data();
        const std::size_t size = key.size();
        const std::uint64_t state = third_ ^ size;
        if (is_usual_size(size)) // two products that the processor can work on at the same time
            return folded_product(word_at(begin) ^ first_, word_at(begin + 8) ^ state) ^
                   folded_product(word_at(begin + size - 16) ^ second_, word_at(begin + size - 8) ^ state);
        return size < 16 ? of_short(begin, size, state) : of_long(begin, size, state);
    }

private:
    KeyHash(std::uint64_t left, std::uint64_t right) noexcept
        : first_(folded_product(left ^ 0xa0761d6478bd642fU, right ^ 0xe7037ed1a0b428dbU)),
          second_(folded_product(first_ ^ 0x8ebc6af09c88c6e3U, right ^ 0x589965cc75374cc3U)),
          third_(folded_product(second_ ^ 0x1d8e4e27c47d124fU, left ^ 0xeb44accab455d165U)) {}

    [[nodiscard]] static const KeyHash& of_process() noexcept {
        static const char somewhere = 0;
        static const KeyHash hash(
            static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()),
            reinterpret_cast<std::uintptr_t>(&somewhere) ^
                static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) << 16U);
        return hash;
    }

    [[nodiscard]] std::uint64_t finished(std::uint64_t left, std::uint64_t right) const noexcept {
        return folded_product(folded_product(left, right) ^ second_, third_);
    }

    [[nodiscard]] [[gnu::noinline]] std::uint64_t of_short(const char* begin, std::size_t size,
                                                           std::uint64_t state) const noexcept {
        if (size >= 8) return finished(word_at(begin) ^ first_, word_at(begin + size - 8) ^ state);
        if (size >= 4) return finished(half_word(begin) ^ first_, half_word(begin + size - 4) ^ state);
        if (size == 0) return finished(first_, state);
        const auto byte = [begin](std::size_t at) { return std::uint64_t{static_cast<unsigned char>(begin[at])}; };
        return finished((byte(0) << 16U | byte(size / 2) << 8U | byte(size - 1)) ^ first_, state);
    }

    [[nodiscard]] [[gnu::noinline]] std::uint64_t of_long(const char* begin, std::size_t size,
                                                          std::uint64_t state) const noexcept {
        const char* const end = begin + size;
        for (; end - begin > 16; begin += 16)
            state = folded_product(word_at(begin) ^ first_, word_at(begin + 8) ^ state) ^ third_;
        return finished(word_at(end - 16) ^ second_, word_at(end - 8) ^ state);
    }

    [[nodiscard]] static std::uint64_t half_word(const char* at) noexcept {
        std::uint32_t value = 0;
        std::memcpy(&value, at, sizeof value);
        return value;
    }

    std::uint64_t first_;
    std::uint64_t second_;
    std::uint64_t third_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
