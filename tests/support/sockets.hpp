#ifndef KENNEL_TESTS_SUPPORT_SOCKETS_HPP
#define KENNEL_TESTS_SUPPORT_SOCKETS_HPP

#include "support/wait_until.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace test {

/// Where a server of this machine listens: a port of the loopback device, or the path of a Unix socket.
struct LocalAddress {
    int port = 0;
    std::string path{};

    [[nodiscard]] std::string text() const { return path.empty() ? "127.0.0.1:" + std::to_string(port) : path; }
};

/// A descriptor that is closed with this object.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() { close(); }

    void close() {
        if (number_ >= 0) ::close(std::exchange(number_, -1));
    }
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] bool is_open() const { return number_ >= 0; }

private:
    int number_ = -1;
};

/// An address as the system's functions take it.
class SystemAddress {
public:
    explicit SystemAddress(const LocalAddress& address) {
        if (address.path.empty()) {
            sockaddr_in tcp{};
            tcp.sin_family = AF_INET;
            tcp.sin_port = htons(static_cast<std::uint16_t>(address.port));
            tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            copy(tcp);
        } else {
            sockaddr_un local{};
            local.sun_family = AF_UNIX;
            if (address.path.size() >= sizeof local.sun_path) throw std::runtime_error("too long: " + address.path);
            std::memcpy(local.sun_path, address.path.data(), address.path.size());
            copy(local);
        }
    }

    [[nodiscard]] Descriptor new_socket() const {
        return Descriptor(::socket(storage_.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    }
    [[nodiscard]] const sockaddr* get() const {
        return static_cast<const sockaddr*>(static_cast<const void*>(&storage_));
    }
    [[nodiscard]] socklen_t size() const { return size_; }

private:
    template <class Address>
    void copy(const Address& address) {
        std::memcpy(&storage_, &address, sizeof address);
        size_ = sizeof address;
    }

    sockaddr_storage storage_{};
    socklen_t size_ = 0;
};

/// Connects; a descriptor that is not open when nobody listens there.
[[nodiscard]] inline Descriptor connect_to(const LocalAddress& address) {
    const SystemAddress to(address);
    Descriptor descriptor = to.new_socket();
    if (::connect(descriptor.number(), to.get(), to.size()) != 0) return {};
    const int on = 1;
    if (address.path.empty()) ::setsockopt(descriptor.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return descriptor;
}

/// Listens; a descriptor that is not open when that is not possible there.
[[nodiscard]] inline Descriptor listen_at(const LocalAddress& address) {
    const SystemAddress at(address);
    Descriptor descriptor = at.new_socket();
    const int on = 1;
    ::setsockopt(descriptor.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(descriptor.number(), at.get(), at.size()) != 0 || ::listen(descriptor.number(), 128) != 0) return {};
    return descriptor;
}

/// A port of the loopback device at which nobody listens now, and neither at that plus 10000, where the nodes of a
/// Redis Cluster talk to each other. Both are below those that the system gives to connections, and each call begins behind
/// the port that it gave last.
[[nodiscard]] inline int free_port() {
    constexpr int first = 10'100;
    constexpr int count = 12'000;
    static std::atomic<int> next = static_cast<int>(::getpid()) * 97;
    for (int tried = 0; tried != count; ++tried) {
        const int port = first + next++ % count;
        if (listen_at({.port = port}).is_open() && listen_at({.port = port + 10'000}).is_open()) return port;
    }
    throw std::runtime_error("no port is free");
}

/// A connection on which a test speaks a protocol by hand, with a limit for everything that it waits for.
class PlainConnection {
public:
    explicit PlainConnection(const LocalAddress& address) : descriptor_(connect_to(address)) {
        if (!descriptor_.is_open()) throw std::runtime_error("nobody listens at " + address.text());
    }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t count = ::send(descriptor_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) throw std::runtime_error("the connection is lost");
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    /// A line without its end.
    [[nodiscard]] std::string read_line() {
        std::size_t end = 0;
        while ((end = buffer_.find("\r\n")) == std::string::npos) read_more();
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 2);
        return line;
    }

    [[nodiscard]] std::string read(std::size_t count) {
        while (buffer_.size() < count) read_more();
        std::string bytes = buffer_.substr(0, count);
        buffer_.erase(0, count);
        return bytes;
    }

    /// All that comes until the other side ends the connection.
    [[nodiscard]] std::string read_to_end() {
        while (receive()) {
        }
        return std::exchange(buffer_, {});
    }

private:
    void read_more() {
        if (!receive()) throw std::runtime_error("the connection was ended after: " + buffer_);
    }

    [[nodiscard]] bool receive() {
        pollfd waiting{.fd = descriptor_.number(), .events = POLLIN, .revents = 0};
        const int limit = static_cast<int>(std::chrono::milliseconds(patience).count());
        int ready = 0;
        while ((ready = ::poll(&waiting, 1, limit)) < 0 && errno == EINTR) {
        }
        if (ready == 0) throw std::runtime_error("no answer within the limit, only: " + buffer_);
        char bytes[65'536];
        const ssize_t count = ::recv(descriptor_.number(), bytes, sizeof bytes, 0);
        if (count <= 0) return false;
        buffer_.append(bytes, static_cast<std::size_t>(count));
        return true;
    }

    Descriptor descriptor_;
    std::string buffer_;
};

} // namespace test

#endif
