#ifndef KENNEL_BACKENDS_REDIS_CLUSTER_HPP
#define KENNEL_BACKENDS_REDIS_CLUSTER_HPP

#include "kennel/backend_registry.hpp"
#include "kennel/backends/redis/cluster_topology.hpp"
#include "kennel/backends/redis/redis_store.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// Stores entries in a Redis Cluster or Valkey cluster, and keeps the locks of creations there; registered as
/// "redis_cluster". docs/redis_sentinel_and_cluster.md lists its arguments.
///
/// Like `RedisBackend`, and it follows the cluster's slots wherever they go. Operations on many keys are one round trip
/// to each node that keeps some of them. A lock and its entry are on different nodes, except for keys with a hash tag.
class RedisClusterBackend final : public RedisStore {
public:
    /// Throws `ValidationError` for a wrong argument. It connects only when it is used.
    explicit RedisClusterBackend(const BackendContext& context) : RedisStore(made(context)) {}

private:
    [[nodiscard]] static Maker made(const BackendContext& context) {
        ArgumentReader arguments(context.arguments, "backend 'redis_cluster'");
        const auto settings = std::make_shared<detail::RedisSettings>();
        detail::RedisSettingsReader reader(arguments, *settings);
        reader.read_server();
        reader.read_common();
        const std::vector<detail::Endpoint> nodes = read_nodes(arguments, *settings);
        arguments.reject_unknown();
        return [settings, nodes] {
            return std::make_shared<detail::RedisClient>(settings,
                                                         std::make_unique<detail::ClusterTopology>(settings, nodes));
        };
    }

    /// Those of `startup_nodes` and the one of `url`, or of `host` and `port`.
    [[nodiscard]] static std::vector<detail::Endpoint> read_nodes(ArgumentReader& arguments,
                                                                  const detail::RedisSettings& settings) {
        if (settings.db != 0) arguments.refuse("db", "must be 0: a cluster has no other database");
        if (!settings.endpoint.unix_socket.empty())
            arguments.refuse(arguments.has("url") ? "url" : "unix_socket_path",
                             "is a Unix socket: the nodes of a cluster are named by host and port");
        const auto texts = arguments.get<std::vector<std::string>>("startup_nodes");
        std::vector<detail::Endpoint> nodes;
        if (texts)
            nodes = detail::EndpointList::parse(*texts, detail::redis_port,
                                                [&](std::string_view why) { arguments.refuse("startup_nodes", why); });
        if (arguments.has("url") || arguments.has("host") || arguments.has("port")) nodes.push_back(settings.endpoint);
        if (nodes.empty()) arguments.refuse("startup_nodes", "is missing: give a list of host:port, or url");
        return nodes;
    }
};

namespace detail {
inline const bool redis_cluster_is_registered = self_register<RedisClusterBackend>("redis_cluster");
}

KENNEL_NAMESPACE_END

#endif
