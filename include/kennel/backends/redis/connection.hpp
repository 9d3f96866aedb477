#ifndef KENNEL_BACKENDS_REDIS_CONNECTION_HPP
#define KENNEL_BACKENDS_REDIS_CONNECTION_HPP

#include "kennel/backends/net/jitter.hpp"
#include "kennel/backends/net/socket.hpp"
#include "kennel/backends/redis/redis_settings.hpp"
#include "kennel/backends/redis/reply_reader.hpp"
#include "kennel/backends/redis/request.hpp"

#include <charconv>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A connection to a Redis server: requests go out, replies come back in their order. For one thread at a time.
///
/// Whoever does not take every reply of what was sent leaves a connection that `is_usable` no longer calls good, so
/// replies never meet another request than their own.
class RedisConnection {
public:
    /// Connects, authenticates and selects the database; one round trip beyond that of the connection. Throws
    /// `BackendError`.
    RedisConnection(const RedisSettings& settings, Endpoint endpoint, SteadyTime deadline)
        : endpoint_(std::move(endpoint)), largest_reply_(settings.max_reply_size),
          socket_(connected(endpoint_, deadline, settings.socket_keepalive)) {
        if (settings.tls != nullptr) begin_tls(*settings.tls, deadline);
        settings.tls != nullptr ? greet(settings, deadline) : greet_in_plain(settings, deadline);
        if (settings.socket_timeout.is_unlimited()) return;
        receive_timeout_ = settings.socket_timeout.duration();
        socket_.set_receive_timeout(settings.socket_timeout);
    }
    RedisConnection(const RedisConnection&) = delete;
    RedisConnection& operator=(const RedisConnection&) = delete;

    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }
    [[nodiscard]] int descriptor() const noexcept { return socket_.descriptor(); }

    /// An empty request, to be filled and sent; there is one at a time.
    [[nodiscard]] RedisRequest& new_request() noexcept {
        request_.clear();
        return request_;
    }

    /// Sends the request.
    void send(SteadyTime deadline) {
        require(is_drained());
        missing_replies_ += request_.command_count();
        is_fresh_ = true;
        may_block_ = true;
        try {
            socket_.send(request_.pieces(), deadline);
        } catch (const ConnectionLost& lost) {
            lose(lost);
        }
    }

    /// Receives the next reply; bulks go to `bulk_reader`, if there is one, and what that throws is thrown on. Throws
    /// `ConnectionLost`; an error reply is a reply.
    void receive(RedisReply& reply, SteadyTime deadline, const BulkReader* bulk_reader = nullptr) {
        reply = {};
        is_broken_ = true; // until it is there
        try {
            if (request_.is_asking()) [[unlikely]]
                skip_reply(deadline);
            take_reply(reply, deadline, bulk_reader);
        } catch (const ConnectionLost& lost) {
            lose(lost);
        }
        if (missing_replies_ != 0) --missing_replies_; // a server may also write of its own accord
        is_broken_ = reply.is_error() &&
                     reply.text.starts_with("ERR Protocol error"); // after which the server closes it
    }

    [[nodiscard]] RedisReply receive(SteadyTime deadline) {
        RedisReply reply;
        receive(reply, deadline);
        return reply;
    }

    /// Throws `ConnectionLost` unless the reply `fits` what was asked: it is the answer to something else then,
    /// and what follows may be, too.
    void require(bool fits) {
        if (fits) [[likely]]
            return;
        is_broken_ = true;
        throw ConnectionLost(joined({"redis: ", endpoint_.text(), ": the reply is none to what was asked"}), false);
    }

    /// From now on `ASKING` goes before each command, for keys that are on their way to this server; or no longer.
    void set_asking(bool is_asking) noexcept { request_.set_asking(is_asking); }

    /// Whether replies to what was sent are still to be received.
    [[nodiscard]] bool awaits_replies() const noexcept { return missing_replies_ != 0; }

    /// Whether it can be used for a next request.
    [[nodiscard]] bool is_usable() const noexcept { return !is_broken_ && missing_replies_ == 0 && is_drained(); }

    /// Whether no further message has been received yet, for connections to which the server writes of its own accord.
    [[nodiscard]] bool is_drained() const noexcept {
        return begin_ == end_ && reader_.is_empty() && !socket_.has_received();
    }

    /// Whether the server has neither closed it nor sent what nobody asked for; costs a system call.
    [[nodiscard]] bool is_quiet() const noexcept { return socket_.is_quiet(); }

    SteadyTime last_used{};       ///< kept by the pool
    unsigned era = 0;             ///< kept by the pool
    std::int64_t tracked_for = 0; ///< the client to whom this connection's tracking messages go; zero for none

private:
    static constexpr std::size_t buffer_size = 64 * 1024;

    [[nodiscard]] static Socket connected(const Endpoint& endpoint, SteadyTime deadline, bool keeps_alive) {
        try {
            return Socket::connect(endpoint, deadline, keeps_alive);
        } catch (const NotReached& failure) {
            throw NotReached(joined({"redis: ", failure.what()}));
        }
    }

    void skip_reply(SteadyTime deadline) {
        RedisReply skipped;
        take_reply(skipped, deadline, nullptr);
    }

    [[noreturn]] void lose(const ConnectionLost& lost) {
        is_broken_ = true;
        throw ConnectionLost(joined({"redis: ", endpoint_.text(), ": ", lost.what()}),
                             lost.is_before_reply() && is_fresh_);
    }

    void begin_tls(TlsContext& tls, SteadyTime deadline) {
        try {
            socket_.begin_tls(tls.new_session(endpoint_), deadline);
        } catch (const ConnectionLost& lost) {
            throw NotReached(joined({"redis: ", endpoint_.text(), ": no TLS handshake: ", lost.what()}));
        }
    }

    /// A server that waits for TLS hangs up on whoever speaks plainly.
    void greet_in_plain(const RedisSettings& settings, SteadyTime deadline) {
        try {
            greet(settings, deadline);
        } catch (const ConnectionLost& lost) {
            if (!lost.is_before_reply()) throw;
            throw ConnectionLost(joined({lost.what(), " (if it wants TLS: ssl = true, or a rediss:// url)"}), true);
        }
    }

    /// Its last command is always `PING`, whose answer tells whether the server will have us.
    void greet(const RedisSettings& settings, SteadyTime deadline) {
        RedisRequest& request = new_request();
        if (!settings.username.empty()) request.add("AUTH", settings.username, settings.password);
        else if (!settings.password.empty()) request.add("AUTH", settings.password);
        if (settings.db != 0) request.add("SELECT", std::to_string(settings.db));
        const std::size_t vital_count = request.command_count();
        if (!settings.client_name.empty()) request.add("CLIENT", "SETNAME", settings.client_name);
        request.add("PING");
        const std::size_t count = request.command_count();
        send(deadline);
        for (std::size_t position = 0; position != count; ++position) {
            const RedisReply reply = receive(deadline);
            const bool is_turned_away = reply.text.starts_with("NOAUTH") ||
                                        reply.text.starts_with("ERR max number of clients");
            if (reply.is_error() && (position < vital_count || is_turned_away)) refuse_greeting(settings, reply);
        }
    }

    [[noreturn]] void refuse_greeting(const RedisSettings& settings, const RedisReply& reply) const {
        const std::string_view text = reply.text;
        std::string_view remedy;
        if (text.starts_with("WRONGPASS") || text.starts_with("ERR invalid password"))
            remedy = ": check the arguments username and password";
        else if (text.starts_with("NOAUTH")) remedy = ": give the argument password";
        else if (text.find("without any password") != std::string_view::npos ||
                 text.find("no password is set") != std::string_view::npos)
            remedy = ": the server has no password, so leave the argument out, or give it one (requirepass)";
        else if (text.starts_with("NOPERM"))
            remedy = ": the user needs more rights (docs/redis_backend.md lists the commands)";
        else if (text.find("DB index") != std::string_view::npos) remedy = ": check the argument db";
        else if (text.starts_with("ERR max number of clients"))
            remedy = ": raise the server's maxclients, or lower max_connections";
        else if (!settings.username.empty() && text.find("number of arguments") != std::string_view::npos)
            remedy = ": servers before Redis 6 know no usernames";
        const bool has_stop = text.ends_with('.') && !remedy.empty();
        throw RedisServerError(text, joined({"redis: ", endpoint_.text(), " refuses the connection: ",
                                             text.substr(0, text.size() - (has_stop ? 1 : 0)), remedy}));
    }

    void take_reply(RedisReply& reply, SteadyTime deadline, const BulkReader* bulk_reader) {
        if (!reader_.is_empty()) return take_parsed(reply, deadline, bulk_reader);
        const std::string_view head = receive_head(deadline);
        const bool is_counted = head.front() == '$' || head.front() == '*';
        const std::size_t size = is_counted ? announced_size(head) : null;
        if (head.front() == '*' && bulk_reader != nullptr && size != null)
            return take_values(reply, head.size(), size, deadline, *bulk_reader);
        if (head.front() == '$' && size != null) {
            const char* const bytes = receive_value(head.size(), size, deadline);
            reply.kind = RedisReply::Kind::bulk;
            if (bulk_reader != nullptr) (*bulk_reader)(0, {bytes, size});
            else reply.text.assign(bytes, size);
            return forget_long();
        }
        if (head.front() == '*') return take_parsed(reply, deadline, bulk_reader);
        reader_.begin(reply, nullptr);
        reader_.feed(head);
        consume(head.size());
        if (!reader_.take()) refuse("a line has no end");
    }

    /// What is no value alone, and no list of values for a reader.
    void take_parsed(RedisReply& reply, SteadyTime deadline, const BulkReader* bulk_reader) {
        reader_.begin(reply, bulk_reader);
        std::size_t total = 0;
        for (;;) {
            total += end_ - begin_;
            reader_.feed({buffer_.get() + begin_, end_ - begin_});
            begin_ = end_ = 0;
            if (reader_.take()) break;
            if (total > largest_reply_) refuse("a reply is larger than max_reply_size allows");
            fill(deadline);
        }
        if (reply.is_array()) reply.integer = static_cast<std::int64_t>(reply.elements.size());
    }

    /// A list of values and nils; what else is in it is skipped.
    void take_values(RedisReply& reply, std::size_t head_size, std::size_t count, SteadyTime deadline,
                     const BulkReader& bulk_reader) {
        if (count > ReplyReader::most_elements) refuse("an array is too long");
        consume(head_size);
        reply.kind = RedisReply::Kind::array;
        reply.integer = static_cast<std::int64_t>(count);
        for (std::size_t index = 0; index != count; ++index) {
            const std::string_view head = receive_head(deadline);
            if (head.front() == '*') refuse("there is a list where a value should be");
            const std::size_t size = head.front() == '$' ? announced_size(head) : null;
            if (size == null) consume(head.size());
            else bulk_reader(index, {receive_value(head.size(), size, deadline), size});
        }
        forget_long();
    }

    /// The first line of the next reply with its end; it lies in the buffer.
    [[nodiscard]] std::string_view receive_head(SteadyTime deadline) {
        for (;;) {
            const std::string_view text(buffer_.get() + begin_, end_ - begin_);
            if (!text.empty() && std::string_view("+-:$*").find(text.front()) == std::string_view::npos)
                refuse(text.front() == '\x15' ? "the server wants TLS: ssl = true, or a rediss:// url"
                                              : "the server does not speak the protocol of Redis");
            const std::size_t line_end = text.find("\r\n");
            if (line_end != std::string_view::npos) return text.substr(0, line_end + 2);
            if (text.size() > longest_line) refuse("a line of the reply is too long");
            fill(deadline);
        }
    }

    static constexpr std::chrono::milliseconds coarse_error{20};
    static constexpr std::size_t longest_line = 16 * 1024;
    static constexpr std::size_t null = static_cast<std::size_t>(-1);

    /// How many bytes or elements a head announces.
    [[nodiscard]] static std::size_t announced_size(std::string_view head) {
        std::size_t size = 0;
        const std::string_view digits = head.substr(1, head.size() - 3);
        const auto [after, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
        if (digits == "-1") return null;
        if (error != std::errc() || after != digits.data() + digits.size() || size == null)
            refuse("a length is no number");
        return size;
    }

    /// Where a value lies whose head is at the beginning of the buffer; until the next one is received.
    [[nodiscard]] const char* receive_value(std::size_t head_size, std::size_t size, SteadyTime deadline) {
        if (size > largest_reply_) refuse("a value is larger than max_reply_size allows");
        const std::size_t whole = size + 2;
        const bool fits = head_size + whole <= buffer_size;
        while (fits && end_ - begin_ < head_size + whole) fill(deadline);
        const char* const bytes = fits ? buffer_.get() + begin_ + head_size : receive_long(head_size, whole, deadline);
        if (bytes[size] != '\r' || bytes[size + 1] != '\n') refuse("a value is longer than announced");
        if (fits) consume(head_size + whole);
        return bytes;
    }

    void forget_long() noexcept {
        if (long_capacity_ <= longest_kept) return;
        long_bulk_.reset();
        long_capacity_ = 0;
    }

    [[nodiscard]] const char* receive_long(std::size_t head_size, std::size_t size, SteadyTime deadline) {
        if (long_capacity_ < size) {
            long_bulk_.reset();
            long_capacity_ = 0;
            long_bulk_ = std::make_unique_for_overwrite<char[]>(size);
            long_capacity_ = size;
        }
        consume(head_size);
        std::size_t received = (std::min)(end_ - begin_, size);
        std::memcpy(long_bulk_.get(), buffer_.get() + begin_, received);
        consume(received);
        while (received != size) {
            char* const rest = long_bulk_.get() + received;
            received += may_block_until(deadline) ? receive_rest(rest, size - received, deadline)
                                                  : receive_some(rest, size - received, deadline);
        }
        return long_bulk_.get();
    }

    /// The bytes stay where they are until more is received.
    void consume(std::size_t size) noexcept {
        begin_ += size;
        if (begin_ == end_) begin_ = end_ = 0;
    }

    void fill(SteadyTime deadline) {
        if (begin_ != 0) {
            std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        end_ += receive_some(buffer_.get() + end_, buffer_size - end_, deadline);
    }

    [[nodiscard]] std::size_t receive_some(char* where, std::size_t size, SteadyTime deadline) {
        const bool may_block = std::exchange(may_block_, false) && may_block_until(deadline);
        return noted(socket_.receive(where, size, deadline, may_block));
    }

    /// Whether the socket's own timeout would end a wait that begins now in time, but for the error of the clock.
    [[nodiscard]] bool may_block_until(SteadyTime deadline) const {
        return coarse_now() + (receive_timeout_ - coarse_error) <= deadline;
    }

    [[nodiscard]] std::size_t receive_rest(char* where, std::size_t size, SteadyTime deadline) {
        return noted(socket_.receive_all(where, size, deadline));
    }

    [[nodiscard]] std::size_t noted(std::size_t received) {
        if (received == 0) throw ConnectionLost("the server has closed the connection", true);
        is_fresh_ = false;
        return received;
    }

    [[noreturn]] static void refuse(const char* why) { throw ConnectionLost(why, false); }

    static constexpr std::size_t longest_kept = std::size_t{4} * 1024 * 1024;

    Endpoint endpoint_;
    std::size_t largest_reply_;
    Socket socket_;
    RedisRequest request_;
    ReplyReader reader_;
    std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(buffer_size);
    std::size_t begin_ = 0; ///< of what was received and not yet read
    std::size_t end_ = 0;
    std::unique_ptr<char[]> long_bulk_;
    std::size_t long_capacity_ = 0;
    std::size_t missing_replies_ = 0;
    bool is_broken_ = false;
    TimeSpan::Nanoseconds receive_timeout_ = std::chrono::hours(24); ///< of the socket, once it has one
    bool is_fresh_ = true;                                           ///< nothing has come since the last request
    bool may_block_ = false;                                         ///< the next wait is the first of a request
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
