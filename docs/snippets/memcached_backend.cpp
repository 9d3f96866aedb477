// needs: memcached
// For docs/memcached_backend.md.

#include "expect.hpp"

#include <chrono>

using namespace std::chrono_literals;

// clang-format off
// [configure]
#include <kennel/backends/memcached.hpp> // link kennel::memcached
#include <kennel/kennel.hpp>

void configure(kennel::CacheRegion<>& users) {
    users.configure("memcached", {.expiration_time = 1h,
                                  .arguments = {{"url", "cache1:11211 cache2:11211"},
                                                {"ketama", true},
                                                {"distributed_lock", true}}});
}
// [/configure]
// clang-format on

int main() {
    kennel::CacheRegion<> users;
    configure(users); // it connects only when it is used
    expect(users.is_configured(), "a region is configured without its servers");
}
