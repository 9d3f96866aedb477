// needs: redis
// For docs/redis_sentinel_and_cluster.md.

#include "expect.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;

// clang-format off
// [sentinel]
#include <kennel/backends/redis_sentinel.hpp> // link kennel::redis
#include <kennel/kennel.hpp>

void use_sentinels(kennel::CacheRegion<>& users) {
    const std::vector<std::string> sentinels{"s1.example.com:26379", "s2.example.com:26379", "s3.example.com:26379"};
    users.configure("redis_sentinel",
                    {.expiration_time = 1h,
                     .arguments = {{"sentinels", sentinels}, {"service_name", "users"}}});
}
// [/sentinel]

// [cluster]
#include <kennel/backends/redis_cluster.hpp> // link kennel::redis

void use_cluster(kennel::CacheRegion<>& pages) {
    pages.configure("redis_cluster",
                    {.expiration_time = 1h,
                     .arguments = {{"startup_nodes", "n1.example.com:6379, n2.example.com:6379"},
                                   {"distributed_lock", true}}});
}
// [/cluster]
// clang-format on

int main() {
    kennel::CacheRegion<> users;
    kennel::CacheRegion<> pages;
    use_sentinels(users); // they connect only when they are used
    use_cluster(pages);
    expect(users.is_configured() && pages.is_configured(),
           "a region is configured without its servers");
}
