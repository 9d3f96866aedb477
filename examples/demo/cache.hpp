#ifndef KENNEL_DEMO_CACHE_HPP
#define KENNEL_DEMO_CACHE_HPP

#include "options.hpp"

#include <kennel/cache_region.hpp>
#include <kennel/thread_pool_runner.hpp>

#include <optional>

namespace demo {

/// What the command line, which comes first, and the configuration file say of the cache, and what neither says.
[[nodiscard]] kennel::Settings cache_settings(const Options& options);

/// How long a page is fresh.
[[nodiscard]] kennel::TimeSpan expiration_time(const kennel::Settings& settings);

/// The region of the pages, and the threads on which it renews them.
class Cache {
public:
    Cache(const Options& options, const kennel::Settings& settings);

    [[nodiscard]] const kennel::CacheRegion<>& region() const { return region_; }

    /// Blocks until no page is being renewed in the background.
    void wait_until_idle() const;

private:
    std::optional<kennel::ThreadPoolRunner> background_;
    kennel::CacheRegion<> region_;
};

} // namespace demo

#endif
