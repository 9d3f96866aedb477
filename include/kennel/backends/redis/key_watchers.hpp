#ifndef KENNEL_BACKENDS_REDIS_KEY_WATCHERS_HPP
#define KENNEL_BACKENDS_REDIS_KEY_WATCHERS_HPP

#include "kennel/backends/redis/key_watcher.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The watcher of each server, begun when it is first asked for.
class KeyWatchers {
public:
    explicit KeyWatchers(std::shared_ptr<const RedisSettings> settings) : settings_(std::move(settings)) {}

    /// Null when the server has no tracking, or does not allow it.
    [[nodiscard]] std::shared_ptr<KeyWatcher> of(const Endpoint& endpoint) {
        const std::lock_guard lock(mutex_);
        std::shared_ptr<KeyWatcher>& watcher = watchers_[endpoint];
        if (watcher == nullptr) watcher = std::make_shared<KeyWatcher>(settings_, endpoint);
        return watcher->has_given_up() ? nullptr : watcher;
    }

private:
    std::shared_ptr<const RedisSettings> settings_;
    std::mutex mutex_;
    std::map<Endpoint, std::shared_ptr<KeyWatcher>> watchers_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
