#ifndef KENNEL_DEMO_CACHE_HPP
#define KENNEL_DEMO_CACHE_HPP

#include "options.hpp"

#include <kennel/cache_region.hpp>

namespace demo {

/// What the command line, which comes first, and the configuration file say of the cache, and what neither says.
[[nodiscard]] kennel::Settings cache_settings(const Options& options);

/// How long a page is fresh.
[[nodiscard]] kennel::TimeSpan expiration_time(const kennel::Settings& settings);

[[nodiscard]] kennel::CacheRegion<> make_cache(const Options& options,
                                               const kennel::Settings& settings);

} // namespace demo

#endif
