#ifndef KENNEL_BACKENDS_REDIS_POOL_HPP
#define KENNEL_BACKENDS_REDIS_POOL_HPP

#include "kennel/backends/net/connection_pool.hpp"
#include "kennel/backends/redis/connection.hpp"

#include <cstddef>
#include <memory>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The connections to one Redis server.
class RedisPool final : public ConnectionPool<RedisConnection> {
public:
    RedisPool(std::shared_ptr<const RedisSettings> settings, Endpoint endpoint)
        : ConnectionPool("redis: ", std::move(endpoint)), settings_(std::move(settings)) {}

private:
    [[nodiscard]] std::size_t max_connections() const override { return settings_->max_connections; }

    [[nodiscard]] std::unique_ptr<RedisConnection> open() override {
        const SteadyTime deadline = later_by(std::chrono::steady_clock::now(), settings_->socket_connect_timeout);
        return std::make_unique<RedisConnection>(*settings_, endpoint(), deadline);
    }

    std::shared_ptr<const RedisSettings> settings_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
