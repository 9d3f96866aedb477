#include "cache.hpp"

#include <kennel/kennel.hpp>
#if defined(KENNEL_HAS_REDIS)
#include <kennel/backends/redis.hpp>
#include <kennel/backends/redis_cluster.hpp>
#include <kennel/backends/redis_sentinel.hpp>
#endif
#if defined(KENNEL_HAS_REDIS_TLS)
#include <kennel/backends/redis_tls.hpp>
#endif
#if defined(KENNEL_HAS_MEMCACHED)
#include <kennel/backends/memcached.hpp>
#endif
#if defined(KENNEL_HAS_TOML)
#include <kennel/config/toml.hpp>
#endif

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace demo {
namespace {

kennel::Settings load_config(const std::string& path) {
#if defined(KENNEL_HAS_TOML)
    kennel::Settings settings = kennel::load_toml(path);
    const auto first = settings.lower_bound(settings_prefix);
    if (first == settings.end() || !first->first.starts_with(settings_prefix))
        throw std::runtime_error(path + ": there is no table [cache], or nothing in it");
    return settings;
#else
    throw std::runtime_error("--config " + path +
                             ": this program was built without toml++, which reads such files; "
                             "use --backend and --argument");
#endif
}

std::string setting(const char* name) { return std::string(settings_prefix) + name; }

} // namespace

kennel::Settings cache_settings(const Options& options) {
    kennel::Settings settings = options.settings;
    if (options.config) settings.merge(load_config(*options.config));
    settings.try_emplace(setting("backend"), "memory");
    settings.try_emplace(setting("expiration_time"),
                         std::chrono::duration<double>(options.seconds / 2));
    return settings;
}

kennel::TimeSpan expiration_time(const kennel::Settings& settings) {
    return settings.at(setting("expiration_time"))
        .as<kennel::TimeSpan>()
        .value_or(kennel::unlimited);
}

Cache::Cache(const Options& options, const kennel::Settings& settings) {
    kennel::RegionOptions region{.name = "pages"};
    if (options.background_threads > 0)
        region.async_creation_runner = background_.emplace(
            static_cast<std::size_t>(options.background_threads));
    region_ = kennel::CacheRegion<>(std::move(region));
    region_.configure_from_config(settings, settings_prefix);
    // A region does without a server that is absent, or refuses it; a demo of that would show nothing.
    static_cast<void>(region_.backend()->get("is anybody there?"));
}

void Cache::wait_until_idle() const {
    if (background_) background_->wait_until_idle();
}

} // namespace demo
