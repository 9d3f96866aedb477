#ifndef KENNEL_BACKENDS_REDIS_TLS_GATE_HPP
#define KENNEL_BACKENDS_REDIS_TLS_GATE_HPP

#include "kennel/version.hpp"

#include <atomic>
#include <mutex>
#include <thread>

#include <pthread.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Keeps threads out of a library that has locks of its own while the process forks, and for good when the library is
/// about to take itself down at the end of the program.
///
/// Without it a child could find a lock held for ever by a thread that it does not have, and a connection that
/// outlives `main` would use what is gone.
class TlsGate {
public:
    /// The permission to be in the library; held for a moment, never while waiting for a peer.
    class Pass {
    public:
        Pass() noexcept : is_granted_(enter()) {}
        Pass(const Pass&) = delete;
        Pass& operator=(const Pass&) = delete;
        ~Pass() {
            if (is_granted_) inside_.fetch_sub(1, std::memory_order_release);
        }

        /// False at the end of the program, when the library must be left alone.
        explicit operator bool() const noexcept { return is_granted_; }

    private:
        bool is_granted_;
    };

    /// Before the first use of the library.
    static void set_up() noexcept {
        [[maybe_unused]] static const int registered = ::pthread_atfork(&TlsGate::shut, &TlsGate::open,
                                                                        &TlsGate::open_in_child);
    }

    /// Refuses all passes from now on, when those that are out have come back.
    static void shut_for_good() noexcept {
        is_over_ = true;
        shut();
        changing_.unlock();
    }

private:
    [[nodiscard]] static bool enter() noexcept {
        for (;;) {
            inside_.fetch_add(1); // and the other way round in `shut`, so one of the two sees the other
            if (!is_shut_.load()) return true;
            inside_.fetch_sub(1);
            if (is_over_) return false;
            std::this_thread::yield();
        }
    }

    static void shut() noexcept {
        changing_.lock();
        is_shut_ = true;
        while (inside_.load() != 0) std::this_thread::yield();
    }

    static void open() noexcept {
        if (!is_over_) is_shut_ = false;
        changing_.unlock();
    }

    /// A thread that was turned away may have been counted at the moment of the fork.
    static void open_in_child() noexcept {
        inside_ = 0;
        open();
    }

    static inline std::mutex changing_;
    static inline std::atomic<int> inside_ = 0;
    static inline std::atomic<bool> is_shut_ = false;
    static inline std::atomic<bool> is_over_ = false;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
