#ifndef KENNEL_BACKENDS_NET_TLS_SESSION_HPP
#define KENNEL_BACKENDS_NET_TLS_SESSION_HPP

#include "kennel/version.hpp"

#include <cstddef>
#include <span>

#include <sys/uio.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The client's end of a TLS connection: makes what is to be sent of bytes, and bytes of what was received, and leaves
/// sending and receiving to its socket. For one thread at a time. What is not `noexcept` throws `ConnectionLost`
/// when TLS fails.
class TlsSession {
public:
    virtual ~TlsSession() = default;

    /// Goes on with the handshake as far as what was received allows; whether it is complete.
    [[nodiscard]] virtual bool shake_hands() = 0;

    /// Enciphers from the beginning of the pieces as much as is good to send at a time. Says how many bytes that is.
    [[nodiscard]] virtual std::size_t encipher(std::span<const iovec> pieces) = 0;

    /// Deciphers what was received, as far as it fits; how many bytes that is. Zero when more must be received first,
    /// or when `has_ended`.
    [[nodiscard]] virtual std::size_t decipher(char* buffer, std::size_t size) = 0;

    /// Whether `decipher` would give something now, or throw.
    [[nodiscard]] virtual bool has_received() noexcept = 0;

    /// Whether the server has said that nothing more will come.
    [[nodiscard]] virtual bool has_ended() const noexcept = 0;

    /// Says goodbye, if there was a handshake; what that is lies in `outgoing`.
    virtual void end() noexcept = 0;

    /// Where to put what is received next, and how much of it then was.
    [[nodiscard]] virtual std::span<char> room() noexcept = 0;
    virtual void take(std::size_t received) noexcept = 0;

    /// What is to be sent, and that it was.
    [[nodiscard]] virtual std::span<char> outgoing() noexcept = 0;
    virtual void forget_outgoing() noexcept = 0;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
