// needs: redis redis_tls
// For docs/redis_tls.md.

#include "expect.hpp"

// clang-format off
// [configure]
#include <kennel/backends/redis.hpp>
#include <kennel/backends/redis_tls.hpp> // link kennel::redis and kennel::redis_tls
#include <kennel/kennel.hpp>

void configure(kennel::CacheRegion<>& users) {
    users.configure("redis", {.arguments = {{"url", "rediss://cache.example.com:6380/0"},
                                            {"ssl_ca_certs", "/etc/cache/authority.crt"}}});
}
// [/configure]
// clang-format on

int main() {
    kennel::CacheRegion<> users;
    bool is_refused = false;
    try {
        configure(users);
    } catch (const kennel::ValidationError&) {
        is_refused = true;
    }
    expect(is_refused, "certificates are read when a region is configured");
}
