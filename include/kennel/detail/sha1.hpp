#ifndef KENNEL_DETAIL_SHA1_HPP
#define KENNEL_DETAIL_SHA1_HPP

#include "kennel/version.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

namespace detail {

/// The SHA-1 digest of FIPS 180-4, because dogpile's keys are made with it. Not for security: collisions can be made.
class Sha1 {
public:
    /// The digest of a message in 40 lower-case hexadecimal digits.
    [[nodiscard]] static std::string hex_of(std::string_view message) {
        Sha1 state;
        std::string_view rest = message;
        for (; rest.size() >= block_size; rest.remove_prefix(block_size)) state.add_block(rest.data());
        std::string padded(rest);
        padded += '\x80';
        const std::size_t last_block = padded.size() + 8 > block_size ? 2 * block_size : block_size;
        padded.append(last_block - 8 - padded.size(), '\0');
        const std::uint64_t bits = std::uint64_t{message.size()} * 8;
        for (unsigned shift = 64; shift != 0; shift -= 8)
            padded += static_cast<char>(static_cast<unsigned char>(bits >> (shift - 8)));
        for (std::size_t at = 0; at != padded.size(); at += block_size) state.add_block(padded.data() + at);
        return state.digits();
    }

private:
    static constexpr std::size_t block_size = 64;

    static std::uint32_t big_endian(const char* bytes) noexcept {
        std::uint32_t word = 0;
        for (int index = 0; index != 4; ++index) word = (word << 8U) | static_cast<unsigned char>(bytes[index]);
        return word;
    }

    void add_block(const char* block) noexcept {
        std::uint32_t words[80];
        for (std::size_t index = 0; index != 16; ++index) words[index] = big_endian(block + 4 * index);
        for (std::size_t index = 16; index != 80; ++index)
            words[index] = rotated(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1);
        std::uint32_t a = state_[0];
        std::uint32_t b = state_[1];
        std::uint32_t c = state_[2];
        std::uint32_t d = state_[3];
        std::uint32_t e = state_[4];
        for (std::size_t round = 0; round != 80; ++round) {
            const std::uint32_t next = rotated(a, 5) + mixed(round, b, c, d) + e + round_constant(round) + words[round];
            e = d;
            d = c;
            c = rotated(b, 30);
            b = a;
            a = next;
        }
        state_[0] += a;
        state_[1] += b;
        state_[2] += c;
        state_[3] += d;
        state_[4] += e;
    }

    static constexpr std::uint32_t rotated(std::uint32_t word, unsigned bits) noexcept {
        return (word << bits) | (word >> (32 - bits));
    }

    static std::uint32_t mixed(std::size_t round, std::uint32_t b, std::uint32_t c, std::uint32_t d) noexcept {
        if (round < 20) return (b & c) | (~b & d);
        if (round >= 40 && round < 60) return (b & c) | (b & d) | (c & d);
        return b ^ c ^ d;
    }

    static std::uint32_t round_constant(std::size_t round) noexcept {
        constexpr std::uint32_t constants[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
        return constants[round / 20];
    }

    [[nodiscard]] std::string digits() const {
        std::string text;
        for (const std::uint32_t word : state_)
            for (unsigned shift = 32; shift != 0; shift -= 4) text += "0123456789abcdef"[(word >> (shift - 4)) & 15U];
        return text;
    }

    std::uint32_t state_[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
};

} // namespace detail

KENNEL_NAMESPACE_END

#endif
