#ifndef KENNEL_BACKENDS_REDIS_REDIS_MUTEX_HPP
#define KENNEL_BACKENDS_REDIS_REDIS_MUTEX_HPP

#include "kennel/backends/redis/redis_lease.hpp"
#include "kennel/cache_mutex.hpp"
#include "kennel/detail/hex.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The lock of a key as dogpile keeps it in Redis: a key of its own that holds a token and expires with its lease.
///
/// While it is held its lease is renewed. Who waits for it hears from the server when it changes, whoever changes it,
/// or asks from time to time where the server does not tell. In a forked child it is held by nobody.
class RedisMutex final : public CacheMutex {
public:
    RedisMutex(std::shared_ptr<RedisClient> client, std::string_view key)
        : client_(std::move(client)), key_(key), lock_key_(client_->settings().lock_prefix + key_) {}
    ~RedisMutex() override { release(); }

    /// One round trip if the lock is free.
    [[nodiscard]] bool acquire(SteadyTime deadline) override {
        require_own_process();
        deadline = limited(deadline);
        while (!try_to_lock(false)) {
            if (!wait_for_change(deadline)) return false;
        }
        return true;
    }

    /// One round trip if the lock is free, in which the entry is read as well.
    [[nodiscard]] Turn await_turn(SteadyTime deadline) override {
        require_own_process();
        deadline = limited(deadline);
        for (;;) {
            if (try_to_lock(true)) return Turn::mine;
            if (deadline == at_once) return Turn::timed_out;
            if (has_new_entry()) return Turn::made;
            if (!wait_for_change(deadline)) return Turn::timed_out;
            if (read_entry() && has_new_entry()) return Turn::made;
        }
    }

    [[nodiscard]] bool can_look() const noexcept override { return client_->topology().are_together(lock_key_, key_); }

    /// One round trip.
    [[nodiscard]] Turn look_or_acquire() override {
        require_own_process();
        if (!can_look()) return await_turn(at_once); // no script may be about keys of two slots
        const auto lease = std::make_shared<RedisLease>(*client_, lock_key_, new_token());
        RedisReply answer;
        begin_to_lock();
        try {
            client_->run(lock_key_, RedisPurpose::write, [&](RedisConnection& connection, SteadyTime deadline) {
                lease->note_server(connection);
                answer = look_script().run(connection, deadline, {lock_key_, key_},
                                           {lease->token(), milliseconds_text(lease->length())});
                RedisClient::check(connection, answer, "EVALSHA", lock_key_);
                connection.require(answer.is_integer() || answer.is_bulk());
            });
        } catch (const RedisServerError& error) {
            if (error.code() != "TRYAGAIN") throw;
            return Turn::timed_out; // the slot is on its way, and only one of the two keys is there
        }
        if (answer.is_bulk()) {
            read_ahead_.emplace(std::move(answer.text));
            return has_new_entry() ? Turn::made : Turn::timed_out;
        }
        read_ahead_.emplace(std::nullopt);
        if (answer.integer == 0) return Turn::timed_out;
        hold(lease);
        return Turn::mine;
    }

    void release() noexcept override {
        const std::shared_ptr<RedisLease> lease = std::exchange(lease_, nullptr);
        if (lease == nullptr || !lease->is_of_this_process()) return;
        lease->end();
        if (lease->is_lost()) return;
        try {
            client_->run(lock_key_, RedisPurpose::write, [&](RedisConnection& connection, SteadyTime deadline) {
                const RedisReply reply = release_script().run(connection, deadline, {lock_key_}, {lease->token()});
                RedisClient::check(connection, reply, "EVALSHA", lock_key_); // it may be elsewhere by now
            });
        } catch (...) { // NOLINT(*-empty-catch): then the lease ends by itself
        }
    }

    /// One round trip.
    [[nodiscard]] bool locked() override {
        require_own_process();
        bool is_locked = false;
        client_->run(lock_key_, RedisPurpose::write, [&](RedisConnection& connection, SteadyTime deadline) {
            connection.new_request().add("EXISTS", lock_key_);
            connection.send(deadline);
            const RedisReply reply = connection.receive(deadline);
            RedisClient::check(connection, reply, "EXISTS", lock_key_);
            connection.require(reply.is_integer());
            is_locked = reply.integer != 0;
        });
        return is_locked;
    }

    [[nodiscard]] bool is_lost() const noexcept override { return lease_ != nullptr ? lease_->is_lost() : is_lost_; }

    [[nodiscard]] const std::string& key() const noexcept { return key_; }
    [[nodiscard]] const std::string& lock_key() const noexcept { return lock_key_; }
    [[nodiscard]] bool is_of(const RedisClient& client) const noexcept { return client_.get() == &client; }

    /// The bytes of the entry that were read along with the lock, once.
    [[nodiscard]] std::optional<std::optional<std::string>> take_read_ahead() noexcept {
        return std::exchange(read_ahead_, std::nullopt);
    }

    /// The token while the lock is held; empty otherwise.
    [[nodiscard]] std::string_view token() const noexcept {
        return lease_ != nullptr && lease_->is_of_this_process() ? std::string_view(lease_->token())
                                                                 : std::string_view();
    }

    /// The server has found the lock held, and has given it back by storing the entry, or has found it lost.
    void end_by_store(bool was_held) noexcept {
        lease_->end();
        lease_ = nullptr;
        is_lost_ = !was_held;
    }

    /// Asks whether the lock is still held, and prolongs its lease; if not, it is lost.
    [[nodiscard]] bool confirm() {
        const bool is_held = lease_->prolong();
        if (!is_held) end_by_store(false);
        return is_held;
    }

private:
    /// A child has none of its parent's connections.
    void require_own_process() const {
        if (generation_ != fork_generation())
            throw BackendError(
                "redis: this lock was made before the process was forked; ask the backend for another one");
    }

    [[nodiscard]] SteadyTime limited(SteadyTime deadline) const {
        const TimeSpan longest = client_->settings().lock_blocking_timeout;
        if (longest.is_unlimited() || deadline == at_once) return deadline;
        return (std::min)(deadline, later_by(std::chrono::steady_clock::now(), longest));
    }

    /// 32 hexadecimal digits as those of redis-py, with a 'c' where the time-based identifiers have a '1'.
    [[nodiscard]] static std::string new_token() {
        std::string token = hex(random_bytes<16>());
        token[12] = 'c';
        return token;
    }

    /// Tries once, and reads the entry in the same round trip when told to.
    [[nodiscard]] bool try_to_lock(bool reads_entry) {
        const auto lease = std::make_shared<RedisLease>(*client_, lock_key_, new_token());
        const bool is_together = reads_entry && client_->topology().are_together(lock_key_, key_);
        bool is_acquired = false;
        begin_to_lock();
        client_->run(lock_key_, RedisPurpose::write, [&](RedisConnection& connection, SteadyTime deadline) {
            lease->note_server(connection);
            RedisRequest& request = connection.new_request();
            add_lock_command(request, *lease);
            if (is_together) request.add("GET", key_);
            connection.send(deadline);
            const RedisReply answer = connection.receive(deadline);
            if (is_together) note_entry(connection, connection.receive(deadline));
            RedisClient::check(connection, answer, "SET", lock_key_);
            is_acquired = answer.is_status("OK");
            connection.require(is_acquired || answer.is_nil());
        });
        if (is_acquired) hold(lease);
        return is_acquired;
    }

    void begin_to_lock() noexcept {
        is_lost_ = false;
        read_ahead_.reset();
    }

    void add_lock_command(RedisRequest& request, const RedisLease& lease) const {
        const std::string milliseconds = milliseconds_text(lease.length());
        if (milliseconds == "0") request.add("SET", lock_key_, lease.token(), "NX");
        else request.add("SET", lock_key_, lease.token(), "PX", milliseconds, "NX");
    }

    void hold(const std::shared_ptr<RedisLease>& lease) {
        lease_ = lease;
        lease->begin();
    }

    /// An answer that is an error says nothing about the entry; the look that follows will find out.
    void note_entry(RedisConnection& connection, RedisReply reply) {
        connection.require(reply.is_error() || reply.is_bulk_or_nil());
        if (reply.is_bulk()) read_ahead_.emplace(std::move(reply.text));
        else if (reply.is_nil()) read_ahead_.emplace(std::nullopt);
    }

    /// Whether there is an entry that the caller has not been told of.
    [[nodiscard]] bool has_new_entry() {
        if (!read_ahead_ || !*read_ahead_ || **read_ahead_ == known_entry_) return false;
        known_entry_ = **read_ahead_;
        return true;
    }

    [[nodiscard]] bool read_entry() {
        read_ahead_.reset();
        client_->run(key_, RedisPurpose::fresh_read, [&](RedisConnection& connection, SteadyTime deadline) {
            connection.new_request().add("GET", key_);
            connection.send(deadline);
            RedisReply reply = connection.receive(deadline);
            const bool is_elsewhere = reply.is_error() && client_->topology().is_about_one_key(reply.text);
            if (is_elsewhere) RedisClient::check(connection, reply, "GET", key_);
            note_entry(connection, std::move(reply));
        });
        return read_ahead_.has_value();
    }

    /// Waits until the lock may have become free; false when the deadline has come.
    [[nodiscard]] bool wait_for_change(SteadyTime deadline) {
        const SteadyTime now = std::chrono::steady_clock::now();
        if (now >= deadline) return false;
        const std::shared_ptr<KeyWatcher> watcher = client_->watcher_of(lock_key_);
        const std::int64_t listener = watcher != nullptr ? watcher->client_id(deadline) : 0;
        if (listener == 0) {
            std::this_thread::sleep_until((std::min)(deadline, later_by(now, next_poll())));
            return std::chrono::steady_clock::now() < deadline;
        }
        KeyWatcher::Watch watch(*watcher, lock_key_);
        const std::optional<TimeSpan> left = ask_for_message(*watcher, listener);
        if (left) watch.wait_until((std::min)(deadline, later_by(now, shorter(*left + jitter(), longest_silence))));
        return std::chrono::steady_clock::now() < deadline;
    }

    /// How long the lock's lease lasts unless it is renewed; nothing when the lock is free. From now on a message comes
    /// when it changes.
    [[nodiscard]] std::optional<TimeSpan> ask_for_message(KeyWatcher& watcher, std::int64_t listener) {
        std::optional<TimeSpan> left;
        client_->run(lock_key_, RedisPurpose::write, [&](RedisConnection& connection, SteadyTime deadline) {
            if (connection.endpoint() != watcher.endpoint()) { // the key has moved meanwhile
                left = next_poll();
                return;
            }
            RedisRequest& request = connection.new_request();
            const bool is_tracked = connection.tracked_for == listener;
            if (!is_tracked && connection.tracked_for != 0) request.add("CLIENT", "TRACKING", "OFF");
            if (!is_tracked) request.add("CLIENT", "TRACKING", "ON", "REDIRECT", std::to_string(listener), "OPTIN");
            request.add("CLIENT", "CACHING", "YES").add("EXISTS", lock_key_).add("PTTL", lock_key_);
            const std::size_t preparations = request.command_count() - 2;
            connection.send(deadline);
            bool is_refused = false;
            for (std::size_t count = 0; count != preparations; ++count) {
                const RedisReply reply = connection.receive(deadline);
                if (!reply.is_error()) continue;
                is_refused = true;
                watcher.note_refusal(reply.text);
            }
            const RedisReply exists = connection.receive(deadline);
            const RedisReply rest = connection.receive(deadline);
            connection.tracked_for = is_refused ? 0 : listener;
            for (const RedisReply* const reply : {&exists, &rest})
                connection.require(reply->is_error() || reply->is_integer());
            if (exists.is_error() || rest.is_error()) is_refused = true;
            else if (exists.integer == 0) return;
            left = is_refused         ? next_poll()
                   : rest.integer < 0 ? unlimited
                                      : TimeSpan(std::chrono::milliseconds(rest.integer));
        });
        return left;
    }

    /// Polling, where no message comes: sooner at first, no later than `lock_sleep`, each time by chance.
    [[nodiscard]] TimeSpan next_poll() {
        const TimeSpan base = shorter(TimeSpan(shortest_poll * (1 << (std::min)(polls_++, 10))),
                                      client_->settings().lock_sleep);
        return TimeSpan(base.duration() / 2 + random_up_to(base.duration() / 2));
    }

    [[nodiscard]] static TimeSpan jitter() { return TimeSpan(random_up_to(std::chrono::milliseconds(5))); }

    static constexpr std::chrono::nanoseconds shortest_poll = std::chrono::milliseconds(4);
    static constexpr TimeSpan longest_silence = std::chrono::seconds(1); ///< then the lock is asked for all the same

    std::shared_ptr<RedisClient> client_;
    std::string key_;
    std::string lock_key_;
    std::shared_ptr<RedisLease> lease_; ///< null while it is not held
    const unsigned generation_ = fork_generation();
    bool is_lost_ = false;
    std::optional<std::optional<std::string>> read_ahead_; ///< the entry, or that there is none
    std::string known_entry_;                              ///< that the caller of `await_turn` has been told of
    int polls_ = 0;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
