#ifndef KENNEL_BACKENDS_NET_CONNECTION_POOL_HPP
#define KENNEL_BACKENDS_NET_CONNECTION_POOL_HPP

#include "kennel/backends/net/back_off.hpp"

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The connections to one server, at most so many, which all threads share; the one used last is used first.
///
/// After a failure it refuses to connect for a while that grows, so that a server that is gone costs its callers no
/// time, and a server that comes back is not overrun.
template <class Connection>
class ConnectionPool {
public:
    ConnectionPool(const ConnectionPool&) = delete;
    ConnectionPool& operator=(const ConnectionPool&) = delete;

    /// A connection for the time being; it goes back, or is closed if it is no longer usable.
    class Loan {
    public:
        Loan(ConnectionPool& pool, std::unique_ptr<Connection> connection, bool was_idle)
            : pool_(pool), connection_(std::move(connection)), was_idle_(was_idle) {}
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;
        ~Loan() { pool_.take_back(std::move(connection_)); }

        [[nodiscard]] Connection& operator*() const noexcept { return *connection_; }
        [[nodiscard]] Connection* operator->() const noexcept { return connection_.get(); }

        /// Whether it lay idle before, and so may have been closed by the server without anybody noticing.
        [[nodiscard]] bool was_idle() const noexcept { return was_idle_; }

    private:
        ConnectionPool& pool_;
        std::unique_ptr<Connection> connection_;
        bool was_idle_;
    };

    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

    /// Lends a connection, opening one if all others are in use. Waits until `deadline` for one to be given back.
    /// Throws `BackendError`.
    [[nodiscard]] Loan lend(SteadyTime now, SteadyTime deadline) {
        while (std::unique_ptr<Connection> connection = take_idle(deadline)) {
            if (is_alive(now, *connection)) return Loan(*this, std::move(connection), true);
            take_back(nullptr);
        }
        return Loan(*this, opened(), false);
    }

    /// Lends a connection that lies idle, if there is one; whether there is. Waits for nothing.
    [[nodiscard]] bool lend_idle(SteadyTime now, std::optional<Loan>& loan) {
        std::unique_ptr<Connection> connection;
        {
            const std::lock_guard lock(mutex_);
            if (idle_.empty()) return false;
            connection = std::move(idle_.back());
            idle_.pop_back();
        }
        const bool is_good = is_alive(now, *connection);
        if (is_good) loan.emplace(*this, std::move(connection), true);
        else take_back(nullptr);
        return is_good;
    }

    /// Closes all connections, those in use when they are given back: the server is no longer the one to talk to.
    void drop_all() {
        Connections dropped; // after the mutex is free again
        const std::lock_guard lock(mutex_);
        ++era_;
        drop_idle(dropped);
    }

    /// The server did not answer: closes the connections that are not in use, and leaves it alone for a while.
    void note_failure(const char* why) {
        Connections dropped;
        const std::lock_guard lock(mutex_);
        back_off_.failed(why);
        drop_idle(dropped);
    }

    /// Closes the connections that are not in use: one of them was found to be dead.
    void drop_idle() {
        Connections dropped;
        const std::lock_guard lock(mutex_);
        drop_idle(dropped);
    }

    /// The server has answered, whatever it was.
    void note_answer() noexcept {
        const std::lock_guard lock(mutex_);
        back_off_.succeeded();
    }

    /// How many connections are open, for tests and reports.
    [[nodiscard]] std::size_t open_connections() {
        const std::lock_guard lock(mutex_);
        return open_;
    }

protected:
    /// `prefix` is what error texts begin with.
    ConnectionPool(const char* prefix, Endpoint endpoint, BackOff back_off = {})
        : prefix_(prefix), endpoint_(std::move(endpoint)), back_off_(std::move(back_off)) {}
    ~ConnectionPool() = default;

    [[nodiscard]] virtual std::size_t max_connections() const = 0;

    /// Connects. Throws `BackendError`.
    [[nodiscard]] virtual std::unique_ptr<Connection> open() = 0;

private:
    using Connections = std::vector<std::unique_ptr<Connection>>;

    static constexpr std::chrono::milliseconds trusted_for{100};

    /// Whether the server has not closed it, as far as is known.
    [[nodiscard]] static bool is_alive(SteadyTime now, const Connection& connection) {
        return now - connection.last_used < trusted_for || connection.is_quiet();
    }

    /// An idle connection, or null when a new one may be opened, for which there is room then.
    [[nodiscard]] std::unique_ptr<Connection> take_idle(SteadyTime deadline) {
        std::unique_lock lock(mutex_);
        const auto is_possible = [this] { return !idle_.empty() || open_ < max_connections(); };
        if (!is_possible() && !freed_.wait_until(lock, deadline, is_possible))
            throw BackendError(
                joined({prefix_, "all ", std::to_string(max_connections()), " connections to ", endpoint_.text(),
                        " were in use until the time ran out: raise max_connections"}));
        if (idle_.empty()) {
            back_off_.refuse_while_waiting(endpoint_);
            idle_.reserve(open_ + 1); // so that there is always room for all
            back_off_.begin_attempt();
            ++open_;
            return nullptr;
        }
        std::unique_ptr<Connection> connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
    }

    [[nodiscard]] std::unique_ptr<Connection> opened() {
        unsigned era = 0;
        try {
            {
                const std::lock_guard lock(mutex_);
                era = era_;
            }
            std::unique_ptr<Connection> connection = open();
            connection->era = era;
            return connection;
        } catch (const BackendError& error) {
            const std::lock_guard lock(mutex_);
            give_up_room();
            back_off_.failed(error.what());
            throw;
        } catch (...) {
            const std::lock_guard lock(mutex_);
            give_up_room();
            throw;
        }
    }

    void take_back(std::unique_ptr<Connection> connection) noexcept {
        const bool is_usable = connection != nullptr && connection->is_usable();
        if (is_usable) connection->last_used = coarse_now();
        std::unique_ptr<Connection> closed; // after the mutex is free again
        const std::lock_guard lock(mutex_);
        if (is_usable) back_off_.succeeded();
        if (is_usable && connection->era == era_) {
            idle_.push_back(std::move(connection));
            if (is_awaited()) freed_.notify_one();
            return;
        }
        closed = std::move(connection);
        give_up_room();
    }

    void drop_idle(Connections& dropped) {
        dropped.reserve(open_); // for there is always room for all
        dropped.swap(idle_);
        open_ -= dropped.size();
        freed_.notify_all();
    }

    void give_up_room() noexcept {
        --open_;
        freed_.notify_all(); // for whoever comes first may be refused, and then nobody would tell the others
    }

    [[nodiscard]] bool is_awaited() const noexcept { return open_ >= max_connections(); }

    const char* prefix_;
    Endpoint endpoint_;
    std::mutex mutex_;
    std::condition_variable freed_;
    Connections idle_;
    std::size_t open_ = 0; ///< idle, lent, and being opened
    unsigned era_ = 0;     ///< connections of an earlier one are closed
    BackOff back_off_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
