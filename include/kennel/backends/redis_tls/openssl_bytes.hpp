#ifndef KENNEL_BACKENDS_REDIS_TLS_OPENSSL_BYTES_HPP
#define KENNEL_BACKENDS_REDIS_TLS_OPENSSL_BYTES_HPP

#include "kennel/version.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <span>
#include <vector>

#include <openssl/bio.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The bytes that TLS has received and not read yet, and those that it wants to send: what OpenSSL has in place of a
/// socket.
class OpenSslBytes {
public:
    /// The bytes as OpenSSL's `BIO`, to be owned by OpenSSL; null when there is no memory.
    [[nodiscard]] BIO* new_bio() {
        BIO* const bio = method() != nullptr ? BIO_new(method()) : nullptr;
        if (bio == nullptr) return nullptr;
        BIO_set_data(bio, this);
        BIO_set_init(bio, 1);
        return bio;
    }

    [[nodiscard]] bool has_incoming() const noexcept { return begin_ != end_; }
    [[nodiscard]] std::span<char> room() noexcept { return std::span(incoming_.get(), incoming_size).subspan(end_); }
    void take(std::size_t received) noexcept { end_ += received; }

    [[nodiscard]] std::vector<char>& outgoing() noexcept { return outgoing_; }

private:
    static constexpr std::size_t incoming_size = 64 * 1024;

    [[nodiscard]] static OpenSslBytes& of(BIO* bio) noexcept { return *static_cast<OpenSslBytes*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* buffer, int size) noexcept {
        BIO_clear_retry_flags(bio);
        OpenSslBytes& bytes = of(bio);
        if (!bytes.has_incoming()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        const std::size_t count = (std::min)(static_cast<std::size_t>(size), bytes.end_ - bytes.begin_);
        std::memcpy(buffer, bytes.incoming_.get() + bytes.begin_, count);
        bytes.begin_ += count;
        if (!bytes.has_incoming()) bytes.begin_ = bytes.end_ = 0;
        return static_cast<int>(count);
    }

    static int write(BIO* bio, const char* buffer, int size) noexcept {
        BIO_clear_retry_flags(bio);
        try {
            std::vector<char>& outgoing = of(bio).outgoing_;
            outgoing.insert(outgoing.end(), buffer, buffer + size);
            return size;
        } catch (const std::exception&) {
            return -1;
        }
    }

    static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) noexcept {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    /// Lives as long as the program.
    [[nodiscard]] static const BIO_METHOD* method() noexcept {
        static BIO_METHOD* const method = [] {
            BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "kennel");
            if (made == nullptr) return made;
            BIO_meth_set_read(made, &OpenSslBytes::read);
            BIO_meth_set_write(made, &OpenSslBytes::write);
            BIO_meth_set_ctrl(made, &OpenSslBytes::control);
            return made;
        }();
        return method;
    }

    std::unique_ptr<char[]> incoming_ = std::make_unique_for_overwrite<char[]>(incoming_size);
    std::size_t begin_ = 0; ///< of what OpenSSL has not read yet; both zero when there is nothing
    std::size_t end_ = 0;
    std::vector<char> outgoing_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
