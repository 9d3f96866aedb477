#ifndef KENNEL_BACKENDS_REDIS_KEY_WATCHERS_HPP
#define KENNEL_BACKENDS_REDIS_KEY_WATCHERS_HPP

#include "kennel/backends/redis/key_watcher.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The watcher of each server, begun when it is first asked for, and ended when the server has gone and nobody uses it.
class KeyWatchers {
public:
    explicit KeyWatchers(std::shared_ptr<const RedisSettings> settings) : settings_(std::move(settings)) {}

    /// Null when the server has no tracking, or does not allow it. `serves` says whether another server is still one of
    /// those that keys are kept by. Of one that is not the watcher is waited for until it has ended, which it does at
    /// once unless it is about to connect.
    template <class Serves>
    [[nodiscard]] std::shared_ptr<KeyWatcher> of(const Endpoint& endpoint, const Serves& serves) {
        std::vector<std::shared_ptr<KeyWatcher>> ended; // after the mutex is free again
        const std::lock_guard lock(mutex_);
        std::erase_if(watchers_, [&](auto& each) {
            const bool is_needed = each.first == endpoint || each.second.use_count() != 1 || serves(each.first);
            if (!is_needed) ended.push_back(std::move(each.second));
            return !is_needed;
        });
        std::shared_ptr<KeyWatcher>& watcher = watchers_[endpoint];
        if (watcher == nullptr) watcher = std::make_shared<KeyWatcher>(settings_, endpoint);
        return watcher->has_given_up() ? nullptr : watcher;
    }

    /// How many there are, for tests and reports.
    [[nodiscard]] std::size_t count() {
        const std::lock_guard lock(mutex_);
        return watchers_.size();
    }

private:
    std::shared_ptr<const RedisSettings> settings_;
    std::mutex mutex_;
    std::map<Endpoint, std::shared_ptr<KeyWatcher>> watchers_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
