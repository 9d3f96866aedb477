#ifndef KENNEL_CACHE_MUTEX_HPP
#define KENNEL_CACHE_MUTEX_HPP

#include "kennel/clock.hpp"

#include <concepts>

KENNEL_NAMESPACE_BEGIN

/// What has become of the wait for the turn to create a value.
enum class Turn {
    mine,      ///< the lock is held: create
    made,      ///< the lock is not held, but who held it has stored something meanwhile: look at the store again
    timed_out, ///< somebody else holds the lock
};

/// The lock of one key that a backend provides, so that a value is created once across processes.
///
/// One object serves one acquisition at a time. It may be released on another thread than the one that acquired it.
class CacheMutex {
public:
    virtual ~CacheMutex() = default;

    /// Tries until `deadline` (steady time; a moment in the past means once) and says whether the lock is held now.
    /// Blocks no longer than that, but for the last question to the lock's server, which has a time limit of its own.
    /// Throws `BackendError` when the server cannot be asked.
    [[nodiscard]] virtual bool acquire(SteadyTime deadline) = 0;

    /// Gives the lock up; nothing happens when it is no longer held, for example because its lease ran out.
    virtual void release() noexcept = 0;

    /// Whether anybody holds the lock now; never acquires it.
    [[nodiscard]] virtual bool locked() = 0;

    /// Waits like `acquire` for the turn to create the value of the key; unlike it, it may also end because somebody
    /// else has created it. After `Turn::made` the next call takes the lock if it is free, so who finds nothing fresh
    /// calls again.
    [[nodiscard]] virtual Turn await_turn(SteadyTime deadline) {
        return acquire(deadline) ? Turn::mine : Turn::timed_out;
    }

    /// Whether `look_or_acquire` takes no longer than a look at the store alone.
    [[nodiscard]] virtual bool can_look() const noexcept { return false; }

    /// For who has not looked at the store yet: `Turn::made` if it has an entry, which the next look finds without
    /// asking again; if not, tries once for the lock.
    [[nodiscard]] virtual Turn look_or_acquire() { return await_turn(at_once); }

    /// Whether the lock is known to have been lost after it was acquired last: its lease ran out, or it was taken away.
    [[nodiscard]] virtual bool is_lost() const noexcept { return false; }

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
