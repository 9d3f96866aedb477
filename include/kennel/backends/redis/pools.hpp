#ifndef KENNEL_BACKENDS_REDIS_POOLS_HPP
#define KENNEL_BACKENDS_REDIS_POOLS_HPP

#include "kennel/backends/redis/pool.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The pools to servers that come and go, one for each. Not thread-safe.
class RedisPools {
public:
    explicit RedisPools(std::shared_ptr<const RedisSettings> settings) : settings_(std::move(settings)) {}

    [[nodiscard]] const std::shared_ptr<RedisPool>& of(const Endpoint& endpoint) {
        std::shared_ptr<RedisPool>& pool = pools_[endpoint];
        if (pool == nullptr) pool = std::make_shared<RedisPool>(settings_, endpoint);
        return pool;
    }

    /// Closes the connections to all other servers, those in use when they are given back.
    void keep_only(const std::vector<std::shared_ptr<RedisPool>>& kept) {
        std::erase_if(pools_, [&](const auto& each) {
            const bool is_kept = std::find(kept.begin(), kept.end(), each.second) != kept.end();
            if (!is_kept) each.second->drop_all();
            return !is_kept;
        });
    }

private:
    std::shared_ptr<const RedisSettings> settings_;
    std::map<Endpoint, std::shared_ptr<RedisPool>> pools_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
