#ifndef KENNEL_BACKENDS_REDIS_CLIENT_HPP
#define KENNEL_BACKENDS_REDIS_CLIENT_HPP

#include "kennel/backends/redis/key_watchers.hpp"
#include "kennel/backends/redis/left_over.hpp"
#include "kennel/backends/redis/requests_ahead.hpp"
#include "kennel/backends/redis/script.hpp"
#include "kennel/backends/redis/topology.hpp"
#include "kennel/event.hpp"
#include "kennel/lease_keeper.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <typeinfo>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A time to live as Redis takes it: whole milliseconds, at least one; "0" for none.
[[nodiscard]] inline std::string milliseconds_text(TimeSpan span) {
    constexpr std::chrono::hours longest(24 * 365 * 100);
    if (span > longest) return "0";
    const auto count = std::chrono::ceil<std::chrono::milliseconds>(span.duration()).count();
    return std::to_string((std::max)(count, decltype(count){1}));
}

/// Sends requests to the servers that keep the keys, and once more where that is what an answer calls for. Thread-safe.
class RedisClient {
public:
    RedisClient(std::shared_ptr<const RedisSettings> settings, std::unique_ptr<RedisTopology> topology)
        : settings_(std::move(settings)), topology_(std::move(topology)), watchers_(settings_) {}

    [[nodiscard]] const RedisSettings& settings() const noexcept { return *settings_; }
    [[nodiscard]] const RedisTopology& topology() const noexcept { return *topology_; }
    [[nodiscard]] LeaseKeeper& lease_keeper() noexcept { return keeper_; }

    /// Who hears from the server that keeps the key when it changes; null when that server does not tell.
    [[nodiscard]] std::shared_ptr<KeyWatcher> watcher_of(std::string_view key) {
        const Endpoint endpoint = topology_->route(key, RedisPurpose::write, new_deadline()).pool->endpoint();
        return watchers_.of(endpoint, [this](const Endpoint& other) { return topology_->serves(other); });
    }

    /// Calls `attempt(connection, deadline)` with a connection to the server of the key, more than once where an answer
    /// says that this helps, for no longer than `socket_timeout` and `limit`. Throws `BackendError`, which names the
    /// key.
    template <class Attempt>
    void run(std::string_view key, RedisPurpose purpose, const Attempt& attempt, TimeSpan limit = unlimited) {
        const SteadyTime now = coarse_now();
        try {
            run_until(now, later_by(now, shorter(settings_->socket_timeout, limit)), key, purpose, attempt);
        } catch (const BackendError& error) {
            std::rethrow_exception(naming(error, purpose, key, 0));
        }
    }

    /// Calls `attempt(connection, deadline, indexes, left_over)` for each server that keeps some of the keys, with the
    /// positions of these, and again for each key that is left over. When some fail, the others are asked all the same;
    /// throws the `BackendError` of the first.
    ///
    /// When there are several servers, `ask(connection, deadline, indexes)` is called for each before that: it sends a
    /// request, and `attempt` then has a connection that `awaits_replies`.
    template <class Ask, class Attempt>
    void run_multi(std::span<const std::string_view> keys, RedisPurpose purpose, const Ask& ask,
                   const Attempt& attempt) {
        const SteadyTime deadline = new_deadline();
        const std::vector<std::vector<std::size_t>> groups = topology_->groups(keys, purpose, deadline);
        RedisLeftOver left_over(*topology_);
        RedisLeftOver none;
        const auto attempt_at = [&](std::span<const std::size_t> group) {
            return [&, group](RedisConnection& connection, SteadyTime until) {
                attempt(connection, until, group, group.size() == 1 ? none : left_over);
            };
        };
        RequestsAhead ahead(*topology_, purpose, deadline);
        if (groups.size() > 1) ahead.send(keys, groups, ask);
        while (const auto position = ahead.next()) ahead.take(*position, attempt_at(groups[*position]));
        std::exception_ptr failure;
        const auto finish = [&](std::span<const std::size_t> group, const auto& is_over) {
            try {
                if (is_over()) return;
                const SteadyTime now = coarse_now();
                if (now >= deadline) throw BackendError("redis: the time ran out before all keys were dealt with");
                run_until(now, deadline, keys[group.front()], purpose, attempt_at(group));
            } catch (const BackendError& error) {
                if (failure == nullptr) failure = naming(error, purpose, keys[group.front()], group.size() - 1);
            }
        };
        for (std::size_t position = 0; position != groups.size(); ++position)
            finish(groups[position], [&] { return ahead.is_over(position); });
        for (const std::size_t index : left_over.indexes()) finish({&index, 1}, [] { return false; });
        if (failure != nullptr) std::rethrow_exception(failure);
    }

    /// Throws `RedisServerError` if the reply to `command` about `key` is an error.
    static void check(const RedisConnection& connection, const RedisReply& reply, std::string_view command,
                      std::string_view key) {
        if (reply.is_error()) refuse(connection, reply, command, key);
    }

private:
    static constexpr int most_tries = 5;

    [[nodiscard]] SteadyTime new_deadline() const { return later_by(coarse_now(), settings_->socket_timeout); }

    template <class Attempt>
    void run_until(SteadyTime start, SteadyTime deadline, std::string_view key, RedisPurpose purpose,
                   const Attempt& attempt) {
        RedisRoute route = topology_->route(key, purpose, deadline);
        for (int tries = 1;; ++tries) {
            try {
                const RedisPool::Loan loan = route.pool->lend(start, deadline);
                if (try_once(route, loan, deadline, purpose, tries, attempt)) return;
            } catch (const RedisServerError& error) {
                if (tries == most_tries || !topology_->reroute(route, key, purpose, error, deadline)) throw;
                if (is_temporary(error)) wait_before_try(tries, deadline);
            } catch (const ConnectionLost&) {
                topology_->note_lost(route);
                const bool is_final = purpose == RedisPurpose::write || tries == most_tries;
                if (is_final || !topology_->reroute_lost(route, key, purpose, deadline)) throw;
            } catch (const NotReached&) {
                if (tries == most_tries || !topology_->reroute_lost(route, key, purpose, deadline)) throw;
            }
        }
    }

    /// False when it is to be tried again with another connection.
    template <class Attempt>
    [[nodiscard]] static bool try_once(const RedisRoute& route, const RedisPool::Loan& loan, SteadyTime deadline,
                                       RedisPurpose purpose, int tries, const Attempt& attempt) {
        try {
            loan->set_asking(route.is_asking);
            attempt(*loan, deadline);
            return true;
        } catch (const ConnectionLost& lost) {
            const bool was_closed_before = loan.was_idle() && lost.is_before_reply();
            if (purpose == RedisPurpose::write || !was_closed_before || tries == most_tries) throw;
            route.pool->drop_all(); // the others have been idle for longer
            return false;
        }
    }

    /// The exception that is being handled, together with what was being done. An answer of the server says that
    /// already.
    [[nodiscard]] static std::exception_ptr naming(const BackendError& error, RedisPurpose purpose,
                                                   std::string_view key, std::size_t others) {
        const std::string_view deed = purpose == RedisPurpose::write ? "writing" : "reading";
        std::string text = joined({error.what(), " (while ", deed, " '", abridged(key), "'"});
        if (others != 0) text += joined({" and ", std::to_string(others), others == 1 ? " other key" : " other keys"});
        text += ')';
        if (const auto* const lost = dynamic_cast<const ConnectionLost*>(&error))
            return std::make_exception_ptr(ConnectionLost(text, lost->is_before_reply()));
        if (dynamic_cast<const NotReached*>(&error) != nullptr) return std::make_exception_ptr(NotReached(text));
        if (typeid(error) == typeid(BackendError)) return std::make_exception_ptr(BackendError(text));
        return std::current_exception();
    }

    static void wait_before_try(int tries, SteadyTime deadline) {
        const std::chrono::nanoseconds base = std::chrono::milliseconds(5) * (1 << tries);
        const TimeSpan wait(base + random_up_to(base));
        std::this_thread::sleep_until((std::min)(later_by(std::chrono::steady_clock::now(), wait), deadline));
    }

    [[noreturn]] static void refuse(const RedisConnection& connection, const RedisReply& reply,
                                    std::string_view command, std::string_view key) {
        const std::string_view text = reply.text;
        std::string_view remedy;
        if (text.starts_with("NOPERM"))
            remedy = ": the user needs more rights (docs/redis_backend.md lists the commands)";
        else if (text.starts_with("READONLY")) remedy = ": it is a replica; name its master, or use \"redis_sentinel\"";
        else if (text.starts_with("MOVED")) remedy = ": it is part of a cluster; use \"redis_cluster\"";
        else if (text.starts_with("ERR Protocol error: invalid bulk length"))
            remedy = ": the value is longer than its proto-max-bulk-len allows";
        else if (text.starts_with("OOM")) remedy = ": set an eviction policy (maxmemory-policy) or more maxmemory";
        throw RedisServerError(text, joined({"redis: ", connection.endpoint().text(), " answers ", command, " of '",
                                             abridged(key), "' with: ", text, remedy}));
    }

    std::shared_ptr<const RedisSettings> settings_;
    std::unique_ptr<RedisTopology> topology_;
    KeyWatchers watchers_;
    LeaseKeeper keeper_; ///< last, for its thread uses the others
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
