#ifndef KENNEL_BACKENDS_NET_OPEN_SOCKETS_HPP
#define KENNEL_BACKENDS_NET_OPEN_SOCKETS_HPP

#include "kennel/version.hpp"

#include <array>
#include <atomic>
#include <cstddef>

#include <pthread.h>
#include <unistd.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The sockets that are open in this process. A forked child closes them first of all, so that it can neither use its
/// parent's nor keep the server from seeing that the parent has closed one.
class OpenSockets {
public:
    static void add(int descriptor) noexcept {
        [[maybe_unused]] static const int registered = ::pthread_atfork(nullptr, nullptr, &OpenSockets::close_all);
        if (is_known(descriptor)) is_open_[static_cast<std::size_t>(descriptor)].store(true, std::memory_order_relaxed);
    }
    static void remove(int descriptor) noexcept {
        if (is_known(descriptor))
            is_open_[static_cast<std::size_t>(descriptor)].store(false, std::memory_order_relaxed);
    }

private:
    [[nodiscard]] static bool is_known(int descriptor) noexcept {
        return descriptor >= 0 && static_cast<std::size_t>(descriptor) < is_open_.size();
    }

    static void close_all() noexcept {
        for (std::size_t descriptor = 0; descriptor != is_open_.size(); ++descriptor)
            if (is_open_[descriptor].exchange(false, std::memory_order_relaxed)) ::close(static_cast<int>(descriptor));
    }

    static inline std::array<std::atomic<bool>, 65'536> is_open_{};
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
