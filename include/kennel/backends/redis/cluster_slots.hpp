#ifndef KENNEL_BACKENDS_REDIS_CLUSTER_SLOTS_HPP
#define KENNEL_BACKENDS_REDIS_CLUSTER_SLOTS_HPP

#include "kennel/version.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Into how many slots a Redis Cluster divides its keys.
inline constexpr std::size_t cluster_slot_count = 16'384;

/// CRC-16/XMODEM of each byte.
inline constexpr std::array<std::uint16_t, 256> crc16_of_bytes = [] {
    std::array<std::uint16_t, 256> table{};
    for (std::size_t byte = 0; byte != table.size(); ++byte) {
        unsigned crc = static_cast<unsigned>(byte) << 8;
        for (int bit = 0; bit != 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1) ^ 0x1021U : crc << 1;
        table[byte] = static_cast<std::uint16_t>(crc);
    }
    return table;
}();

[[nodiscard]] constexpr std::uint16_t crc16(std::string_view bytes) noexcept {
    unsigned crc = 0;
    for (const char c : bytes) {
        const unsigned position = ((crc >> 8) ^ static_cast<unsigned char>(c)) & 0xFFU;
        crc = (crc << 8) ^ crc16_of_bytes[position];
    }
    return static_cast<std::uint16_t>(crc);
}

/// What of a key decides its slot: all, or what the first braces enclose if that is not nothing.
[[nodiscard]] constexpr std::string_view hash_tag(std::string_view key) noexcept {
    const std::size_t open = key.find('{');
    if (open == std::string_view::npos) return key;
    const std::size_t close = key.find('}', open + 1);
    if (close == std::string_view::npos || close == open + 1) return key;
    return key.substr(open + 1, close - open - 1);
}

/// The slot of a key, as the Redis Cluster specification has it.
[[nodiscard]] constexpr std::size_t cluster_slot(std::string_view key) noexcept {
    return crc16(hash_tag(key)) % cluster_slot_count;
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
