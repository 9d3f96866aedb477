#include <kennel/kennel.hpp>
#ifdef USE_JSON
#include <kennel/serializers/json.hpp>
#endif
#ifdef USE_REDIS
#include <kennel/backends/redis.hpp>
#endif
#ifdef USE_REDIS_TLS
#include <kennel/backends/redis_tls.hpp>
#endif
#ifdef USE_MEMCACHED
#include <kennel/backends/memcached.hpp>
#endif

int main() {
    kennel::CacheRegion region;
    region.configure("memory");
    const int created = region.get_or_create("answer", [] { return 42; });
    const int stored = region.get_or_create("answer", [] { return 0; });
    return created == 42 && stored == 42 ? 0 : 1;
}
