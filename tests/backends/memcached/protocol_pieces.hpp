#ifndef KENNEL_TESTS_BACKENDS_MEMCACHED_PROTOCOL_PIECES_HPP
#define KENNEL_TESTS_BACKENDS_MEMCACHED_PROTOCOL_PIECES_HPP

#include "kennel/backends/memcached/binary_protocol.hpp"
#include "kennel/backends/memcached/text_protocol.hpp"
#include "kennel/backends/net/network_errors.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

/// Bytes that come in pieces of a given size, after which the other side ends the connection.
class PiecesOfBytes final : public kennel::detail::ByteSource {
public:
    PiecesOfBytes(std::string_view bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}

    [[nodiscard]] std::size_t receive(char* where, std::size_t size, bool /*waits_for_all*/) override {
        if (bytes_.empty()) throw kennel::detail::ConnectionLost("no more bytes", true);
        const std::size_t count = (std::min)({bytes_.size(), piece_, size});
        std::memcpy(where, bytes_.data(), count);
        bytes_.remove_prefix(count);
        return count;
    }

    [[nodiscard]] std::size_t left() const { return bytes_.size(); }

private:
    std::string_view bytes_;
    std::size_t piece_;
};

inline constexpr std::size_t largest_value = 1000;

/// What an answer is taken for: "0=value/flags/version;" for each item, or the number of the reply, and "!" at the end
/// when it is refused, "?" when it is not complete.
template <class Protocol>
[[nodiscard]] std::string items_in(std::string_view bytes, std::size_t piece, const std::vector<std::string_view>& keys,
                                   bool with_versions = false) {
    PiecesOfBytes source(bytes, piece);
    kennel::detail::ByteInput input(source);
    kennel::detail::ByteOutput output;
    Protocol protocol(largest_value);
    protocol.ask_items(output, keys, with_versions);
    std::string text;
    try {
        protocol.read_items(input, keys, with_versions,
                            [&](std::size_t index, const kennel::detail::MemcachedItem& item) {
                                text += std::to_string(index) + '=' + std::string(item.value) + '/' +
                                        std::to_string(item.flags) + '/' + std::to_string(item.version) + ';';
                            });
    } catch (const kennel::detail::ConnectionLost&) {
        text += '?';
    } catch (const kennel::BackendError&) {
        text += '!';
    }
    return text;
}

template <class Protocol>
[[nodiscard]] std::string reply_in(std::string_view bytes, std::size_t piece,
                                   kennel::detail::MemcachedCommand command) {
    PiecesOfBytes source(bytes, piece);
    kennel::detail::ByteInput input(source);
    Protocol protocol(largest_value);
    try {
        return std::to_string(static_cast<int>(protocol.read_reply(input, command)));
    } catch (const kennel::detail::ConnectionLost&) {
        return "?";
    } catch (const kennel::BackendError&) {
        return "!";
    }
}

/// A number in the bytes of the network.
[[nodiscard]] inline std::string big_endian(std::uint64_t number, std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t at = size; at != 0; number >>= 8U) bytes[--at] = static_cast<char>(number & 255U);
    return bytes;
}

/// An answer of the binary protocol.
struct BinaryAnswer {
    unsigned char code = 0x0d;
    std::uint16_t status = 0;
    std::string extras{};
    std::string key{};
    std::string value{};
    std::uint32_t number = 0;
    std::uint64_t version = 0;
    unsigned char magic = 0x81;

    [[nodiscard]] std::string bytes() const {
        const std::size_t size = extras.size() + key.size() + value.size();
        return std::string(1, static_cast<char>(magic)) + static_cast<char>(code) + big_endian(key.size(), 2) +
               big_endian(extras.size(), 1) + '\0' + big_endian(status, 2) + big_endian(size, 4) +
               big_endian(number, 4) + big_endian(version, 8) + extras + key + value;
    }
};

} // namespace test

#endif
