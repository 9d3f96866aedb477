#ifndef KENNEL_CREATION_SCOPE_HPP
#define KENNEL_CREATION_SCOPE_HPP

#include "kennel/cache_mutex.hpp"

#include <memory>
#include <span>

KENNEL_NAMESPACE_BEGIN

/// Says, while it lives, that what this thread reads and writes belongs to creations that wait for, or hold, these
/// mutexes.
///
/// A backend that finds its own mutex of a key here may answer a read of that key with what it has read along with the
/// lock, and stores the key only if the lock is still held, in one command with giving it back. Proxies need to know
/// nothing of it.
class CreationScope {
public:
    /// The mutexes must outlive the scope.
    explicit CreationScope(std::span<const std::shared_ptr<CacheMutex>> mutexes) noexcept
        : mutexes_(mutexes), outer_(current_) {
        current_ = this;
    }
    CreationScope(const CreationScope&) = delete;
    CreationScope& operator=(const CreationScope&) = delete;
    ~CreationScope() { current_ = outer_; }

    /// The mutexes of the innermost scope of this thread; none outside of any.
    [[nodiscard]] static std::span<const std::shared_ptr<CacheMutex>> mutexes() noexcept {
        return current_ != nullptr ? current_->mutexes_ : std::span<const std::shared_ptr<CacheMutex>>();
    }

private:
    static inline constinit thread_local const CreationScope* current_ = nullptr;

    std::span<const std::shared_ptr<CacheMutex>> mutexes_;
    const CreationScope* outer_;
};

KENNEL_NAMESPACE_END

#endif
