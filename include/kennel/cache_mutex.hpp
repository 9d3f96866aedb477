#ifndef KENNEL_CACHE_MUTEX_HPP
#define KENNEL_CACHE_MUTEX_HPP

#include "kennel/clock.hpp"

#include <concepts>

KENNEL_NAMESPACE_BEGIN

/// The lock of one key that a backend provides, so that a value is created once across processes.
///
/// One object serves one acquisition at a time. It may be released on another thread than the one that acquired it.
class CacheMutex {
public:
    virtual ~CacheMutex() = default;

    /// Tries until `deadline` (steady time; a moment in the past means once) and says whether the lock is held now.
    /// Blocks no longer than that. Throws `BackendError` when the lock's server cannot be asked.
    [[nodiscard]] virtual bool acquire(SteadyTime deadline) = 0;

    /// Gives the lock up; nothing happens when it is no longer held, for example because its lease ran out.
    virtual void release() noexcept = 0;

    /// Whether anybody holds the lock now; never acquires it.
    [[nodiscard]] virtual bool locked() = 0;

    /// Waits as long as it takes.
    [[nodiscard]] bool acquire() { return acquire(no_deadline); }

    /// Tries once.
    [[nodiscard]] bool try_acquire() { return acquire(at_once); }
};

/// What can be locked, unlocked and asked like a `CacheMutex`.
template <class Mutex>
concept MutexLike = requires(Mutex& mutex, SteadyTime deadline) {
    { mutex.acquire(deadline) } -> std::same_as<bool>;
    { mutex.locked() } -> std::same_as<bool>;
    mutex.release();
};

static_assert(MutexLike<CacheMutex>);

KENNEL_NAMESPACE_END

#endif
