#ifndef KENNEL_BACKEND_REGISTRY_HPP
#define KENNEL_BACKEND_REGISTRY_HPP

#include "kennel/backend_context.hpp"
#include "kennel/cache_backend.hpp"
#include "kennel/detail/joined.hpp"
#include "kennel/detail/late.hpp"
#include "kennel/proxy_backend.hpp"
#include "kennel/registry.hpp"

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// Makes a backend from the arguments of `configure`.
using BackendFactory = std::function<std::shared_ptr<CacheBackend>(const BackendContext&)>;

/// Makes a proxy, which wraps nothing yet, from arguments.
using ProxyFactory = std::function<WrappedProxy(const Arguments&)>;

namespace detail {

/// dogpile's names for the backends that Kennel calls more shortly.
inline constexpr PluginAlias backend_aliases[] = {
    {"dogpile.cache.null", "null"},
    {"dogpile.cache.memory", "memory"},
    {"dogpile.cache.memory_pickle", "memory_bytes"},
    {"dogpile.cache.redis", "redis"},
    {"dogpile.cache.redis_sentinel", "redis_sentinel"},
    {"dogpile.cache.redis_cluster", "redis_cluster"},
    {"valkey", "redis"},
    {"valkey_sentinel", "redis_sentinel"},
    {"valkey_cluster", "redis_cluster"},
    {"dogpile.cache.valkey", "redis"},
    {"dogpile.cache.valkey_sentinel", "redis_sentinel"},
    {"dogpile.cache.valkey_cluster", "redis_cluster"},
    {"dogpile.cache.pylibmc", "memcached"},
    {"dogpile.cache.memcached", "memcached"},
    {"dogpile.cache.bmemcached", "memcached"},
    {"dogpile.cache.pymemcache", "memcached"},
};

#if __has_include("kennel/backends/redis.hpp")
inline constexpr std::string_view redis_remedy = "include <kennel/backends/redis.hpp> and link kennel::redis";
inline constexpr std::string_view sentinel_remedy =
    "include <kennel/backends/redis_sentinel.hpp> and link kennel::redis";
inline constexpr std::string_view cluster_remedy = "include <kennel/backends/redis_cluster.hpp> and link kennel::redis";
#else
inline constexpr std::string_view redis_remedy =
    "it needs <kennel/backends/redis.hpp> and kennel::redis, which this installation of Kennel does not have";
inline constexpr std::string_view sentinel_remedy = redis_remedy;
inline constexpr std::string_view cluster_remedy = redis_remedy;
#endif

#if __has_include("kennel/backends/memcached.hpp")
inline constexpr std::string_view memcached_remedy =
    "include <kennel/backends/memcached.hpp> and link kennel::memcached";
#else
inline constexpr std::string_view memcached_remedy =
    "it needs <kennel/backends/memcached.hpp> and kennel::memcached, which this installation of Kennel does not have";
#endif

inline constexpr std::string_view built_in_remedy = "make it by kennel::make_backend, which registers it";

inline constexpr ShippedPlugin shipped_backends[] = {
    {"memory", built_in_remedy},     {"memory_bytes", built_in_remedy},   {"null", built_in_remedy},
    {"redis", redis_remedy},         {"redis_sentinel", sentinel_remedy}, {"redis_cluster", cluster_remedy},
    {"memcached", memcached_remedy},
};

inline constexpr ShippedPlugin shipped_proxies[] = {
    {"logging", "include <kennel/proxies/logging.hpp>"},
    {"retry_delete", "include <kennel/proxies/retry_delete.hpp>"},
};

template <class Lazy>
inline constexpr Late<KnownPlugins, Lazy> known_backends = {
    .aliases = backend_aliases,
    .shipped = shipped_backends,
    .remedy = "if it is your own, call kennel::register_backend<YourBackend>(name) first",
};

template <class Lazy>
inline constexpr Late<KnownPlugins, Lazy> known_proxies = {
    .shipped = shipped_proxies,
    .remedy = "if it is your own, call kennel::register_proxy<YourProxy>(name) first",
};

} // namespace detail

/// The backends that are registered; lives as long as the program. `make_backend` registers the built-in ones.
template <class Lazy = void>
[[nodiscard]] Registry<BackendFactory>& backend_registry() {
    static auto* const registry = new Registry<detail::Late<BackendFactory, Lazy>>("backend",
                                                                                   detail::known_backends<Lazy>);
    return *registry;
}

/// The proxies that a configuration file can name; lives as long as the program.
template <class Lazy = void>
[[nodiscard]] Registry<ProxyFactory>& proxy_registry() {
    static auto* const registry = new Registry<detail::Late<ProxyFactory, Lazy>>("proxy", detail::known_proxies<Lazy>);
    return *registry;
}

namespace detail {

/// Makes a `Product` by the richest constructor it has: from the context, from the arguments, or from nothing.
template <class Product>
[[nodiscard]] std::shared_ptr<Product> make_product(const BackendContext& context, std::string_view name) {
    if constexpr (std::is_abstract_v<Product>) {
        static_assert(
            !std::is_abstract_v<Product>,
            "a backend implements get, set and erase of kennel::CacheBackend, with the same parameters: mark them "
            "'override', and the compiler says which one differs");
        return nullptr;
    } else if constexpr (std::constructible_from<Product, const BackendContext&>) {
        return std::make_shared<Product>(context);
    } else if constexpr (std::constructible_from<Product, const Arguments&>) {
        return std::make_shared<Product>(context.arguments);
    } else if constexpr (std::default_initializable<Product>) {
        BasicArgumentReader<Late<void, Product>>(context.arguments, name).reject_unknown();
        return std::make_shared<Product>();
    } else {
        static_assert(std::default_initializable<Product>,
                      "a backend or proxy is made from const kennel::BackendContext&, from const "
                      "kennel::Arguments&, or from nothing: give it one of these constructors");
        return nullptr;
    }
}

/// The names of the built-in backends are taken also before `make_backend` registers them.
inline void refuse_built_in_name(std::string_view name) {
    if (name == "memory" || name == "memory_bytes" || name == "null")
        throw ValidationError(joined({"there is a backend named '", name, "' already"}));
}

} // namespace detail

/// Makes `Backend` known to `configure` as `name`. Throws `ValidationError` when the name is taken, or is one of
/// dogpile's names for a backend.
///
/// `Backend` is made from `const BackendContext&`, from `const Arguments&`, or from nothing, whichever it has.
template <std::derived_from<CacheBackend> Backend>
void register_backend(std::string name) {
    detail::refuse_built_in_name(name);
    backend_registry<detail::Late<void, Backend>>().add(name, [name](const BackendContext& context) {
        return detail::make_product<Backend>(context, detail::joined({"backend '", name, "'"}));
    });
}

/// Makes a factory known to `configure` as `name`. Throws `ValidationError` as the other one does.
template <class Lazy = void>
void register_backend(std::string name, BackendFactory factory) {
    detail::refuse_built_in_name(name);
    backend_registry<Lazy>().add(std::move(name), std::move(factory));
}

/// Makes `Proxy` known to configuration files as `name`. Throws `ValidationError` when the name is taken.
template <std::derived_from<ProxyBackend> Proxy>
void register_proxy(std::string name) {
    proxy_registry<detail::Late<void, Proxy>>().add(name, [name](const Arguments& arguments) {
        return WrappedProxy(detail::make_product<Proxy>({arguments}, detail::joined({"proxy '", name, "'"})));
    });
}

namespace detail {

/// Registers a backend that ships with Kennel; its header runs this once for every file that includes it.
template <class Backend>
bool self_register(const char* name) {
    return backend_registry<Late<void, Backend>>().add_once(name, [name](const BackendContext& context) {
        return make_product<Backend>(context, joined({"backend '", name, "'"}));
    });
}

template <class Proxy>
bool self_register_proxy(const char* name) {
    return proxy_registry<Late<void, Proxy>>().add_once(name, [name](const Arguments& arguments) {
        return WrappedProxy(make_product<Proxy>({arguments}, joined({"proxy '", name, "'"})));
    });
}

} // namespace detail

KENNEL_NAMESPACE_END

#endif
