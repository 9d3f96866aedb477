#include "kennel/backends/redis/cluster_map.hpp"

#include "kennel/backends/redis/pools.hpp"
#include "support/catch.hpp"

#include <memory>
#include <vector>

namespace {

using kennel::detail::ClusterLayout;
using kennel::detail::ClusterMap;
using kennel::detail::RedisPools;
using kennel::detail::RedisSettings;

} // namespace

TEST_CASE("a map of a cluster leads from a slot to the pool of its node, and of nobody's slot to any") {
    RedisPools pools(std::make_shared<RedisSettings>());
    const auto a = pools.of({.host = "a", .port = 1});
    const auto b = pools.of({.host = "b", .port = 2});
    ClusterLayout layout;
    layout.owners[0] = 0;
    layout.owners[1] = 1;
    const ClusterMap map(layout.owners, {a, b});
    CHECK(map.pool_of(0) == a);
    CHECK(map.pool_of(1) == b);
    for (const std::size_t slot : {2U, 3U, 16'383U}) CHECK((map.pool_of(slot) == a || map.pool_of(slot) == b));
}

TEST_CASE("a slot that has moved makes another map, and may lead to another node") {
    RedisPools pools(std::make_shared<RedisSettings>());
    const auto a = pools.of({.host = "a", .port = 1});
    const auto b = pools.of({.host = "b", .port = 2});
    const auto c = pools.of({.host = "c", .port = 3});
    ClusterLayout layout;
    layout.owners.assign(layout.owners.size(), 0);
    const ClusterMap map(layout.owners, {a, b});
    const auto known = map.with(7, b);
    CHECK(known->pool_of(7) == b);
    CHECK(known->pool_of(8) == a);
    CHECK(known->pools().size() == 2);
    const auto is_new = known->with(8, c);
    CHECK(is_new->pool_of(8) == c);
    CHECK(is_new->pool_of(7) == b);
    CHECK(is_new->pools().size() == 3);
    CHECK(map.pool_of(7) == a);
}

TEST_CASE("each server has one pool, until it is not kept") {
    RedisPools pools(std::make_shared<RedisSettings>());
    const auto a = pools.of({.host = "a", .port = 1});
    const auto b = pools.of({.host = "b", .port = 2});
    CHECK(pools.of({.host = "a", .port = 1}) == a);
    pools.keep_only({b});
    CHECK(pools.of({.host = "b", .port = 2}) == b);
    CHECK(pools.of({.host = "a", .port = 1}) != a);
}
