#ifndef KENNEL_CODEC_ENCODER_HPP
#define KENNEL_CODEC_ENCODER_HPP

#include "kennel/codec/encodable.hpp"
#include "kennel/errors.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// Collects the bytes of a value in the default form.
class Encoder {
public:
    /// Appends a value by its codec. Every value takes at least one byte, so that a count of values never promises more
    /// than the bytes behind it can hold. Throws `SerializationError` when values are nested deeper than
    /// `max_codec_depth`.
    template <Encodable Type>
    void write(const Type& value) {
        if (depth_ == max_codec_depth) throw SerializationError("the value is nested more than 64 levels deep");
        ++depth_;
        const std::size_t before = bytes_.size();
        Codec<Type>::encode(value, *this);
        if (bytes_.size() == before) bytes_.push_back('\0');
        --depth_;
    }

    /// Appends the lower `width` (at most 8) bytes of `number`, the lowest first.
    void write_number(std::uint64_t number, std::size_t width) {
        char bytes[sizeof number];
        for (std::size_t index = 0; index != width; ++index)
            bytes[index] = static_cast<char>((number >> (8 * index)) & 0xff);
        bytes_.append(bytes, width);
    }

    /// Appends how many bytes or values follow: seven bits to a byte, the lowest first.
    void write_length(std::size_t length) {
        std::uint64_t rest = length;
        for (; rest >= 0x80; rest >>= 7) write_number((rest & 0x7f) | 0x80, 1);
        write_number(rest, 1);
    }

    /// Appends bytes as they are.
    void write_bytes(std::string_view bytes) { bytes_.append(bytes); }

    /// The bytes so far; the encoder is spent.
    [[nodiscard]] std::string take() && { return std::move(bytes_); }

private:
    std::string bytes_;
    std::size_t depth_ = 0;
};

KENNEL_NAMESPACE_END

#endif
