#ifndef KENNEL_BACKENDS_NET_BYTE_OUTPUT_HPP
#define KENNEL_BACKENDS_NET_BYTE_OUTPUT_HPP

#include "kennel/version.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/uio.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Bytes to be sent. Long pieces are not copied, so they must live until that was done.
class ByteOutput {
public:
    /// Forgets everything but the memory, unless that is very much.
    void clear() noexcept {
        size_ = 0;
        cuts_.clear();
        if (capacity_ <= largest_kept) return;
        text_.reset();
        capacity_ = 0;
    }

    ByteOutput& operator<<(std::string_view bytes) {
        if (bytes.size() > longest_copied) {
            cuts_.push_back({size_, bytes});
            return *this;
        }
        char* const where = room_for(bytes.size());
        if (!bytes.empty()) std::memcpy(where, bytes.data(), bytes.size());
        size_ += bytes.size();
        return *this;
    }

    /// In decimal digits.
    template <class Number>
    ByteOutput& number(Number value) {
        constexpr std::size_t longest = 24;
        char* const where = room_for(longest);
        size_ += static_cast<std::size_t>(std::to_chars(where, where + longest, value).ptr - where);
        return *this;
    }

    /// A line of a character and decimal digits, by which protocols announce what follows.
    void head(char type, std::size_t count) {
        constexpr std::size_t longest = 24;
        char* const where = room_for(longest);
        *where = type;
        char* end = std::to_chars(where + 1, where + longest - 2, count).ptr;
        *end++ = '\r';
        *end++ = '\n';
        size_ += static_cast<std::size_t>(end - where);
    }

    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t size = size_;
        for (const Cut& cut : cuts_) size += cut.bytes.size();
        return size;
    }

    /// The bytes in pieces; they live until the next change.
    [[nodiscard]] std::span<iovec> pieces() {
        pieces_.clear();
        std::size_t begin = 0;
        for (const Cut& cut : cuts_) {
            add_piece(text_.get() + begin, cut.text_end - begin);
            add_piece(cut.bytes.data(), cut.bytes.size());
            begin = cut.text_end;
        }
        add_piece(text_.get() + begin, size_ - begin);
        return pieces_;
    }

private:
    static constexpr std::size_t longest_copied = 8 * 1024;
    static constexpr std::size_t largest_kept = std::size_t{1024} * 1024;

    /// Bytes from elsewhere that follow the text up to `text_end`.
    struct Cut {
        std::size_t text_end;
        std::string_view bytes;
    };

    /// Where the next bytes of the text go, of which there may be so many.
    [[nodiscard]] char* room_for(std::size_t count) {
        if (capacity_ - size_ < count) grow(count);
        return text_.get() + size_;
    }

    void grow(std::size_t count) {
        const std::size_t capacity = (std::max)(2 * capacity_, size_ + count + 512);
        auto text = std::make_unique_for_overwrite<char[]>(capacity);
        if (size_ != 0) std::memcpy(text.get(), text_.get(), size_);
        text_ = std::move(text);
        capacity_ = capacity;
    }

    void add_piece(const char* data, std::size_t size) {
        if (size != 0) pieces_.push_back({.iov_base = const_cast<char*>(data), .iov_len = size});
    }

    std::unique_ptr<char[]> text_; ///< all but long pieces; not a std::string, which asks for room byte by byte
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::vector<Cut> cuts_;
    std::vector<iovec> pieces_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
