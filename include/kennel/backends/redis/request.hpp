#ifndef KENNEL_BACKENDS_REDIS_REQUEST_HPP
#define KENNEL_BACKENDS_REDIS_REQUEST_HPP

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

/// Commands in the form in which Redis takes them (RESP arrays of bulk strings). Long arguments are not copied, so they
/// must live until the request was sent; everything is binary-safe.
class RedisRequest {
public:
    /// Forgets everything but the memory.
    void clear() noexcept {
        size_ = 0;
        cuts_.clear();
        command_count_ = 0;
    }

    /// Adds a command of short or long arguments.
    template <class... Arguments>
    RedisRequest& add(std::string_view name, const Arguments&... arguments) {
        begin(1 + sizeof...(arguments));
        argument(name);
        (argument(std::string_view(arguments)), ...);
        return *this;
    }

    /// Begins a command of which `count` arguments follow, its name among them.
    void begin(std::size_t count) {
        if (is_asking_) [[unlikely]]
            append("*1\r\n$6\r\nASKING\r\n");
        append_head('*', count);
        ++command_count_;
    }

    void argument(std::string_view bytes) { argument(bytes, {}); }

    /// One argument that consists of two parts.
    void argument(std::string_view first, std::string_view second) {
        append_head('$', first.size() + second.size());
        append(first);
        append(second);
        append("\r\n");
    }

    /// From now on each command comes with an `ASKING` before it, which is not counted, or no longer.
    void set_asking(bool is_asking) noexcept { is_asking_ = is_asking; }
    [[nodiscard]] bool is_asking() const noexcept { return is_asking_; }

    [[nodiscard]] std::size_t command_count() const noexcept { return command_count_; }
    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t size = size_;
        for (const Cut& cut : cuts_) size += cut.bytes.size();
        return size;
    }

    /// The request as pieces to be sent; they live until the next change.
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
    static constexpr std::size_t longest_head = 24;

    /// Bytes from elsewhere that follow the text up to `text_end`.
    struct Cut {
        std::size_t text_end;
        std::string_view bytes;
    };

    void append_head(char type, std::size_t count) {
        char* const head = room_for(longest_head);
        *head = type;
        char* end = std::to_chars(head + 1, head + longest_head - 2, count).ptr;
        *end++ = '\r';
        *end++ = '\n';
        size_ += static_cast<std::size_t>(end - head);
    }

    void append(std::string_view bytes) {
        if (bytes.size() > longest_copied) return cuts_.push_back({size_, bytes});
        char* const where = room_for(bytes.size());
        if (!bytes.empty()) std::memcpy(where, bytes.data(), bytes.size());
        size_ += bytes.size();
    }

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

    std::unique_ptr<char[]>
        text_; ///< everything but long arguments; not a std::string, which asks for room byte by byte
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::vector<Cut> cuts_;
    std::vector<iovec> pieces_;
    std::size_t command_count_ = 0;
    bool is_asking_ = false;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
