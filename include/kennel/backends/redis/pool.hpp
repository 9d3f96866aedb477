#ifndef KENNEL_BACKENDS_REDIS_POOL_HPP
#define KENNEL_BACKENDS_REDIS_POOL_HPP

#include "kennel/backends/redis/back_off.hpp"
#include "kennel/backends/redis/connection.hpp"

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The connections to one server, at most `max_connections`, which all threads share; the one used last is used first.
///
/// After a failure to connect it refuses at once for a while that grows, so that a server that is gone costs its callers no
/// time, and a server that comes back is not overrun.
class RedisPool {
public:
    RedisPool(std::shared_ptr<const RedisSettings> settings, Endpoint endpoint)
        : settings_(std::move(settings)), endpoint_(std::move(endpoint)) {
        idle_.reserve(settings_->max_connections);
    }
    RedisPool(const RedisPool&) = delete;
    RedisPool& operator=(const RedisPool&) = delete;

    /// A connection for the time being; it goes back, or is closed if it is no longer usable.
    class Loan {
    public:
        Loan(RedisPool& pool, std::unique_ptr<RedisConnection> connection, bool was_idle)
            : pool_(pool), connection_(std::move(connection)), was_idle_(was_idle) {}
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;
        ~Loan() { pool_.take_back(std::move(connection_)); }

        [[nodiscard]] RedisConnection& operator*() const noexcept { return *connection_; }
        [[nodiscard]] RedisConnection* operator->() const noexcept { return connection_.get(); }

        /// Whether it lay idle before, and so may have been closed by the server without anybody noticing.
        [[nodiscard]] bool was_idle() const noexcept { return was_idle_; }

    private:
        RedisPool& pool_;
        std::unique_ptr<RedisConnection> connection_;
        bool was_idle_;
    };

    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

    /// Lends a connection, opening one if all others are in use. Waits until `deadline` for one to be given back. Throws
    /// `BackendError`.
    [[nodiscard]] Loan lend(SteadyTime now, SteadyTime deadline) {
        while (std::unique_ptr<RedisConnection> connection = take_idle(deadline)) {
            if (now - connection->last_used < trusted_for || connection->is_quiet())
                return Loan(*this, std::move(connection), true);
            take_back(nullptr);
        }
        return Loan(*this, opened(), false);
    }

    /// Closes all connections, those in use when they are given back: the server is no longer the one to talk to.
    void drop_all() {
        std::vector<std::unique_ptr<RedisConnection>> dropped;
        dropped.reserve(settings_->max_connections); // for there is always room for all
        const std::lock_guard lock(mutex_);
        ++era_;
        dropped.swap(idle_);
        open_ -= dropped.size();
        freed_.notify_all();
    }

    /// How many connections are open, for tests and reports.
    [[nodiscard]] std::size_t open_connections() {
        const std::lock_guard lock(mutex_);
        return open_;
    }

private:
    static constexpr std::chrono::milliseconds trusted_for{100};

    /// An idle connection, or null when a new one may be opened, for which there is room then.
    [[nodiscard]] std::unique_ptr<RedisConnection> take_idle(SteadyTime deadline) {
        std::unique_lock lock(mutex_);
        const auto is_possible = [this] { return !idle_.empty() || open_ < settings_->max_connections; };
        if (!is_possible() && !freed_.wait_until(lock, deadline, is_possible))
            throw BackendError(
                joined({"redis: all ", std::to_string(settings_->max_connections), " connections to ", endpoint_.text(),
                        " were in use until the time ran out: raise max_connections"}));
        if (idle_.empty()) {
            back_off_.refuse_while_waiting(endpoint_);
            ++open_;
            return nullptr;
        }
        std::unique_ptr<RedisConnection> connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
    }

    [[nodiscard]] std::unique_ptr<RedisConnection> opened() {
        unsigned era = 0;
        try {
            {
                const std::lock_guard lock(mutex_);
                era = era_;
            }
            const SteadyTime deadline = later_by(std::chrono::steady_clock::now(), settings_->socket_connect_timeout);
            auto connection = std::make_unique<RedisConnection>(*settings_, endpoint_, deadline);
            connection->era = era;
            const std::lock_guard lock(mutex_);
            back_off_.succeeded();
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

    void take_back(std::unique_ptr<RedisConnection> connection) noexcept {
        const bool is_usable = connection != nullptr && connection->is_usable();
        if (is_usable) connection->last_used = coarse_now();
        std::unique_ptr<RedisConnection> closed; // after the mutex is free again
        const std::lock_guard lock(mutex_);
        if (is_usable && connection->era == era_) {
            idle_.push_back(std::move(connection)); // there is room for all
            if (is_awaited()) freed_.notify_one();
            return;
        }
        closed = std::move(connection);
        give_up_room();
    }

    void give_up_room() noexcept {
        --open_;
        freed_.notify_all(); // for whoever comes first may be refused, and then nobody would tell the others
    }

    [[nodiscard]] bool is_awaited() const noexcept { return open_ >= settings_->max_connections; }

    std::shared_ptr<const RedisSettings> settings_;
    Endpoint endpoint_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<RedisConnection>> idle_;
    std::size_t open_ = 0; ///< idle, lent, and being opened
    unsigned era_ = 0;     ///< connections of an earlier one are closed
    BackOff back_off_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
