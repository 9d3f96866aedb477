// needs: redis
// For docs/redis_backend.md.

#include "expect.hpp"

#include <chrono>

using namespace std::chrono_literals;

// clang-format off
// [configure]
#include <kennel/backends/redis.hpp> // link kennel::redis
#include <kennel/kennel.hpp>

void configure(kennel::CacheRegion<>& users) {
    users.configure("redis", {.expiration_time = 1h,
                              .arguments = {{"url", "redis://cache.example.com:6379/0"},
                                            {"distributed_lock", true}}});
}
// [/configure]
// clang-format on

int main() {
    kennel::CacheRegion<> users;
    configure(users); // it connects only when it is used
    expect(users.is_configured(), "a region is configured without its server");
}
