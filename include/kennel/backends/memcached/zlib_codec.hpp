#ifndef KENNEL_BACKENDS_MEMCACHED_ZLIB_CODEC_HPP
#define KENNEL_BACKENDS_MEMCACHED_ZLIB_CODEC_HPP

#include "kennel/version.hpp"

#if __has_include(<zlib.h>)
#include <zlib.h>

#include <algorithm>
#endif

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

#if __has_include(<zlib.h>)

inline constexpr bool has_zlib = true;

/// A zlib stream that is being inflated.
class InflateStream {
public:
    InflateStream() noexcept { is_ready_ = inflateInit(&stream_) == Z_OK; }
    InflateStream(const InflateStream&) = delete;
    InflateStream& operator=(const InflateStream&) = delete;
    ~InflateStream() {
        if (is_ready_) inflateEnd(&stream_);
    }

    /// Appends what `bytes` inflate to; false when they are not one whole stream, or are more than `limit` bytes then.
    [[nodiscard]] bool inflate_all(std::string_view bytes, std::string& out, std::size_t limit) {
        if (!is_ready_ || bytes.size() > (std::numeric_limits<uInt>::max)()) return false;
        // zlib reads through a pointer that is not const.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data())); // NOLINT(*-const-cast)
        stream_.avail_in = static_cast<uInt>(bytes.size());
        int result = Z_OK;
        while (result == Z_OK) {
            if (out.size() == limit) return false;
            const std::size_t before = out.size();
            constexpr std::size_t step = std::size_t{64} << 10U;
            out.resize((std::min)(limit, before + (std::max)(step, before)));
            const auto room = (std::min<std::size_t>)(out.size() - before, (std::numeric_limits<uInt>::max)());
            stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
            stream_.avail_out = static_cast<uInt>(room);
            result = ::inflate(&stream_, Z_NO_FLUSH);
            out.resize(before + room - stream_.avail_out);
        }
        return result == Z_STREAM_END && stream_.avail_in == 0;
    }

private:
    z_stream stream_{};
    bool is_ready_;
};

/// Replaces `out` by what `bytes` inflate to; false when that is not possible within `limit` bytes. A length is
/// believed only when the bytes are there.
[[nodiscard]] inline bool inflate(std::string_view bytes, std::string& out, std::size_t limit) {
    out.clear();
    return InflateStream().inflate_all(bytes, out, limit);
}

/// Replaces `out` by the zlib stream of `bytes`; false when that is no shorter, and `out` then says nothing.
[[nodiscard]] inline bool deflate(std::string_view bytes, std::string& out) {
    if (bytes.size() > (std::numeric_limits<uLong>::max)() / 2) return false;
    uLongf length = compressBound(static_cast<uLong>(bytes.size()));
    out.resize(length);
    const int result = compress2(reinterpret_cast<Bytef*>(out.data()), &length,
                                 reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()),
                                 Z_DEFAULT_COMPRESSION);
    if (result != Z_OK || length >= bytes.size()) return false;
    out.resize(length);
    return true;
}

#else

inline constexpr bool has_zlib = false;

/// Without zlib nothing can be inflated.
[[nodiscard]] inline bool inflate(std::string_view /*bytes*/, std::string& /*out*/, std::size_t /*limit*/) {
    return false;
}

/// Without zlib nothing can be compressed.
[[nodiscard]] inline bool deflate(std::string_view /*bytes*/, std::string& /*out*/) { return false; }

#endif

} // namespace detail
KENNEL_NAMESPACE_END

#endif
