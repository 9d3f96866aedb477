#ifndef KENNEL_CODEC_DECODER_HPP
#define KENNEL_CODEC_DECODER_HPP

#include "kennel/codec/encodable.hpp"
#include "kennel/detail/joined.hpp"
#include "kennel/errors.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

/// Reads values in the default form from bytes that nobody vouches for; every member throws `CantDeserializeException`
/// when they are not there.
class Decoder {
public:
    /// `bytes` must outlive the decoder.
    explicit Decoder(std::string_view bytes) noexcept : bytes_(bytes) {}

    /// The next value, by its codec.
    template <Encodable Type>
    [[nodiscard]] Type read() {
        if (depth_ == max_codec_depth) refuse("the value is nested more than 64 levels deep");
        ++depth_;
        const std::size_t before = remaining();
        Type value = Codec<Type>::decode(*this);
        if (remaining() == before && read_number(1) != 0) refuse("an empty value is not empty");
        --depth_;
        return value;
    }

    /// A number of `width` (at most 8) bytes, the lowest first.
    [[nodiscard]] std::uint64_t read_number(std::size_t width) {
        std::uint64_t number = 0;
        std::size_t shift = 0;
        for (const char byte : read_bytes(width)) {
            number |= static_cast<std::uint64_t>(static_cast<unsigned char>(byte)) << shift;
            shift += 8;
        }
        return number;
    }

    /// How many bytes or values follow, which is never more than there are bytes left.
    [[nodiscard]] std::size_t read_length() {
        std::uint64_t length = 0;
        for (std::size_t shift = 0;; shift += 7) {
            const std::uint64_t byte = read_number(1);
            if (shift == 63 && byte > 1) refuse("a length is too large");
            length |= (byte & 0x7f) << shift;
            if (byte < 0x80) {
                if (byte == 0 && shift != 0) refuse("a length is not in its shortest form");
                break;
            }
        }
        if (length > remaining()) refuse("a length is beyond the end");
        return static_cast<std::size_t>(length);
    }

    /// The next `count` bytes, where they lie.
    [[nodiscard]] std::string_view read_bytes(std::size_t count) {
        if (count > remaining()) refuse("the bytes end too early");
        const std::string_view bytes = bytes_.substr(0, count);
        bytes_.remove_prefix(count);
        return bytes;
    }

    /// How many bytes are left.
    [[nodiscard]] std::size_t remaining() const noexcept { return bytes_.size(); }

    /// Refuses bytes that are left over.
    void finish() const {
        if (!bytes_.empty()) refuse("bytes are left over");
    }

    /// Throws `CantDeserializeException`, which says `why`.
    [[noreturn]] void refuse(std::string_view why) const {
        throw CantDeserializeException(detail::joined({"the bytes are not such a value: ", why}));
    }

private:
    std::string_view bytes_;
    std::size_t depth_ = 0;
};

KENNEL_NAMESPACE_END

#endif
