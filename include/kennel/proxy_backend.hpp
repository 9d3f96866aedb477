#ifndef KENNEL_PROXY_BACKEND_HPP
#define KENNEL_PROXY_BACKEND_HPP

#include "kennel/cache_backend.hpp"
#include "kennel/errors.hpp"

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

class WrappedProxy;

namespace detail {
template <class Lazy>
class BasicWrapping;
}

/// A backend that wraps another backend: what it does not override goes on to the next one, `proxied()`.
///
/// A proxy that overrides `get`, `set` or `erase` sees every read, write or removal, whatever the region calls: `visit`
/// and the `_multi` forms come down to the overridden one, key by key. Override these as well to keep one round trip
/// for many keys.
class ProxyBackend : public CacheBackend {
public:
    [[nodiscard]] std::optional<CachedValue> get(std::string_view key) override { return proxied().get(key); }
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
    template <class Lazy>
    friend class detail::BasicWrapping;

    struct Overrides {
        bool get = true;
        bool set = true;
        bool erase = true;
    };

    std::shared_ptr<CacheBackend> proxied_;
    Overrides overrides_; ///< what is not known to be inherited counts as overridden, which is only slower
};

/// One element of `ConfigureOptions::wrap`: a proxy that there is, or the class of one that is made for each region.
class WrappedProxy {
public:
    /// Throws `ValidationError` when `proxy` is null.
    template <std::derived_from<ProxyBackend> Proxy>
    WrappedProxy(std::shared_ptr<Proxy> proxy) // NOLINT(*-explicit-*): elements of a list
        : proxy_(std::move(proxy)) {
        if (proxy_ == nullptr) throw ValidationError("a proxy to wrap a backend with is null");
        const ProxyBackend& given = *proxy_; // whose class may be derived from `Proxy`, and override more
        if constexpr (!std::same_as<Proxy, ProxyBackend>)
            if (typeid(given) == typeid(Proxy))
                overrides_ = {
                    .get = overrides_get<Proxy>(), .set = overrides_set<Proxy>(), .erase = overrides_erase<Proxy>()};
    }

    /// A `Proxy` that is made anew from copies of these arguments whenever a backend is wrapped, so that the same
    /// options can set up several regions.
    template <std::derived_from<ProxyBackend> Proxy, class... Given>
    [[nodiscard]] static WrappedProxy of(Given&&... arguments) {
        constexpr bool is_makeable = (std::copy_constructible<std::decay_t<Given>> && ...) &&
                                     std::constructible_from<Proxy, const std::decay_t<Given>&...>;
        static_assert(is_makeable, "kennel::WrappedProxy::of: the proxy cannot be made from copies of these "
                                   "arguments, which are kept, and handed over as const for each new one");
        if constexpr (is_makeable)
            return WrappedProxy([... kept = std::decay_t<Given>(std::forward<Given>(arguments))] {
                return WrappedProxy(std::make_shared<Proxy>(kept...));
            });
    }

    /// Puts the proxy in front of `backend`. Throws `ValidationError` when it already wraps another one, since one
    /// instance has room for one, and what the constructor of a new proxy throws.
    [[nodiscard]] std::shared_ptr<CacheBackend> around(std::shared_ptr<CacheBackend> backend) const {
        if (make_) return make_().around(std::move(backend));
        if (proxy_->proxied_ == backend) return proxy_;
        if (proxy_->proxied_ != nullptr)
            throw ValidationError("this proxy instance already wraps a backend: make one for each region, or wrap "
                                  "kennel::WrappedProxy::of<YourProxy>(arguments...), which does");
        proxy_->proxied_ = std::move(backend);
        proxy_->overrides_ = overrides_;
        return proxy_;
    }

private:
    template <class Lazy>
    friend class detail::BasicWrapping;

    explicit WrappedProxy(std::function<WrappedProxy()> make) : make_(std::move(make)) {}

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

    std::shared_ptr<ProxyBackend> proxy_; ///< null when one is made for each backend
    ProxyBackend::Overrides overrides_;
    std::function<WrappedProxy()> make_;
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
