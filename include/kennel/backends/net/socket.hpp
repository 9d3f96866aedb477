#ifndef KENNEL_BACKENDS_NET_SOCKET_HPP
#define KENNEL_BACKENDS_NET_SOCKET_HPP

#include "kennel/backends/net/network_errors.hpp"
#include "kennel/backends/net/open_sockets.hpp"
#include "kennel/backends/net/resolve.hpp"
#include "kennel/backends/net/tls_session.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A connected stream socket whose every wait ends at a moment that the caller names. Move-only; it never raises
/// SIGPIPE, and neither a forked child nor a program that is started has it.
class Socket {
public:
    Socket() = default;
    Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), tls_(std::move(other.tls_)) {}
    Socket& operator=(Socket&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        std::swap(tls_, other.tls_);
        return *this;
    }
    ~Socket() {
        if (descriptor_ == -1) return;
        if (tls_ != nullptr) say_goodbye();
        OpenSockets::remove(descriptor_);
        ::close(descriptor_);
    }

    /// Connects to the first address that answers. Throws `NotReached`.
    [[nodiscard]] static Socket connect(const Endpoint& endpoint, SteadyTime deadline, bool keeps_alive) {
        int failure = 0;
        for (const SocketAddress& address : resolve(endpoint, deadline)) {
            Socket socket(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            failure = socket.descriptor_ == -1 ? errno : socket.connect(address, deadline);
            if (failure != 0) continue;
            if (endpoint.unix_socket.empty()) socket.set_tcp_options(keeps_alive);
            return socket;
        }
        throw NotReached(joined({"cannot connect to ", endpoint.text(), ": ", reason(failure)}));
    }

    /// Enciphers everything from now on, after a handshake. Throws `ConnectionLost`.
    void begin_tls(std::unique_ptr<TlsSession> session, SteadyTime deadline) {
        tls_ = std::move(session);
        try {
            while (!tls_->shake_hands()) {
                send_outgoing(deadline);
                receive_handshake(deadline);
            }
            send_outgoing(deadline);
        } catch (const ConnectionLost&) {
            send_last_words();
            throw;
        }
    }

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    /// From now on the first wait of `receive` may last that long even if its caller would wait for less; saves a
    /// system call.
    void set_receive_timeout(TimeSpan timeout) noexcept {
        const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(timeout.duration()).count();
        const timeval value{.tv_sec = static_cast<time_t>(microseconds / 1'000'000),
                            .tv_usec = static_cast<suseconds_t>(microseconds % 1'000'000)};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value);
        ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) & ~O_NONBLOCK);
    }

    /// Sends all of it. Throws `ConnectionLost`.
    void send(std::span<iovec> pieces, SteadyTime deadline) {
        if (tls_ != nullptr) [[unlikely]]
            return send_enciphered(pieces, deadline);
        send_plain(pieces, deadline);
    }

    /// Receives what there is, at least one byte; zero when the other side has closed the connection. Throws
    /// `ConnectionLost`.
    ///
    /// If `may_block`, it blocks as `set_receive_timeout` allows instead of asking the clock first. What has arrived is
    /// received though the deadline is over.
    [[nodiscard]] std::size_t receive(char* buffer, std::size_t size, SteadyTime deadline, bool may_block) {
        if (tls_ != nullptr) [[unlikely]]
            return receive_enciphered(buffer, size, deadline, may_block);
        return receive_plain(buffer, size, deadline, may_block);
    }

    /// Like `receive`, but blocks until all of it is there or the receive timeout has passed, which saves many
    /// wake-ups.
    [[nodiscard]] std::size_t receive_all(char* buffer, std::size_t size, SteadyTime deadline) {
        const ssize_t received = tls_ == nullptr ? ::recv(descriptor_, buffer, size, MSG_WAITALL) : 0;
        return received > 0 ? static_cast<std::size_t>(received) : receive(buffer, size, deadline, false);
    }

    /// Whether there is something to receive that is no longer in the system's hands.
    [[nodiscard]] bool has_received() const noexcept { return tls_ != nullptr && tls_->has_received(); }

    /// Whether the other side has neither closed the connection nor sent anything that nobody asked for.
    [[nodiscard]] bool is_quiet() const noexcept {
        char byte = 0;
        const bool is_silent = ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == -1 &&
                               (errno == EAGAIN || errno == EWOULDBLOCK);
        return is_silent && !has_received();
    }

private:
    static constexpr std::size_t most_pieces = 1024; ///< that one `sendmsg` takes (IOV_MAX)

    explicit Socket(int descriptor) noexcept : descriptor_(descriptor) { OpenSockets::add(descriptor); }

    void send_plain(std::span<iovec> pieces, SteadyTime deadline) {
        while (!pieces.empty()) {
            const ssize_t sent = send_some(pieces);
            if (sent >= 0) pieces = without(pieces, static_cast<std::size_t>(sent));
            else if (errno == EAGAIN || errno == EWOULDBLOCK) wait_for(POLLOUT, deadline, "to send");
            else if (errno != EINTR) throw ConnectionLost(joined({"sending failed: ", reason(errno)}), true);
        }
    }

    [[nodiscard]] std::size_t receive_plain(char* buffer, std::size_t size, SteadyTime deadline, bool may_block) {
        for (bool blocks = may_block;; blocks = false) {
            const ssize_t received = ::recv(descriptor_, buffer, size, blocks ? 0 : MSG_DONTWAIT);
            if (received >= 0) return static_cast<std::size_t>(received);
            if (errno == EAGAIN || errno == EWOULDBLOCK) wait_for(POLLIN, deadline, "for the reply");
            else if (errno != EINTR) throw ConnectionLost(joined({"receiving failed: ", reason(errno)}), true);
        }
    }

    void send_enciphered(std::span<iovec> pieces, SteadyTime deadline) {
        while (!pieces.empty()) {
            pieces = without(pieces, tls_->encipher(pieces));
            send_outgoing(deadline);
        }
    }

    [[nodiscard]] std::size_t receive_enciphered(char* buffer, std::size_t size, SteadyTime deadline, bool may_block) {
        for (bool blocks = may_block;; blocks = false) {
            const std::size_t received = tls_->decipher(buffer, size);
            send_outgoing(deadline);
            if (received != 0 || tls_->has_ended() || !receive_incoming(deadline, blocks)) return received;
        }
    }

    void receive_handshake(SteadyTime deadline) {
        std::string why = "the server has closed the connection";
        try {
            if (receive_incoming(deadline, false)) return;
        } catch (const ConnectionLost& lost) {
            why = lost.what();
        }
        throw ConnectionLost(joined({why, " (does it speak TLS at this port?)"}), false);
    }

    /// False when the other side has closed the connection.
    [[nodiscard]] bool receive_incoming(SteadyTime deadline, bool may_block) {
        const std::span<char> room = tls_->room();
        const std::size_t received = receive_plain(room.data(), room.size(), deadline, may_block);
        tls_->take(received);
        return received != 0;
    }

    void send_outgoing(SteadyTime deadline) {
        const std::span<char> bytes = tls_->outgoing();
        if (bytes.empty()) return;
        iovec piece{.iov_base = bytes.data(), .iov_len = bytes.size()};
        try {
            send_plain({&piece, 1}, deadline);
        } catch (const ConnectionLost&) {
            complain_as_the_server_does();
            throw;
        }
        tls_->forget_outgoing();
    }

    /// As far as that is possible without waiting, for the connection is over.
    void send_last_words() noexcept {
        const std::span<char> bytes = tls_->outgoing();
        if (!bytes.empty()) ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        tls_->forget_outgoing();
    }

    void say_goodbye() noexcept {
        if (!tls_->outgoing().empty()) return; // what was not sent comes first
        tls_->end();
        send_last_words();
    }

    /// A server that refuses a client says why and closes the connection, so that sending fails before that is read.
    void complain_as_the_server_does() {
        const std::span<char> room = tls_->room();
        const ssize_t received = ::recv(descriptor_, room.data(), room.size(), MSG_DONTWAIT);
        if (received <= 0) return;
        tls_->take(static_cast<std::size_t>(received));
        char byte = 0;
        static_cast<void>(tls_->decipher(&byte, 1));
    }

    [[nodiscard]] ssize_t send_some(std::span<iovec> pieces) const noexcept {
        constexpr int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
        if (pieces.size() == 1) return ::send(descriptor_, pieces.front().iov_base, pieces.front().iov_len, flags);
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = (std::min)(pieces.size(), most_pieces);
        return ::sendmsg(descriptor_, &message, flags);
    }

    [[nodiscard]] static std::string reason(int error) { return std::generic_category().message(error); }

    /// Zero, or the error.
    [[nodiscard]] int connect(const SocketAddress& address, SteadyTime deadline) {
        const auto* const where = reinterpret_cast<const sockaddr*>(&address.bytes);
        if (::connect(descriptor_, where, address.size) == 0) return 0;
        if (errno != EINPROGRESS && errno != EINTR) return errno;
        if (!is_ready(POLLOUT, deadline)) return ETIMEDOUT;
        int error = 0;
        socklen_t size = sizeof error;
        return ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
    }

    void set_tcp_options(bool keeps_alive) noexcept {
        const int on = 1;
        ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (keeps_alive) ::setsockopt(descriptor_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }

    void wait_for(short event, SteadyTime deadline, const char* what) {
        if (!is_ready(event, deadline)) throw ConnectionLost(joined({"the time ran out while waiting ", what}), false);
    }

    /// Waits until the socket is ready, or broken; false when the time has run out and it is not.
    [[nodiscard]] bool is_ready(short event, SteadyTime deadline) {
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
            pollfd waiting{.fd = descriptor_, .events = event, .revents = 0};
            const auto most = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
            if (::poll(&waiting, 1, most) > 0) return true;
            if (most == 0) return false;
        }
    }

    [[nodiscard]] static std::span<iovec> without(std::span<iovec> pieces, std::size_t sent) noexcept {
        while (!pieces.empty() && sent >= pieces.front().iov_len) {
            sent -= pieces.front().iov_len;
            pieces = pieces.subspan(1);
        }
        if (sent != 0) {
            pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + sent;
            pieces.front().iov_len -= sent;
        }
        return pieces;
    }

    int descriptor_ = -1;
    std::unique_ptr<TlsSession> tls_; ///< null for a plain connection
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
