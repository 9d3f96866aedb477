#ifndef KENNEL_BACKEND_REGISTRY_HPP
#define KENNEL_BACKEND_REGISTRY_HPP

#include "kennel/backend_context.hpp"
#include "kennel/cache_backend.hpp"
#include "kennel/detail/joined.hpp"
#include "kennel/detail/late.hpp"
#include "kennel/proxy_backend.hpp"

#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// Factories by name: thread-safe, and a name is given once.
template <class Factory>
class Registry {
public:
    /// `kind` names what is registered, in error messages.
    explicit Registry(std::string kind) : kind_(std::move(kind)) {}

    /// Throws `ValidationError` when the name is empty or taken.
    void add(std::string name, Factory factory) {
        const std::lock_guard lock(mutex_);
        if (name.empty()) throw ValidationError(detail::joined({"a ", kind_, " needs a name that is not empty"}));
        if (!factories_.try_emplace(name, std::move(factory)).second)
            throw ValidationError(detail::joined({"there is a ", kind_, " named '", name, "' already"}));
    }

    /// Adds `name`, or does nothing when there is one: for headers that register themselves.
    bool add_once(std::string name, Factory factory) {
        const std::lock_guard lock(mutex_);
        return factories_.try_emplace(std::move(name), std::move(factory)).second;
    }

    /// The factory of that name. Throws `PluginNotFound` with `hint` and the names that there are.
    [[nodiscard]] Factory find(std::string_view name, std::string_view hint = {}) const {
        const std::lock_guard lock(mutex_);
        if (const auto found = factories_.find(name); found != factories_.end()) return found->second;
        throw PluginNotFound(
            detail::joined({"there is no ", kind_, " named '", name, "'", hint, "; registered: ", names()}));
    }

private:
    [[nodiscard]] std::string names() const {
        std::string text;
        for (const auto& [name, factory] : factories_) text.append(text.empty() ? "" : ", ").append(name);
        return text.empty() ? "none" : text;
    }

    std::string kind_;
    mutable std::mutex mutex_;
    std::map<std::string, Factory, std::less<>> factories_;
};

using BackendFactory = std::function<std::shared_ptr<CacheBackend>(const BackendContext&)>;
using ProxyFactory = std::function<WrappedProxy(const Arguments&)>;

/// The backends that `configure` finds by name; lives as long as the program.
template <class Lazy = void>
[[nodiscard]] Registry<BackendFactory>& backend_registry() {
    static auto* const registry = new Registry<detail::Late<BackendFactory, Lazy>>("backend");
    return *registry;
}

/// The proxies that a configuration file can name; lives as long as the program.
template <class Lazy = void>
[[nodiscard]] Registry<ProxyFactory>& proxy_registry() {
    static auto* const registry = new Registry<detail::Late<ProxyFactory, Lazy>>("proxy");
    return *registry;
}

namespace detail {

/// Makes a `Product` by the richest constructor it has: from the context, from the arguments, or from nothing.
template <class Product>
[[nodiscard]] std::shared_ptr<Product> make_product(const BackendContext& context, std::string_view name) {
    if constexpr (std::constructible_from<Product, const BackendContext&>) {
        return std::make_shared<Product>(context);
    } else if constexpr (std::constructible_from<Product, const Arguments&>) {
        return std::make_shared<Product>(context.arguments);
    } else {
        static_assert(std::default_initializable<Product>,
                      "a backend or proxy is made from const kennel::BackendContext&, from const "
                      "kennel::Arguments&, or from nothing: give it one of these constructors");
        BasicArgumentReader<Late<void, Product>>(context.arguments, name).reject_unknown();
        return std::make_shared<Product>();
    }
}

/// dogpile's names for the backends that Kennel calls more shortly.
[[nodiscard]] inline std::string_view canonical_backend_name(std::string_view name) {
    struct Alias {
        std::string_view dogpile;
        std::string_view kennel;
    };
    constexpr Alias aliases[] = {
        {"dogpile.cache.null", "null"},
        {"dogpile.cache.memory", "memory"},
        {"dogpile.cache.memory_pickle", "memory_bytes"},
        {"dogpile.cache.redis", "redis"},
        {"dogpile.cache.redis_sentinel", "redis_sentinel"},
        {"dogpile.cache.redis_cluster", "redis_cluster"},
        {"dogpile.cache.valkey", "redis"},
        {"dogpile.cache.valkey_sentinel", "redis_sentinel"},
        {"dogpile.cache.valkey_cluster", "redis_cluster"},
        {"dogpile.cache.pylibmc", "memcached"},
        {"dogpile.cache.memcached", "memcached"},
        {"dogpile.cache.bmemcached", "memcached"},
        {"dogpile.cache.pymemcache", "memcached"},
    };
    for (const Alias& alias : aliases)
        if (alias.dogpile == name) return alias.kennel;
    return name;
}

[[nodiscard]] inline std::string_view backend_hint(std::string_view name) {
    if (name == "null") return ": include <kennel/backends/null.hpp>";
    if (name.starts_with("memory")) return ": include <kennel/backends/memory.hpp>";
    if (name.starts_with("redis") || name.starts_with("valkey"))
        return ": include <kennel/backends/redis.hpp> and link kennel::redis";
    if (name == "memcached")
        return ": include <kennel/backends/memcached.hpp> and link kennel::memcached";
    return ": call kennel::register_backend<YourBackend>(name) before configure()";
}

/// The names of `register_built_in_backends` are taken before it is called, which is when a region is configured.
inline void refuse_built_in_name(std::string_view name) {
    if (name == "memory" || name == "memory_bytes" || name == "null")
        throw ValidationError(joined({"there is a backend named '", name, "' already"}));
}

} // namespace detail

/// Makes `Backend` known to `configure` as `name`. Throws `ValidationError` when the name is taken.
///
/// `Backend` is made from `const BackendContext&`, from `const Arguments&`, or from nothing, whichever it has.
template <std::derived_from<CacheBackend> Backend>
void register_backend(std::string name) {
    detail::refuse_built_in_name(name);
    backend_registry<detail::Late<void, Backend>>().add(name, [name](const BackendContext& context) {
        return detail::make_product<Backend>(context, detail::joined({"backend '", name, "'"}));
    });
}

/// Makes a factory known to `configure` as `name`. Throws `ValidationError` when the name is taken.
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

/// Makes the backend of that name, or of dogpile's name for it.
template <class Lazy = void>
[[nodiscard]] std::shared_ptr<CacheBackend> make_backend(std::string_view name, const BackendContext& context) {
    const std::string_view canonical = detail::canonical_backend_name(name);
    const detail::Late<BackendFactory, Lazy> factory =
        backend_registry<Lazy>().find(canonical, detail::backend_hint(canonical));
    std::shared_ptr<CacheBackend> backend = factory(context);
    if (backend == nullptr)
        throw ValidationError(detail::joined({"the factory of backend '", name, "' made nothing"}));
    return backend;
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
