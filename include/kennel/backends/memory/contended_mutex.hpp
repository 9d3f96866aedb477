#ifndef KENNEL_BACKENDS_MEMORY_CONTENDED_MUTEX_HPP
#define KENNEL_BACKENDS_MEMORY_CONTENDED_MUTEX_HPP

#include "kennel/version.hpp"

#include <mutex>
#include <thread>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A mutex for work that is shorter than falling asleep and being woken: it tries a while before it does so.
class ContendedMutex {
public:
    void lock() {
        for (int tries = 0; tries != 100; ++tries) {
            if (mutex_.try_lock()) return;
            relax();
        }
        for (int tries = 0; tries != 20; ++tries) {
            if (mutex_.try_lock()) return;
            std::this_thread::yield();
        }
        mutex_.lock();
    }
    [[nodiscard]] bool try_lock() { return mutex_.try_lock(); }
    void unlock() { mutex_.unlock(); }

private:
    /// Leaves the core's resources to others for a moment.
    static void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("yield");
#endif
    }

    std::mutex mutex_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
