#ifndef KENNEL_BACKENDS_REDIS_SENTINEL_TOPOLOGY_HPP
#define KENNEL_BACKENDS_REDIS_SENTINEL_TOPOLOGY_HPP

#include "kennel/backends/redis/one_at_a_time.hpp"
#include "kennel/backends/redis/pools.hpp"
#include "kennel/backends/redis/sentinel_finder.hpp"
#include "kennel/backends/redis/topology.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A master that sentinels watch, and replace by one of its replicas when it fails.
///
/// They are asked who it is at first, whenever it is in doubt (a connection was lost, or it says that it is a replica),
/// and every few seconds, for a master that was demoted may still answer reads. One thread asks at a time.
class SentinelTopology final : public RedisTopology {
public:
    SentinelTopology(const std::shared_ptr<const RedisSettings>& settings, const SentinelSettings& sentinel_settings)
        : finder_(*settings, sentinel_settings), pools_(settings) {}

    [[nodiscard]] RedisRoute route(std::string_view /*key*/, RedisPurpose purpose, SteadyTime deadline) override {
        const SteadyTime now = coarse_now();
        bool is_certain = false;
        {
            const std::lock_guard lock(mutex_);
            is_certain = master_ != nullptr && !is_in_doubt_;
            if (is_certain && now < next_look_) return chosen(purpose);
        }
        is_certain ? look_by_the_way(deadline) : look(deadline);
        const std::lock_guard lock(mutex_);
        return chosen(purpose);
    }

    [[nodiscard]] bool reroute(RedisRoute& route, std::string_view key, RedisPurpose purpose,
                               const RedisServerError& error, SteadyTime deadline) override {
        const bool is_demoted = error.code() == "READONLY";
        if (!is_demoted && !is_temporary(error)) return false;
        if (is_demoted) {
            route.pool->drop_all();
            doubt(route, SteadyTime());
        } else if (!leave_out(route)) {
            return true;
        }
        route = this->route(key, purpose, deadline);
        return true;
    }

    void note_lost(const RedisRoute& route) override {
        if (!leave_out(route)) doubt(route, std::chrono::steady_clock::now() - trusted_for);
    }

    /// Replicas keep no locks and tell of no changes.
    [[nodiscard]] bool serves(const Endpoint& server) override {
        const std::optional<Endpoint> master = known_master();
        return !master || *master == server;
    }

private:
    static constexpr std::chrono::seconds interval{10};           ///< between two looks at what seems to be in order
    static constexpr std::chrono::milliseconds trusted_for{50};   ///< many connections are lost at the same time
    static constexpr std::chrono::milliseconds longest_look{200}; ///< of an operation that could do without

    /// Under the mutex, when there is a master.
    [[nodiscard]] RedisRoute chosen(RedisPurpose purpose) {
        if (purpose != RedisPurpose::read || replicas_.empty()) return {master_};
        return {replicas_[next_replica_++ % replicas_.size()]};
    }

    /// Says that the master is no longer certain, unless it has been found since that moment, or is another than the
    /// route's.
    void doubt(const RedisRoute& route, SteadyTime unless_found_since) {
        const std::lock_guard lock(mutex_);
        if (route.pool != master_ || (unless_found_since != SteadyTime() && last_look_ > unless_found_since)) return;
        is_in_doubt_ = true;
    }

    /// Whether the route is to a replica, which is not read from until the next look, and that comes soon.
    [[nodiscard]] bool leave_out(const RedisRoute& route) {
        const std::lock_guard lock(mutex_);
        if (std::erase(replicas_, route.pool) == 0) return false;
        next_look_ = (std::min)(next_look_, later_by(std::chrono::steady_clock::now(), std::chrono::seconds(1)));
        return true;
    }

    [[nodiscard]] std::optional<Endpoint> known_master() {
        const std::lock_guard lock(mutex_);
        return master_ != nullptr ? std::optional(master_->endpoint()) : std::nullopt;
    }

    [[nodiscard]] bool is_known() {
        const std::lock_guard lock(mutex_);
        return master_ != nullptr && !is_in_doubt_;
    }

    /// Until there is a master, for which each thread waits. After a failure it refuses at once for a while. Throws
    /// `NotReached`.
    void look(SteadyTime deadline) {
        const std::unique_lock looking(looking_, deadline);
        if (!looking) throw NotReached("redis: the sentinels were not asked in time who is the master");
        if (is_known()) return;
        if (back_off_.time_left() != std::chrono::milliseconds())
            throw NotReached(joined(
                {last_failure_, " (they are asked again in ", std::to_string(back_off_.time_left().count()), " ms)"}));
        try {
            adopt(finder_.find(deadline, known_master()));
            back_off_.succeeded();
        } catch (const BackendError& error) {
            last_failure_ = error.what();
            back_off_.failed(error.what());
            throw;
        }
    }

    /// When it fails, or another thread is at it, all stays as it is.
    void look_by_the_way(SteadyTime deadline) {
        const std::unique_lock looking(looking_, std::try_to_lock);
        if (!looking) return;
        const SteadyTime now = std::chrono::steady_clock::now();
        {
            const std::lock_guard lock(mutex_);
            if (now < next_look_) return;
            next_look_ = now + interval;
        }
        try {
            adopt(finder_.find((std::min)(deadline, now + longest_look), std::nullopt));
        } catch (const BackendError&) { // NOLINT(*-empty-catch): nobody has complained about the master
        }
    }

    /// The connections to a master that is one no longer are closed, and so are those to servers that are no part of
    /// it.
    void adopt(const RedisMasterGroup& group) {
        const std::lock_guard lock(mutex_);
        const std::shared_ptr<RedisPool> former = master_;
        master_ = pools_.of(group.master);
        if (former != nullptr && former != master_) former->drop_all();
        replicas_.clear();
        for (const Endpoint& replica : group.replicas) replicas_.push_back(pools_.of(replica));
        std::erase(replicas_, master_);
        std::vector<std::shared_ptr<RedisPool>> kept = replicas_;
        kept.push_back(master_);
        pools_.keep_only(kept);
        is_in_doubt_ = false;
        last_look_ = std::chrono::steady_clock::now();
        next_look_ = last_look_ + interval;
    }

    OneAtATime looking_;       ///< before the other
    SentinelFinder finder_;    ///< under it
    BackOff back_off_;         ///< under it
    std::string last_failure_; ///< under it

    std::mutex mutex_;
    RedisPools pools_;
    std::shared_ptr<RedisPool> master_; ///< null until it was found
    std::vector<std::shared_ptr<RedisPool>> replicas_;
    std::size_t next_replica_ = 0;
    bool is_in_doubt_ = false;
    SteadyTime last_look_{};
    SteadyTime next_look_{};
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
