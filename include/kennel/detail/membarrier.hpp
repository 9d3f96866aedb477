#ifndef KENNEL_DETAIL_MEMBARRIER_HPP
#define KENNEL_DETAIL_MEMBARRIER_HPP

#include "kennel/version.hpp"

#include <atomic>

#if defined(__linux__) && __has_include(<linux/membarrier.h>)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(__SANITIZE_THREAD__)
#define KENNEL_DETAIL_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KENNEL_DETAIL_THREAD_SANITIZER 1
#endif
#endif

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A memory barrier in two halves: the frequent side pays next to nothing, because the rare side makes every thread of
/// the process pass a full barrier, by membarrier(2). Without it, both sides pay a full fence.
class [[gnu::visibility("default")]] AsymmetricBarrier { // one for all shared libraries
public:
    /// Decides, once for the process; before the first `light` of a thread.
    static void set_up() noexcept {
#ifdef __NR_membarrier
        is_asymmetric = syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0) == 0;
#endif
    }

    /// Whether `light` only keeps the compiler from moving what is before it.
    [[nodiscard]] static bool is_light_free() noexcept { return is_asymmetric; }

    /// What this thread wrote before it is seen by whoever passes `heavy`, or it sees what they wrote before that.
    static void light() noexcept {
#ifndef KENNEL_DETAIL_THREAD_SANITIZER // which knows no fences; there the frequent side writes with an exchange
        if (is_asymmetric) std::atomic_signal_fence(std::memory_order_seq_cst);
        else std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
    }

    /// The other half; false when it could not be done, and then nothing may be concluded.
    [[nodiscard]] static bool heavy() noexcept {
#ifdef __NR_membarrier
        if (is_asymmetric) return syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0) == 0;
#endif
#ifndef KENNEL_DETAIL_THREAD_SANITIZER
        std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
        return true;
    }

private:
    static inline bool is_asymmetric = false;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
