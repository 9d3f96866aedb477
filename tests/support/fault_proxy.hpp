#ifndef KENNEL_TESTS_SUPPORT_FAULT_PROXY_HPP
#define KENNEL_TESTS_SUPPORT_FAULT_PROXY_HPP

#include "support/request_splitter.hpp"
#include "support/sockets.hpp"
#include "support/wait_until.hpp"

#include <linux/filter.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace test {

/// Stands between clients and a server, at a free port of the loopback device, and does to the replies what networks
/// and broken servers do; requests reach the server in all modes but one. It also notes what the clients send. All
/// members may be called at any time from any thread; what they switch on holds for all connections until the next switch.
class FaultProxy {
public:
    explicit FaultProxy(LocalAddress server) : server_(std::move(server)), wake_(::eventfd(0, EFD_CLOEXEC)) {
        do {
            port_ = free_port();
            listener_ = listen_at(address());
        } while (!listener_.is_open());
        thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
    }
    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;
    ~FaultProxy() {
        thread_.request_stop();
        wake();
    }

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] LocalAddress address() const { return {.port = port_}; }

    /// Lets replies go as they come, and those that were held.
    void pass() { switch_to({}); }
    /// Keeps replies back; the connections stay open.
    void hold() { switch_to({.is_holding = true}); }
    /// Loses every packet in both directions, those of new connections as well: what a client sends is not even
    /// acknowledged, and requests do not reach the server. What was lost is sent again afterwards, as networks do.
    void lose_packets() { switch_to({.is_holding = true, .is_losing = true}); }
    /// Lets replies go one byte at a time.
    void drip(std::chrono::milliseconds interval) { switch_to({.drip_interval = interval}); }
    /// Ends each connection when so many more bytes of replies have gone through it.
    void cut_after(std::size_t bytes) { switch_to({.bytes_until_cut = bytes}); }
    /// Ends a connection in place of the reply, when the server has executed the request.
    void drop_replies() { cut_after(0); }
    /// Gives these bytes in place of each reply.
    void replace_replies(const std::string& bytes) {
        rewrite_replies(
            [bytes](const std::string& /*piece*/, bool is_first) { return is_first ? bytes : std::string(); });
    }
    /// Puts these bytes behind each reply that comes in one piece.
    void append_to_replies(const std::string& bytes) {
        rewrite_replies([bytes](const std::string& piece, bool /*is_first*/) { return piece + bytes; });
    }
    /// Makes of each piece of a reply another one. The function, which is told whether it is the first piece since the
    /// client has sent something, is run by the proxy's thread.
    void rewrite_replies(std::function<std::string(const std::string& piece, bool is_first)> rewrite) {
        switch_to({.rewrite = std::move(rewrite)});
    }

    /// Ends all connections, and lets nobody connect until `accept_connections`.
    void refuse_connections() {
        const std::lock_guard lock(mutex_);
        end_all();
        ::shutdown(listener_.number(), SHUT_RDWR); // for closing alone does nothing while the other thread polls it
        listener_.close();
    }
    void accept_connections() {
        const std::lock_guard lock(mutex_);
        const auto listens = [this] {
            if (!listener_.is_open()) listener_ = listen_at(address());
            return listener_.is_open();
        };
        if (!wait_until(listens)) throw std::runtime_error("the proxy's port is taken");
        wake();
    }
    void end_connections() {
        const std::lock_guard lock(mutex_);
        end_all();
    }

    /// How many connections have been made.
    [[nodiscard]] std::size_t connections() const { return read(connected_); }
    [[nodiscard]] std::size_t open_connections() const {
        const std::lock_guard lock(mutex_);
        return connections_.size();
    }
    /// How often a client has sent something for the first time, or again after the server has.
    [[nodiscard]] std::size_t round_trips() const { return read(round_trips_); }
    /// The bytes of each request, in the order in which they have become complete.
    [[nodiscard]] std::vector<std::string> requests() const { return read(requests_); }
    /// All that clients have sent.
    [[nodiscard]] std::string sent() const { return read(sent_); }
    /// Counts from nothing again.
    void forget() {
        const std::lock_guard lock(mutex_);
        connected_ = round_trips_ = 0;
        requests_.clear();
        sent_.clear();
    }
    /// Waits until so many requests have come, and says whether they have.
    [[nodiscard]] bool await_requests(std::size_t count) const {
        return wait_until([&] { return requests().size() >= count; });
    }

private:
    using Time = std::chrono::steady_clock::time_point;

    struct Mode {
        bool is_holding = false;
        bool is_losing = false;
        std::chrono::milliseconds drip_interval{};
        std::optional<std::size_t> bytes_until_cut{};
        std::function<std::string(const std::string&, bool)> rewrite{};
    };

    struct Connection {
        Descriptor client;
        Descriptor server;
        std::optional<std::size_t> bytes_until_cut;
        RequestSplitter splitter{};
        std::string to_server{};
        std::string to_client{};
        Time next_drip{};
        bool awaits_reply = false;
        bool has_server_ended = false;
        bool is_over = false;
    };

    template <class Value>
    [[nodiscard]] Value read(const Value& value) const {
        const std::lock_guard lock(mutex_);
        return value;
    }

    void switch_to(Mode mode) {
        const std::lock_guard lock(mutex_);
        mode_ = std::move(mode);
        lose_packets_of(listener_, mode_.is_losing);
        for (Connection& connection : connections_) {
            connection.bytes_until_cut = mode_.bytes_until_cut;
            lose_packets_of(connection.client, mode_.is_losing);
        }
        wake();
    }

    /// By a filter that takes no packet; connections that are accepted have that of their listener.
    static void lose_packets_of(const Descriptor& socket, bool is_losing) {
        sock_filter take_nothing{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0};
        const sock_fprog program{.len = 1, .filter = &take_nothing};
        ::setsockopt(socket.number(), SOL_SOCKET, is_losing ? SO_ATTACH_FILTER : SO_DETACH_FILTER, &program,
                     sizeof program);
    }

    void end_all() {
        for (const Connection& connection : connections_)
            for (const Descriptor* const side : {&connection.client, &connection.server})
                ::shutdown(side->number(), SHUT_RDWR);
        connections_.clear();
        ++epoch_;
        wake();
    }

    void wake() const {
        const std::uint64_t one = 1;
        static_cast<void>(!::write(wake_.number(), &one, sizeof one));
    }

    void serve(const std::stop_token& stop) {
        std::vector<pollfd> waiting;
        while (!stop.stop_requested()) {
            std::uint64_t epoch = 0;
            int limit = 0;
            {
                const std::lock_guard lock(mutex_);
                waiting = awaited();
                limit = milliseconds_to_next_drip();
                epoch = epoch_;
            }
            ::poll(waiting.data(), waiting.size(), limit);
            std::uint64_t ignored = 0;
            if (waiting[0].revents != 0) static_cast<void>(!::read(wake_.number(), &ignored, sizeof ignored));
            const std::lock_guard lock(mutex_);
            if (epoch != epoch_) continue; // the descriptors may be others now
            handle(waiting);
        }
    }

    [[nodiscard]] std::vector<pollfd> awaited() const {
        std::vector<pollfd> waiting{{.fd = wake_.number(), .events = POLLIN, .revents = 0},
                                    {.fd = listener_.number(), .events = POLLIN, .revents = 0}};
        const auto events = [](const std::string& output) { return static_cast<short>(output.empty() ? 0 : POLLOUT); };
        for (const Connection& connection : connections_) {
            const short client = mode_.is_holding || is_dripping() ? short{0} : events(connection.to_client);
            const short server = connection.has_server_ended ? short{0} : short{POLLIN};
            waiting.push_back(
                {.fd = connection.client.number(), .events = static_cast<short>(POLLIN | client), .revents = 0});
            waiting.push_back({.fd = connection.has_server_ended ? -1 : connection.server.number(),
                               .events = static_cast<short>(server | events(connection.to_server)),
                               .revents = 0});
        }
        return waiting;
    }

    [[nodiscard]] bool is_dripping() const { return mode_.drip_interval.count() != 0; }

    [[nodiscard]] int milliseconds_to_next_drip() const {
        if (!is_dripping()) return -1;
        Time next = Time::max();
        for (const Connection& connection : connections_)
            if (!connection.to_client.empty()) next = (std::min)(next, connection.next_drip);
        if (next == Time::max()) return -1;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - std::chrono::steady_clock::now());
        return (std::max)(0, static_cast<int>(left.count()));
    }

    void handle(const std::vector<pollfd>& waiting) {
        std::size_t at = 2;
        for (Connection& connection : connections_) {
            if (waiting[at++].revents != 0) take_from_client(connection);
            if (waiting[at++].revents != 0) take_from_server(connection);
            send_to_server(connection);
            send_to_client(connection);
        }
        connections_.remove_if([](const Connection& connection) { return connection.is_over; });
        if (waiting[1].revents != 0) accept();
    }

    void accept() {
        Descriptor client(::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!client.is_open()) return;
        const int on = 1;
        ::setsockopt(client.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ++connected_;
        Descriptor server = connect_to(server_);
        if (server.is_open()) connections_.push_back({std::move(client), std::move(server), mode_.bytes_until_cut});
    }

    /// Nothing when there is nothing yet, and empty text at the end.
    [[nodiscard]] static std::optional<std::string> receive(const Descriptor& from) {
        char bytes[65'536];
        const ssize_t count = ::recv(from.number(), bytes, sizeof bytes, MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
        return std::string(bytes, count > 0 ? static_cast<std::size_t>(count) : 0);
    }

    void take_from_client(Connection& connection) {
        const std::optional<std::string> bytes = receive(connection.client);
        if (!bytes) return;
        if (bytes->empty()) {
            connection.is_over = true;
            return;
        }
        if (!std::exchange(connection.awaits_reply, true)) ++round_trips_;
        sent_ += *bytes;
        for (std::string& request : connection.splitter.push(*bytes)) requests_.push_back(std::move(request));
        connection.to_server += *bytes;
    }

    void take_from_server(Connection& connection) {
        std::optional<std::string> bytes = receive(connection.server);
        if (!bytes) return;
        const bool is_first = std::exchange(connection.awaits_reply, false);
        if (bytes->empty()) connection.has_server_ended = true;
        else if (mode_.rewrite) bytes = mode_.rewrite(*bytes, is_first);
        if (connection.to_client.empty()) connection.next_drip = std::chrono::steady_clock::now() + mode_.drip_interval;
        connection.to_client += *bytes;
    }

    static void send_to_server(Connection& connection) {
        if (connection.to_server.empty() || connection.has_server_ended) return;
        static_cast<void>(send(connection.server, connection.to_server, connection.to_server.size()));
    }

    void send_to_client(Connection& connection) const {
        if (mode_.is_holding) return;
        std::size_t most = connection.to_client.size();
        const Time now = std::chrono::steady_clock::now();
        if (is_dripping()) most = now < connection.next_drip ? 0 : (std::min)(most, std::size_t{1});
        const bool is_cut = connection.bytes_until_cut && *connection.bytes_until_cut <= most &&
                            !connection.to_client.empty();
        if (is_cut) most = *connection.bytes_until_cut;
        const std::size_t count = send(connection.client, connection.to_client, most);
        if (count != 0) connection.next_drip = now + mode_.drip_interval;
        if (connection.bytes_until_cut) *connection.bytes_until_cut -= count;
        if ((is_cut && count == most) || (connection.has_server_ended && connection.to_client.empty()))
            connection.is_over = true;
    }

    /// Sends from the beginning of `bytes` and removes what was sent.
    static std::size_t send(const Descriptor& to, std::string& bytes, std::size_t most) {
        if (most == 0) return 0;
        const ssize_t sent = ::send(to.number(), bytes.data(), most, MSG_DONTWAIT | MSG_NOSIGNAL);
        const std::size_t count = sent > 0 ? static_cast<std::size_t>(sent) : 0;
        bytes.erase(0, count);
        return count;
    }

    const LocalAddress server_;
    const Descriptor wake_;
    int port_ = 0;
    mutable std::mutex mutex_;
    Descriptor listener_;
    Mode mode_;
    std::list<Connection> connections_;
    std::uint64_t epoch_ = 0;
    std::size_t connected_ = 0;
    std::size_t round_trips_ = 0;
    std::vector<std::string> requests_;
    std::string sent_;
    std::jthread thread_;
};

} // namespace test

#endif
