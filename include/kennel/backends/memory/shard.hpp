#ifndef KENNEL_BACKENDS_MEMORY_SHARD_HPP
#define KENNEL_BACKENDS_MEMORY_SHARD_HPP

#include "kennel/cache_backend.hpp"

#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A part of the memory backend: entries by key behind one lock, in a ring around which a hand goes.
///
/// The hand evicts what has not been used since it last came by (CLOCK; F. Corbató, 1968), and on every store it looks at two
/// entries whether they have expired, so that memory comes back although nobody reads them.
template <class Lazy>
class MemoryShard {
public:
    void limit(std::size_t most_entries) { most_entries_ = most_entries; }

    bool visit(std::string_view key, const Clock& clock, CacheBackend::Reader reader) {
        const std::lock_guard lock(mutex_);
        const auto found = index_.find(key);
        if (found == index_.end()) return false;
        Entry& entry = *found->second;
        if (has_expired(entry, clock)) {
            remove(found->second);
            return false;
        }
        entry.is_used = true;
        reader(entry.value);
        return true;
    }

    void set(std::string_view key, const CachedValue& value, SteadyTime expires, const Clock& clock) {
        Ring fresh; // built and freed outside the lock
        fresh.push_back({std::string(key), value, expires});
        const std::lock_guard lock(mutex_);
        for (int looks = 0; looks != 2 && !ring_.empty(); ++looks) step(clock);
        if (const auto found = index_.find(key); found != index_.end()) {
            std::swap(found->second->value, fresh.front().value);
            found->second->expires = expires;
            return;
        }
        while (ring_.size() >= most_entries_) evict(clock);
        index_.emplace(fresh.front().key, fresh.begin());
        ring_.splice(hand_, fresh);
    }

    void erase(std::string_view key) {
        const std::lock_guard lock(mutex_);
        if (const auto found = index_.find(key); found != index_.end()) remove(found->second);
    }

    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return ring_.size();
    }

private:
    struct Entry {
        std::string key;
        CachedValue value;
        SteadyTime expires;
        bool is_used = false;
    };
    using Ring = std::list<Entry>;

    [[nodiscard]] static bool has_expired(const Entry& entry, const Clock& clock) {
        return entry.expires != no_deadline && clock.coarse_steady_now() >= entry.expires;
    }

    void remove(typename Ring::iterator entry) {
        if (hand_ == entry) ++hand_;
        index_.erase(entry->key);
        ring_.erase(entry);
    }

    typename Ring::iterator under_hand() {
        if (hand_ == ring_.end()) hand_ = ring_.begin();
        return hand_;
    }

    void step(const Clock& clock) {
        const auto entry = under_hand();
        if (has_expired(*entry, clock)) remove(entry);
        else ++hand_;
    }

    void evict(const Clock& clock) {
        const auto entry = under_hand();
        if (entry->is_used && !has_expired(*entry, clock)) {
            entry->is_used = false;
            ++hand_;
        } else {
            remove(entry);
        }
    }

    mutable std::mutex mutex_;
    std::size_t most_entries_ = static_cast<std::size_t>(-1);
    std::unordered_map<std::string_view, typename Ring::iterator> index_; ///< keys lie in the ring
    Ring ring_;
    typename Ring::iterator hand_ = ring_.end();
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
