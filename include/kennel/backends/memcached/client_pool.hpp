#ifndef KENNEL_BACKENDS_MEMCACHED_CLIENT_POOL_HPP
#define KENNEL_BACKENDS_MEMCACHED_CLIENT_POOL_HPP

#include "kennel/backends/memcached/memcached_client.hpp"

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The clients that all threads share, at most `max_connections`; the one used last is used first.
class MemcachedClientPool {
public:
    /// The settings must outlive this. Throws `ValidationError` when libmemcached does not take them.
    explicit MemcachedClientPool(const MemcachedSettings& settings) : settings_(settings) {
        idle_.reserve(settings.max_connections);
        idle_.push_back(std::make_unique<MemcachedClient>(settings));
        existing_ = 1;
    }
    MemcachedClientPool(const MemcachedClientPool&) = delete;
    MemcachedClientPool& operator=(const MemcachedClientPool&) = delete;

    /// A client for the time being; it goes back, or is closed if it is out of step.
    class Loan {
    public:
        Loan(MemcachedClientPool& pool, std::unique_ptr<MemcachedClient> client)
            : pool_(pool), client_(std::move(client)) {}
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;
        ~Loan() { pool_.take_back(std::move(client_)); }

        [[nodiscard]] MemcachedClient& operator*() const noexcept { return *client_; }

    private:
        MemcachedClientPool& pool_;
        std::unique_ptr<MemcachedClient> client_;
    };

    /// Lends a client; waits as long as for an answer when all are in use. Throws `BackendError` when none comes back.
    [[nodiscard]] Loan lend() {
        std::unique_lock lock(mutex_);
        if (idle_.empty()) wait_for_room(lock);
        if (!idle_.empty()) {
            std::unique_ptr<MemcachedClient> client = std::move(idle_.back());
            idle_.pop_back();
            return {*this, std::move(client)};
        }
        ++existing_;
        lock.unlock();
        return {*this, made()};
    }

    /// Closes the clients that are not in use: a server has gone, and they do not know it yet.
    void drop_idle() noexcept {
        const std::lock_guard lock(mutex_);
        while (!idle_.empty()) {
            idle_.pop_back();
            --existing_;
        }
        freed_.notify_all();
    }

private:
    void wait_for_room(std::unique_lock<std::mutex>& lock) {
        const auto is_possible = [this] { return !idle_.empty() || existing_ < settings_.max_connections; };
        if (is_possible()) return;
        ++waiting_;
        const bool is_in_time = freed_.wait_for(lock, settings_.socket_timeout.duration(), is_possible);
        --waiting_;
        if (!is_in_time)
            throw BackendError(
                joined({"memcached: all ", std::to_string(settings_.max_connections),
                        " connections were in use for as long as socket_timeout: raise max_connections"}));
    }

    [[nodiscard]] std::unique_ptr<MemcachedClient> made() {
        try {
            return std::make_unique<MemcachedClient>(settings_);
        } catch (...) {
            give_up_room();
            throw;
        }
    }

    void take_back(std::unique_ptr<MemcachedClient> client) noexcept {
        if (!client->is_in_step()) {
            client.reset();
            return give_up_room();
        }
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(client)); // there is room for all
        if (waiting_ != 0) freed_.notify_one();
    }

    void give_up_room() noexcept {
        const std::lock_guard lock(mutex_);
        --existing_;
        freed_.notify_one();
    }

    const MemcachedSettings& settings_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<MemcachedClient>> idle_;
    std::size_t existing_ = 0; ///< idle, lent, and being made
    int waiting_ = 0;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
