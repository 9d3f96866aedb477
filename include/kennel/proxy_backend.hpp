#ifndef KENNEL_PROXY_BACKEND_HPP
#define KENNEL_PROXY_BACKEND_HPP

#include "kennel/cache_backend.hpp"
#include "kennel/errors.hpp"

#include <concepts>
#include <memory>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

class WrappedProxy;

/// A backend that wraps another backend: what it does not override goes on to the next one, `proxied()`.
///
/// A proxy that overrides `get`, `set` or `erase` sees every read, write or removal, whatever the region calls: `visit` and
/// the `_multi` forms come down to the overridden one, key by key. Override these as well to keep one round trip for many keys.
class ProxyBackend : public CacheBackend {
public:
    [[nodiscard]] std::optional<CachedValue> get(std::string_view key) override {
        return proxied().get(key);
    }
    void set(std::string_view key, const CachedValue& value) override { proxied().set(key, value); }
    void erase(std::string_view key) override { proxied().erase(key); }

    bool visit(std::string_view key, Reader reader) override {
        return overrides_.get ? CacheBackend::visit(key, reader) : proxied().visit(key, reader);
    }
    void get_multi(std::span<const std::string_view> keys, MultiReader reader) override {
        overrides_.get ? CacheBackend::get_multi(keys, reader) : proxied().get_multi(keys, reader);
    }
    void set_multi(std::span<const BackendEntry> entries) override {
        overrides_.set ? CacheBackend::set_multi(entries) : proxied().set_multi(entries);
    }
    void erase_multi(std::span<const std::string_view> keys) override {
        overrides_.erase ? CacheBackend::erase_multi(keys) : proxied().erase_multi(keys);
    }

    [[nodiscard]] std::shared_ptr<CacheMutex> get_mutex(std::string_view key) override {
        return proxied().get_mutex(key);
    }
    [[nodiscard]] std::function<std::string(std::string_view)> key_mangler() const override {
        return proxied().key_mangler();
    }
    [[nodiscard]] PayloadForm payload_form() const override { return proxied().payload_form(); }
    [[nodiscard]] BackendCapabilities capabilities() const override { return proxied().capabilities(); }

    /// The backend that this one wraps. Throws `RegionNotConfigured` while it wraps none.
    [[nodiscard]] CacheBackend& proxied() const {
        if (proxied_ == nullptr)
            throw RegionNotConfigured("this proxy wraps no backend yet: give it to configure() in 'wrap'");
        return *proxied_;
    }

private:
    friend class WrappedProxy;

    struct Overrides {
        bool get = true;
        bool set = true;
        bool erase = true;
    };

    std::shared_ptr<CacheBackend> proxied_;
    Overrides overrides_; ///< what is not known to be inherited counts as overridden, which is only slower
};

/// One element of `ConfigureOptions::wrap`: a proxy, with the knowledge of what its class overrides.
class WrappedProxy {
public:
    template <std::derived_from<ProxyBackend> Proxy>
    WrappedProxy(std::shared_ptr<Proxy> proxy) // NOLINT(*-explicit-*): elements of a list
        : proxy_(std::move(proxy)) {
        if (proxy_ == nullptr) throw ValidationError("a proxy to wrap a backend with is null");
        const ProxyBackend& given = *proxy_; // whose class may be derived from `Proxy`, and override more
        if constexpr (!std::same_as<Proxy, ProxyBackend>)
            if (typeid(given) == typeid(Proxy))
                overrides_ = {.get = overrides_get<Proxy>(),
                              .set = overrides_set<Proxy>(),
                              .erase = overrides_erase<Proxy>()};
    }

    /// Puts the proxy in front of `backend`. Throws `ValidationError` when it already wraps one, since one instance has
    /// room for one.
    [[nodiscard]] std::shared_ptr<CacheBackend> around(std::shared_ptr<CacheBackend> backend) const {
        if (proxy_->proxied_ != nullptr && proxy_->proxied_ != backend)
            throw ValidationError("this proxy instance already wraps a backend: make one for each region");
        proxy_->proxied_ = std::move(backend);
        proxy_->overrides_ = overrides_;
        return proxy_;
    }

private:
    template <class Member>
    struct ClassOf;
    template <class Class, class Signature>
    struct ClassOf<Signature Class::*> : std::type_identity<Class> {};

    template <class Member>
    static constexpr bool is_inherited = std::same_as<typename ClassOf<Member>::type, ProxyBackend>;

    template <class Proxy>
    static constexpr bool overrides_get() {
        if constexpr (requires { &Proxy::get; }) return !is_inherited<decltype(&Proxy::get)>;
        return true;
    }
    template <class Proxy>
    static constexpr bool overrides_set() {
        if constexpr (requires { &Proxy::set; }) return !is_inherited<decltype(&Proxy::set)>;
        return true;
    }
    template <class Proxy>
    static constexpr bool overrides_erase() {
        if constexpr (requires { &Proxy::erase; }) return !is_inherited<decltype(&Proxy::erase)>;
        return true;
    }

    std::shared_ptr<ProxyBackend> proxy_;
    ProxyBackend::Overrides overrides_;
};

/// Proxies around a backend, outermost first.
using ProxyList = std::vector<WrappedProxy>;

/// The innermost backend behind any number of proxies.
[[nodiscard]] inline CacheBackend& innermost(CacheBackend& backend) {
    CacheBackend* current = &backend;
    while (auto* const proxy = dynamic_cast<ProxyBackend*>(current)) current = &proxy->proxied();
    return *current;
}

KENNEL_NAMESPACE_END

#endif
