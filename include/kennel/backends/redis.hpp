#ifndef KENNEL_BACKENDS_REDIS_HPP
#define KENNEL_BACKENDS_REDIS_HPP

#include "kennel/backend_registry.hpp"
#include "kennel/backends/redis/redis_store.hpp"

#include <memory>

KENNEL_NAMESPACE_BEGIN

/// Stores entries in a Redis or Valkey server, as dogpile.cache does, and keeps the locks of creations there;
/// registered as "redis". docs/redis_backend.md lists its arguments.
///
/// Thread-safe; a forked child has connections of its own. Each operation is one round trip and ends within
/// `socket_timeout`, to which `socket_connect_timeout` comes when a connection is to be opened. Throws `BackendError`,
/// and `RedisServerError` for an answer of the server that is an error.
class RedisBackend final : public RedisStore {
public:
    /// Throws `ValidationError` for a wrong argument. It connects only when it is used.
    explicit RedisBackend(const BackendContext& context) : RedisStore(made(context)) {}

private:
    [[nodiscard]] static Maker made(const BackendContext& context) {
        ArgumentReader arguments(context.arguments, "backend 'redis'");
        const auto settings = std::make_shared<detail::RedisSettings>();
        detail::RedisSettingsReader reader(arguments, *settings);
        reader.read_server();
        reader.read_common();
        arguments.reject_unknown();
        return [settings] {
            return std::make_shared<detail::RedisClient>(settings, std::make_unique<detail::SingleServer>(settings));
        };
    }
};

namespace detail {
inline const bool redis_is_registered = self_register<RedisBackend>("redis");
}

KENNEL_NAMESPACE_END

#endif
