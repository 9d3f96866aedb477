#ifndef KENNEL_PROXIES_RETRY_DELETE_HPP
#define KENNEL_PROXIES_RETRY_DELETE_HPP

#include "kennel/backend_registry.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// Tries a removal again when it fails, because a removal that is lost leaves a wrong value to be served.
///
/// Arguments: `tries`, how often in all (whole number above zero; default: 3), and `pause`, how long to wait in between
/// (default: 100 ms), for which the caller is blocked. Only `BackendError` is a failure to try again after; that of the
/// last try is thrown. Registered for configuration files as "retry_delete".
class RetryDeleteProxy final : public ProxyBackend {
public:
    /// Throws `ValidationError` for an argument that is unknown or not acceptable. Waits on `clock`.
    explicit RetryDeleteProxy(const Arguments& arguments = {},
                              std::shared_ptr<const Clock> clock = SystemClock::shared())
        : clock_(std::move(clock)) {
        ArgumentReader reader(arguments, "proxy 'retry_delete'");
        tries_ = reader.get("tries", tries_);
        if (tries_ == 0) reader.refuse("tries", "is 0: it must be above zero");
        pause_ = reader.get("pause", pause_);
        reader.reject_unknown();
    }

    void erase(std::string_view key) override {
        persistently([&] { proxied().erase(key); });
    }

    void erase_multi(std::span<const std::string_view> keys) override {
        persistently([&] { proxied().erase_multi(keys); });
    }

private:
    template <class Removal>
    void persistently(Removal&& remove) const {
        for (std::size_t failed = 1; failed != tries_; ++failed) {
            try {
                return remove();
            } catch (const BackendError&) { // NOLINT(*-empty-catch): it is tried again
            }
            wait();
        }
        remove();
    }

    /// Waits on the clock, so that a simulated time can pass.
    void wait() const {
        const SteadyTime end = later_by(clock_->steady_now(), pause_);
        std::mutex mutex;
        std::condition_variable never;
        std::unique_lock lock(mutex);
        while (clock_->steady_now() < end) clock_->wait_until(never, lock, end);
    }

    std::shared_ptr<const Clock> clock_;
    std::size_t tries_ = 3;
    TimeSpan pause_ = std::chrono::milliseconds(100);
};

namespace detail {
inline const bool retry_delete_is_registered = self_register_proxy<RetryDeleteProxy>("retry_delete");
}

KENNEL_NAMESPACE_END

#endif
