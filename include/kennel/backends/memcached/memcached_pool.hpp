#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_POOL_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_POOL_HPP

#include "kennel/backends/memcached/memcached_connection.hpp"
#include "kennel/backends/net/connection_pool.hpp"

#include <chrono>
#include <cstddef>
#include <memory>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The connections to one memcached server.
class MemcachedPool final : public ConnectionPool<MemcachedConnection> {
public:
    /// The settings must outlive this.
    MemcachedPool(const MemcachedSettings& settings, const MemcachedAddress& server)
        : ConnectionPool("", server.endpoint(),
                         BackOff(settings.retry_timeout, settings.connect_timeout + settings.socket_timeout)),
          settings_(settings) {}

private:
    [[nodiscard]] std::size_t max_connections() const override { return settings_.max_connections; }

    [[nodiscard]] std::unique_ptr<MemcachedConnection> open() override {
        const SteadyTime deadline = later_by(std::chrono::steady_clock::now(), settings_.connect_timeout);
        return std::make_unique<MemcachedConnection>(settings_, endpoint(), deadline);
    }

    const MemcachedSettings& settings_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
