#ifndef KENNEL_BACKENDS_REDIS_REQUEST_HPP
#define KENNEL_BACKENDS_REDIS_REQUEST_HPP

#include "kennel/backends/net/byte_output.hpp"

#include <cstddef>
#include <span>
#include <string_view>

#include <sys/uio.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Commands in the form in which Redis takes them (RESP arrays of bulk strings). Long arguments are not copied, so they
/// must live until the request was sent; everything is binary-safe.
class RedisRequest {
public:
    /// Forgets everything but the memory, unless that is very much.
    void clear() noexcept {
        bytes_.clear();
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
            bytes_ << "*1\r\n$6\r\nASKING\r\n";
        bytes_.head('*', count);
        ++command_count_;
    }

    void argument(std::string_view bytes) { argument(bytes, {}); }

    /// One argument that consists of two parts.
    void argument(std::string_view first, std::string_view second) {
        bytes_.head('$', first.size() + second.size());
        bytes_ << first << second << "\r\n";
    }

    /// From now on each command comes with an `ASKING` before it, which is not counted, or no longer.
    void set_asking(bool is_asking) noexcept { is_asking_ = is_asking; }
    [[nodiscard]] bool is_asking() const noexcept { return is_asking_; }

    [[nodiscard]] std::size_t command_count() const noexcept { return command_count_; }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }

    /// The request as pieces to be sent; they live until the next change.
    [[nodiscard]] std::span<iovec> pieces() { return bytes_.pieces(); }

private:
    ByteOutput bytes_;
    std::size_t command_count_ = 0;
    bool is_asking_ = false;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
