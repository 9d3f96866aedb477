#ifndef KENNEL_BACKENDS_REDIS_SENTINEL_HPP
#define KENNEL_BACKENDS_REDIS_SENTINEL_HPP

#include "kennel/backend_registry.hpp"
#include "kennel/backends/redis/redis_store.hpp"
#include "kennel/backends/redis/sentinel_topology.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// Stores entries in the Redis or Valkey master that a group of sentinels names, and keeps the locks of creations
/// there; registered as "redis_sentinel". docs/redis_sentinel_and_cluster.md lists its arguments.
///
/// Like `RedisBackend`, and it follows a failover: an operation that meets a master which is lost, or is one no longer,
/// asks the sentinels for the new one, within its `socket_timeout`.
class RedisSentinelBackend final : public RedisStore {
public:
    /// Throws `ValidationError` for a wrong argument. It connects only when it is used.
    explicit RedisSentinelBackend(const BackendContext& context) : RedisStore(made(context)) {}

private:
    [[nodiscard]] static Maker made(const BackendContext& context) {
        ArgumentReader arguments(context.arguments, "backend 'redis_sentinel'");
        const auto settings = std::make_shared<detail::RedisSettings>();
        settings->distributed_lock = true; // as in dogpile
        detail::RedisSettingsReader reader(arguments, *settings);
        reader.read_account();
        reader.read_common();
        const detail::SentinelSettings sentinels = read_sentinels(arguments);
        arguments.reject_unknown();
        return [settings, sentinels] {
            return std::make_shared<detail::RedisClient>(
                settings, std::make_unique<detail::SentinelTopology>(settings, sentinels));
        };
    }

    [[nodiscard]] static detail::SentinelSettings read_sentinels(ArgumentReader& arguments) {
        for (const char* const name : {"url", "host", "port", "unix_socket_path"})
            if (arguments.has(name))
                arguments.refuse(name, "names one server; give the sentinels, which name the master, as sentinels");
        if (arguments.has("sentinel_kwargs"))
            arguments.refuse("sentinel_kwargs",
                             "is an object of Python's client; give sentinel_username, sentinel_password");
        detail::SentinelSettings settings;
        const auto texts = arguments.get<std::vector<std::string>>("sentinels", {});
        settings.sentinels = detail::EndpointList::parse(
            texts, default_port, [&](std::string_view why) { arguments.refuse("sentinels", why); });
        settings.service_name = arguments.get<std::string>("service_name", settings.service_name);
        if (settings.service_name.empty()) arguments.refuse("service_name", "must not be empty");
        settings.username = arguments.get<std::string>("sentinel_username", {});
        settings.password = arguments.get<std::string>("sentinel_password", {});
        settings.uses_tls = arguments.get<bool>("sentinel_ssl", settings.uses_tls);
        settings.read_from_replicas = arguments.get<bool>("read_from_replicas", settings.read_from_replicas);
        return settings;
    }

    static constexpr std::uint16_t default_port = 26'379;
};

namespace detail {
inline const bool redis_sentinel_is_registered = self_register<RedisSentinelBackend>("redis_sentinel");
}

KENNEL_NAMESPACE_END

#endif
