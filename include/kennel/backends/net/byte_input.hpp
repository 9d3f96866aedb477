#ifndef KENNEL_BACKENDS_NET_BYTE_INPUT_HPP
#define KENNEL_BACKENDS_NET_BYTE_INPUT_HPP

#include "kennel/errors.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Where received bytes come from.
class ByteSource {
public:
    virtual ~ByteSource() = default;

    /// Waits for bytes and says how many there are, at least one; if told so, waits rather for all of them. Throws
    /// when there are none to come.
    [[nodiscard]] virtual std::size_t receive(char* where, std::size_t size, bool waits_for_all) = 0;
};

/// What a peer has sent that is no possible message.
class MalformedInput : public BackendError {
public:
    using BackendError::BackendError;
};

/// Reads lines and blocks of bytes, of which one lies where it was received: a view that is given is good until the
/// next call.
class ByteInput {
public:
    /// The source must outlive this.
    explicit ByteInput(ByteSource& source) : source_(source) {}
    ByteInput(const ByteInput&) = delete;
    ByteInput& operator=(const ByteInput&) = delete;

    /// Whether nothing was received that has not been read.
    [[nodiscard]] bool is_drained() const noexcept { return begin_ == end_; }

    /// The next line without its end, CR LF. Throws `MalformedInput` for one that is longer than any should be.
    [[nodiscard]] std::string_view line() {
        for (std::size_t looked_at = 0;;) {
            const std::string_view text(buffer_.get() + begin_, end_ - begin_);
            const std::size_t end = text.find('\n', looked_at);
            if (end != std::string_view::npos) {
                if (end == 0 || text[end - 1] != '\r') throw MalformedInput("a line of its answer has no proper end");
                begin_ += end + 1;
                return text.substr(0, end - 1);
            }
            if (text.size() > longest_line) throw MalformedInput("a line of its answer is too long");
            looked_at = text.size();
            demand(text.size() + 1);
        }
    }

    /// So many bytes. At least `tail` more must be sure to follow: they are waited for as well, and reading these
    /// leaves the view as it is.
    [[nodiscard]] std::string_view block(std::size_t size, std::size_t tail = 0) {
        if (size + tail > buffer_size) return long_block(size, tail);
        demand(size + tail);
        const std::string_view bytes(buffer_.get() + begin_, size);
        begin_ += size;
        return bytes;
    }

    /// Gives back the memory of a very long block.
    void forget_block() noexcept {
        if (long_capacity_ <= longest_kept) return;
        long_block_.reset();
        long_capacity_ = 0;
    }

private:
    static constexpr std::size_t buffer_size = 72 * 1024; ///< for a value of 64 KiB and what is around it
    static constexpr std::size_t longest_line = 2048;
    static constexpr std::size_t longest_kept = std::size_t{4} * 1024 * 1024;

    /// Receives until so many bytes are there, which fit into the buffer.
    void demand(std::size_t size) {
        if (end_ - begin_ >= size) return;
        if (begin_ == end_) begin_ = end_ = 0;
        else if (begin_ + size > buffer_size || begin_ > buffer_size / 2) {
            std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        while (end_ - begin_ < size) end_ += source_.receive(buffer_.get() + end_, buffer_size - end_, false);
    }

    [[nodiscard]] std::string_view long_block(std::size_t size, std::size_t tail) {
        const std::size_t whole = size + tail;
        if (long_capacity_ < whole) {
            long_block_.reset();
            long_capacity_ = 0;
            long_block_ = std::make_unique_for_overwrite<char[]>(whole);
            long_capacity_ = whole;
        }
        std::size_t received = end_ - begin_; // less than a buffer, and so less than the block
        std::memcpy(long_block_.get(), buffer_.get() + begin_, received);
        begin_ = end_ = 0;
        while (received != whole) received += source_.receive(long_block_.get() + received, whole - received, true);
        std::memcpy(buffer_.get(), long_block_.get() + size, tail);
        end_ = tail;
        return {long_block_.get(), size};
    }

    ByteSource& source_;
    std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(buffer_size);
    std::size_t begin_ = 0; ///< of what was received and not yet read
    std::size_t end_ = 0;
    std::unique_ptr<char[]> long_block_; ///< for what does not fit into the buffer
    std::size_t long_capacity_ = 0;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
