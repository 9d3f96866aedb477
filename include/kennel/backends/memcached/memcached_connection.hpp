#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_CONNECTION_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_CONNECTION_HPP

#include "kennel/backends/memcached/binary_protocol.hpp"
#include "kennel/backends/memcached/memcached_settings.hpp"
#include "kennel/backends/memcached/text_protocol.hpp"
#include "kennel/backends/net/byte_input.hpp"
#include "kennel/backends/net/byte_output.hpp"
#include "kennel/backends/net/jitter.hpp"
#include "kennel/backends/net/socket.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A connection to a memcached server: commands are collected, sent at once, and answered in their order. For one
/// thread at a time.
///
/// Whoever does not take every answer, or takes one that throws, leaves a connection that `is_usable` no longer calls
/// good, so answers never meet another question than their own.
class MemcachedConnection final : private ByteSource {
public:
    /// Connects, and authenticates if there is a username. Throws `BackendError`.
    MemcachedConnection(const MemcachedSettings& settings, const Endpoint& endpoint, SteadyTime deadline)
        : socket_(Socket::connect(endpoint, deadline, settings.tcp_keepalive)), protocol_(new_protocol(settings)) {
        if (endpoint.unix_socket.empty() && !settings.tcp_nodelay) delay_segments();
        if (!settings.username.empty()) authenticate(settings, deadline);
        receive_timeout_ = settings.socket_timeout.duration();
        socket_.set_receive_timeout(settings.socket_timeout);
    }
    MemcachedConnection(const MemcachedConnection&) = delete;
    MemcachedConnection& operator=(const MemcachedConnection&) = delete;

    void ask_items(std::span<const std::string_view> keys, bool with_versions) {
        protocol_->ask_items(begin_command(), keys, with_versions);
    }
    void ask_to_store(MemcachedCommand command, const MemcachedStoring& item) {
        protocol_->ask_to_store(begin_command(), command, item);
    }
    void ask_to_erase(std::string_view key) { protocol_->ask_to_erase(begin_command(), key); }
    void ask_to_release(const MemcachedStoring& item) { protocol_->ask_to_release(begin_command(), item); }

    /// Sends what was asked for since the last time. The answers must have come by `deadline`, too. Throws
    /// `ConnectionLost`.
    void send(SteadyTime deadline) {
        deadline_ = deadline;
        is_fresh_ = true;
        may_block_ = may_block_until_deadline();
        try {
            socket_.send(output_.pieces(), deadline);
        } catch (...) {
            is_broken_ = true;
            throw;
        }
        output_.clear();
    }

    /// The answers must have come by then instead.
    void wait_until(SteadyTime deadline) {
        deadline_ = deadline;
        may_block_ = may_block_until_deadline();
    }

    /// Calls `reader` with the position and the item of each key that has one; what it throws is thrown on.
    void receive_items(std::span<const std::string_view> keys, bool with_versions,
                       MemcachedProtocol::ItemReader reader) {
        input_.forget_block();
        if (keys.size() != 1) {
            protocol_->read_items(input_, keys, with_versions, reader);
            --missing_answers_;
            return require_silence();
        }
        std::optional<MemcachedItem> only;
        protocol_->read_items(input_, keys, with_versions,
                              [&](std::size_t, const MemcachedItem& item) { only = item; });
        --missing_answers_; // whatever the reader does
        require_silence();
        if (only) reader(0, *only);
    }

    /// The answer to a command that changes something.
    [[nodiscard]] MemcachedReply receive_reply(MemcachedCommand command) {
        const MemcachedReply reply = protocol_->read_reply(input_, command);
        --missing_answers_;
        require_silence();
        return reply;
    }

    [[nodiscard]] int descriptor() const noexcept { return socket_.descriptor(); }

    /// Whether nothing has been received since the last command was sent.
    [[nodiscard]] bool is_fresh() const noexcept { return is_fresh_; }

    /// Whether it can be used for further commands.
    [[nodiscard]] bool is_usable() const noexcept {
        return !is_broken_ && missing_answers_ == 0 && input_.is_drained();
    }

    /// Whether the server has neither closed it nor sent what nobody asked for; costs a system call.
    [[nodiscard]] bool is_quiet() const noexcept { return socket_.is_quiet(); }

    SteadyTime last_used{}; ///< kept by the pool
    unsigned era = 0;       ///< kept by the pool

private:
    static constexpr std::chrono::milliseconds coarse_error{20};

    [[nodiscard]] static std::unique_ptr<MemcachedProtocol> new_protocol(const MemcachedSettings& settings) {
        if (settings.is_binary) return std::make_unique<MemcachedBinaryProtocol>(settings.max_value_size);
        return std::make_unique<MemcachedTextProtocol>(settings.max_value_size);
    }

    void delay_segments() noexcept {
        const int off = 0;
        ::setsockopt(socket_.descriptor(), IPPROTO_TCP, TCP_NODELAY, &off, sizeof off);
    }

    void authenticate(const MemcachedSettings& settings, SteadyTime deadline) {
        auto& protocol = static_cast<MemcachedBinaryProtocol&>(*protocol_); // no other has it: see the settings
        protocol.ask_to_enter(begin_command(), settings.username, settings.password);
        send(deadline);
        protocol.read_entrance(input_);
        --missing_answers_;
        require_silence();
    }

    [[nodiscard]] ByteOutput& begin_command() noexcept {
        ++missing_answers_;
        return output_;
    }

    /// When all is answered, nothing may follow.
    void require_silence() const {
        if (missing_answers_ == 0 && !input_.is_drained())
            throw MalformedInput("it answered to more than it was asked");
    }

    [[nodiscard]] std::size_t receive(char* where, std::size_t size, bool waits_for_all) override {
        const bool may_wait_for_all = waits_for_all && may_block_until_deadline();
        const std::size_t received = may_wait_for_all
                                         ? socket_.receive_all(where, size, deadline_)
                                         : socket_.receive(where, size, deadline_, std::exchange(may_block_, false));
        if (received == 0) throw ConnectionLost("it has ended the connection", true);
        is_fresh_ = false;
        return received;
    }

    /// Whether the socket's own timeout would end a wait that begins now in time, but for the error of the clock.
    [[nodiscard]] bool may_block_until_deadline() const {
        return coarse_now() + (receive_timeout_ - coarse_error) <= deadline_;
    }

    Socket socket_;
    std::unique_ptr<MemcachedProtocol> protocol_;
    ByteOutput output_;
    ByteInput input_{*this};
    SteadyTime deadline_{};
    std::size_t missing_answers_ = 0;
    TimeSpan::Nanoseconds receive_timeout_ = std::chrono::hours(24); ///< of the socket, once it has one
    bool is_broken_ = false;
    bool is_fresh_ = true;
    bool may_block_ = false; ///< the socket's own timeout ends no later than the deadline; for the first wait
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
