#ifndef KENNEL_BACKENDS_REDIS_CLUSTER_TOPOLOGY_HPP
#define KENNEL_BACKENDS_REDIS_CLUSTER_TOPOLOGY_HPP

#include "kennel/backends/redis/ask_server.hpp"
#include "kennel/backends/redis/cluster_map.hpp"
#include "kennel/backends/redis/one_at_a_time.hpp"
#include "kennel/backends/redis/pools.hpp"
#include "kennel/backends/redis/topology.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A Redis Cluster: each key has a slot, and each slot a master.
///
/// It learns the layout from any node that answers. A node that sends a key elsewhere is believed at once for that
/// slot, and the whole layout is asked for again then, or when a node is lost; by one thread at a time, and not too
/// often.
class ClusterTopology final : public RedisTopology {
public:
    ClusterTopology(const std::shared_ptr<const RedisSettings>& settings, std::vector<Endpoint> startup_nodes)
        : asking_settings_(settings_for_asking(*settings)), startup_nodes_(std::move(startup_nodes)), pools_(settings) {
    }

    [[nodiscard]] RedisRoute route(std::string_view key, RedisPurpose /*purpose*/, SteadyTime deadline) override {
        return {map(deadline)->pool_of(cluster_slot(key))};
    }

    [[nodiscard]] bool reroute(RedisRoute& route, std::string_view key, RedisPurpose purpose,
                               const RedisServerError& error, SteadyTime deadline) override {
        const std::string_view code = error.code();
        if (code == "MOVED" || code == "ASK") return redirect(route, error, deadline);
        if (code == "TRYAGAIN") return true; // at the same node, with or without `ASKING`
        if (code == "READONLY") route.pool->drop_all();
        else if (!is_temporary(error)) return false;
        doubt();
        route = this->route(key, purpose, deadline);
        return true;
    }

    void note_lost(const RedisRoute& route) override {
        const std::lock_guard lock(mutex_);
        is_in_doubt_ = true;
        lost_ = route.pool->endpoint();
    }

    [[nodiscard]] bool serves(const Endpoint& server) override {
        const std::shared_ptr<const ClusterMap> map = known_map();
        if (map == nullptr) return true;
        const auto is_its = [&](const auto& pool) { return pool->endpoint() == server; };
        return std::any_of(map->pools().begin(), map->pools().end(), is_its);
    }

    [[nodiscard]] std::vector<std::vector<std::size_t>> groups(std::span<const std::string_view> keys,
                                                               RedisPurpose /*purpose*/, SteadyTime deadline) override {
        const std::shared_ptr<const ClusterMap> map = this->map(deadline);
        std::vector<std::vector<std::size_t>> groups(map->pools().size());
        for (std::size_t index = 0; index != keys.size(); ++index)
            groups[map->position_of(cluster_slot(keys[index]))].push_back(index);
        std::erase_if(groups, [](const std::vector<std::size_t>& group) { return group.empty(); });
        return groups;
    }

    [[nodiscard]] bool takes_many_keys() const override { return false; }

    [[nodiscard]] bool are_together(std::string_view key, std::string_view other) const override {
        return cluster_slot(key) == cluster_slot(other);
    }

    [[nodiscard]] bool is_about_one_key(std::string_view error) const override {
        return error.starts_with("MOVED ") || error.starts_with("ASK ") || error.starts_with("TRYAGAIN") ||
               error.starts_with("CLUSTERDOWN");
    }

    /// How often the layout was asked for, for tests and reports.
    [[nodiscard]] std::size_t refreshes() {
        const std::lock_guard lock(mutex_);
        return refreshes_;
    }

private:
    static constexpr std::chrono::milliseconds shortest_interval{100}; ///< between two refreshes

    void doubt() {
        const std::lock_guard lock(mutex_);
        is_in_doubt_ = true;
    }

    /// The layout as far as it is known; asks for it first where it is in doubt.
    [[nodiscard]] std::shared_ptr<const ClusterMap> map(SteadyTime deadline) {
        {
            const std::lock_guard lock(mutex_);
            if (map_ != nullptr && (!is_in_doubt_ || std::chrono::steady_clock::now() < next_refresh_)) return map_;
        }
        return refreshed_map(deadline);
    }

    /// Who knows a layout does not wait for a thread that asks for a new one.
    [[nodiscard]] std::shared_ptr<const ClusterMap> refreshed_map(SteadyTime deadline) {
        std::unique_lock refreshing(refreshing_, std::try_to_lock);
        std::shared_ptr<const ClusterMap> known = known_map();
        if (!refreshing && known != nullptr) return known;
        if (!refreshing && !refreshing.try_lock_until(deadline))
            throw NotReached("redis: the layout of the cluster was not found in time");
        known = known_map();
        if (known == nullptr && back_off_.time_left() != std::chrono::milliseconds())
            throw NotReached(joined({last_failure_, " (the next attempt is made in ",
                                     std::to_string(back_off_.time_left().count()), " ms)"}));
        const bool is_wanted = known == nullptr || is_due();
        return is_wanted ? refresh(deadline, known) : known;
    }

    [[nodiscard]] std::shared_ptr<const ClusterMap> known_map() {
        const std::lock_guard lock(mutex_);
        return map_;
    }

    [[nodiscard]] bool is_due() {
        const std::lock_guard lock(mutex_);
        return is_in_doubt_ && std::chrono::steady_clock::now() >= next_refresh_;
    }

    /// By one thread at a time. Gives the map that was known when no node tells of a newer one, or throws if there is
    /// none.
    [[nodiscard]] std::shared_ptr<const ClusterMap> refresh(SteadyTime deadline,
                                                            const std::shared_ptr<const ClusterMap>& known) {
        std::string failures;
        const std::optional<ClusterLayout> layout = ask_for_layout(candidates(known), deadline, failures);
        const std::lock_guard lock(mutex_);
        const SteadyTime now = std::chrono::steady_clock::now();
        ++refreshes_;
        if (layout) {
            back_off_.succeeded();
            is_in_doubt_ = false;
            next_refresh_ = now + shortest_interval + random_up_to(shortest_interval / 2);
            return map_ = map_of(*layout);
        }
        last_failure_ = joined({"redis: no node tells the layout of the cluster: ", failures});
        back_off_.failed(last_failure_.c_str());
        next_refresh_ = now + back_off_.time_left();
        if (map_ == nullptr) throw NotReached(last_failure_);
        return map_;
    }

    /// Under the mutex.
    [[nodiscard]] std::shared_ptr<const ClusterMap> map_of(const ClusterLayout& layout) {
        ClusterMap::Pools pools;
        for (const Endpoint& master : layout.masters) pools.push_back(pools_.of(master));
        pools_.keep_only(pools);
        return std::make_shared<ClusterMap>(layout.owners, std::move(pools));
    }

    /// Whom to ask: the known masters, not always in the same order, then the nodes that the user has named, and last
    /// the one that was lost.
    [[nodiscard]] std::vector<Endpoint> candidates(const std::shared_ptr<const ClusterMap>& known) {
        std::vector<Endpoint> endpoints;
        if (known != nullptr)
            for (const auto& pool : known->pools()) endpoints.push_back(pool->endpoint());
        const std::lock_guard lock(mutex_);
        if (!endpoints.empty()) {
            const auto first = static_cast<std::ptrdiff_t>(refreshes_ % endpoints.size());
            std::rotate(endpoints.begin(), endpoints.begin() + first, endpoints.end());
        }
        for (const Endpoint& node : startup_nodes_)
            if (std::find(endpoints.begin(), endpoints.end(), node) == endpoints.end()) endpoints.push_back(node);
        if (lost_)
            std::stable_partition(endpoints.begin(), endpoints.end(), [&](const auto& each) { return each != *lost_; });
        return endpoints;
    }

    /// The first answer that is a layout; notes what the others have said.
    [[nodiscard]] std::optional<ClusterLayout> ask_for_layout(const std::vector<Endpoint>& nodes, SteadyTime deadline,
                                                              std::string& failures) const {
        std::size_t left = nodes.size();
        for (const Endpoint& node : nodes) {
            try {
                const SteadyTime until = share_of(deadline, left--, asking_settings_->socket_connect_timeout);
                return ClusterLayout::parse(ask_server(*asking_settings_, node, until, "CLUSTER", "SLOTS"), node);
            } catch (const BackendError& error) {
                const std::string_view why = error.what();
                add_failure(failures, node, why);
                if (why.find("cluster support disabled") != std::string_view::npos)
                    failures += " (it is no node of a cluster: use \"redis\")";
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] bool redirect(RedisRoute& route, const RedisServerError& error, SteadyTime deadline) {
        const auto there = ClusterRedirection::parse(error.answer(), route.pool->endpoint());
        if (!there) return false;
        const bool is_for_good = error.code() == "MOVED";
        {
            const std::lock_guard lock(mutex_);
            route = {pools_.of(there->endpoint), !is_for_good};
            if (is_for_good && map_ != nullptr) map_ = map_->with(there->slot, route.pool);
            if (is_for_good) is_in_doubt_ = true;
        }
        if (is_for_good) static_cast<void>(map(deadline)); // more than this slot may have moved
        return true;
    }

    std::shared_ptr<const RedisSettings> asking_settings_;
    std::vector<Endpoint> startup_nodes_;

    OneAtATime refreshing_;    ///< before the other
    BackOff back_off_;         ///< under it
    std::string last_failure_; ///< under it

    std::mutex mutex_;
    RedisPools pools_;
    std::shared_ptr<const ClusterMap> map_; ///< null until a node has told it
    bool is_in_doubt_ = false;
    std::optional<Endpoint> lost_; ///< the node that could not be reached last
    SteadyTime next_refresh_{};
    std::size_t refreshes_ = 0;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
