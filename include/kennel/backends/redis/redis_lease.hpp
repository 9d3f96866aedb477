#ifndef KENNEL_BACKENDS_REDIS_REDIS_LEASE_HPP
#define KENNEL_BACKENDS_REDIS_REDIS_LEASE_HPP

#include "kennel/backends/redis/client.hpp"
#include "kennel/detail/fork_generation.hpp"
#include "kennel/lease_keeper.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The lease of a lock that is held: renewed at each third of its length until it is ended, found lost, or held for
/// longer than `lock_max_hold`. A renewal that gets no answer is given up and repeated while the lease still lasts.
class RedisLease final : public Lease, public std::enable_shared_from_this<RedisLease> {
public:
    /// The client must outlive the lease.
    RedisLease(RedisClient& client, std::string lock_key, std::string token)
        : client_(client), lock_key_(std::move(lock_key)), token_(std::move(token)) {}
    ~RedisLease() override { end(); }

    [[nodiscard]] const std::string& token() const noexcept { return token_; }
    [[nodiscard]] TimeSpan length() const noexcept { return client_.settings().lock_timeout; }
    [[nodiscard]] bool is_lost() const noexcept { return is_lost_; }

    /// Whether it was not inherited by a fork; a lease that was is the parent's, and its locks may be held for ever.
    [[nodiscard]] bool is_of_this_process() const noexcept { return generation_ == fork_generation(); }

    /// The lock is kept by the server of that connection, which delays the renewals of its own locks alone when it does not
    /// answer.
    void note_server(const RedisConnection& connection) {
        std::string server = connection.endpoint().text();
        const std::lock_guard lock(mutex_);
        server_ = std::move(server);
    }

    /// The lock has been acquired.
    void begin() {
        if (length().is_unlimited()) return;
        const SteadyTime now = std::chrono::steady_clock::now();
        const std::lock_guard lock(mutex_);
        last_renewal_ = later_by(now, client_.settings().lock_max_hold);
        keep(later_by(now, part(3)));
    }

    /// It is not renewed any more; a renewal that is on its way does no harm, for it looks for the token.
    void end() noexcept {
        if (!is_of_this_process()) return;
        const std::lock_guard lock(mutex_);
        has_ended_ = true;
        if (ticket_) client_.lease_keeper().forget(*ticket_);
    }

    /// Prolongs the lease at the server; false when the lock is not ours any more. One round trip, which takes no
    /// longer than `limit`. Throws `BackendError`.
    [[nodiscard]] bool prolong(TimeSpan limit = unlimited) {
        bool is_ours = false;
        const auto renew_there = [&](RedisConnection& connection, SteadyTime deadline) {
            note_server(connection);
            const RedisReply reply = renew_script().run(connection, deadline, {lock_key_},
                                                        {token_, milliseconds_text(length())});
            RedisClient::check(connection, reply, "EVALSHA", lock_key_);
            connection.require(reply.is_integer());
            is_ours = reply.integer != 0;
        };
        client_.run(lock_key_, RedisPurpose::write, renew_there, limit);
        if (!is_ours) is_lost_ = true;
        return is_ours;
    }

    void renew() noexcept override {
        TimeSpan pause = part(3);
        try {
            if (!prolong((std::max)(part(6), shortest_patience))) return;
        } catch (...) { // a server that cannot be asked has said nothing about the lease
            pause = part(12);
        }
        const SteadyTime now = std::chrono::steady_clock::now();
        const std::lock_guard lock(mutex_);
        if (!has_ended_ && now < last_renewal_) keep(later_by(now, pause));
    }

private:
    static constexpr TimeSpan shortest_patience = std::chrono::milliseconds(250);

    /// So many of it are the whole lease.
    [[nodiscard]] TimeSpan part(int count) const noexcept { return TimeSpan(length().duration() / count); }

    /// Without memory for it the lease ends by itself.
    void keep(SteadyTime when) noexcept {
        try {
            ticket_ = client_.lease_keeper().keep(weak_from_this(), when, server_);
        } catch (...) {
            ticket_.reset();
        }
    }

    RedisClient& client_;
    std::string lock_key_;
    std::string token_;
    unsigned generation_ = fork_generation();
    std::mutex mutex_;
    std::string server_; ///< which has the lock, as far as is known
    std::optional<LeaseKeeper::Ticket> ticket_;
    SteadyTime last_renewal_{};
    bool has_ended_ = false;
    std::atomic<bool> is_lost_ = false;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
