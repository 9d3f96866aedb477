#ifndef KENNEL_REGION_WRAPPING_HPP
#define KENNEL_REGION_WRAPPING_HPP

#include "kennel/detail/late.hpp"
#include "kennel/proxy_backend.hpp"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Proxies around a backend, which are taken off again unless `keep` is called: each is then as it was before.
template <class Lazy>
class BasicWrapping {
public:
    explicit BasicWrapping(std::shared_ptr<CacheBackend> backend) : outermost_(std::move(backend)) {}
    BasicWrapping(const BasicWrapping&) = delete;
    BasicWrapping& operator=(const BasicWrapping&) = delete;
    ~BasicWrapping() {
        for (const Late<std::shared_ptr<ProxyBackend>, Lazy>& proxy : added_) proxy->proxied_.reset();
    }

    /// Throws `ValidationError` when the proxy wraps another backend already.
    void add(const WrappedProxy& wrapped) {
        const WrappedProxy proxy = wrapped.make_ ? wrapped.make_() : wrapped;
        if (proxy.proxy_->proxied_ == nullptr) added_.push_back(proxy.proxy_);
        outermost_ = proxy.around(std::move(outermost_));
    }

    /// Adds proxies that are in the order of `ConfigureOptions::wrap`.
    void add(const Late<ProxyList, Lazy>& proxies) {
        for (std::size_t behind = proxies.size(); behind != 0; --behind)
            add(proxies[behind - 1]); // the innermost first
    }

    [[nodiscard]] const std::shared_ptr<CacheBackend>& outermost() const noexcept { return outermost_; }

    /// Leaves the proxies where they are.
    void keep() noexcept { added_.clear(); }

private:
    std::shared_ptr<CacheBackend> outermost_;
    std::vector<Late<std::shared_ptr<ProxyBackend>, Lazy>> added_; ///< those that have wrapped nothing before
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
