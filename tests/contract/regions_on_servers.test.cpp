// needs: memcached redis
// What holds for regions of every kind, on servers.

#include "kennel/backends/memcached.hpp"
#include "kennel/backends/redis.hpp"

#include "support/memcached_server.hpp"
#include "support/prefixed_keys.hpp"
#include "support/redis_server.hpp"
#include "support/region_variants.hpp"

#include <memory>
#include <string>
#include <vector>

namespace {

/// Each region has keys of its own on the server, as each in memory has a store of its own.
template <class Url>
test::RegionFactory on_server(const std::string& name, const std::string& backend, bool has_locks, const Url& url_of) {
    test::RegionFactory factory;
    factory.name = "on " + name + (has_locks ? ", with its locks" : ", without locks");
    factory.backend = backend;
    factory.prepare = [has_locks, url_of](kennel::ConfigureOptions& options) {
        static int count = 0;
        options.arguments.emplace("url", url_of());
        options.arguments.emplace("distributed_lock", has_locks);
        options.wrap.push_back(std::make_shared<test::PrefixedKeys>("region " + std::to_string(++count) + ' '));
    };
    return factory;
}

std::string redis_url() { return test::redis_server().url(); }
std::string memcached_url() { return test::memcached_server().url(); }

[[maybe_unused]] const bool is_on_servers = [] {
    test::regions_on_servers() = {on_server("Redis", "redis", false, redis_url),
                                  on_server("Redis", "redis", true, redis_url),
                                  on_server("Memcached", "memcached", false, memcached_url),
                                  on_server("Memcached", "memcached", true, memcached_url)};
    return true;
}();

} // namespace

// The test cases themselves, once more.
#include "cache_region/expiration.test.cpp"
#include "cache_region/get_and_set.test.cpp"
#include "cache_region/metadata.test.cpp"
#include "cache_region/multi.test.cpp"
#include "cached_multi_function.test.cpp"
#include "empty_values.test.cpp"
#include "lookup.test.cpp"

#include "cache_region/invalidate.test.cpp" // last, for others have variables of the names of its functions
