#ifndef KENNEL_BACKENDS_NET_RESOLVE_HPP
#define KENNEL_BACKENDS_NET_RESOLVE_HPP

#include "kennel/backends/net/endpoint.hpp"
#include "kennel/backends/net/network_errors.hpp"
#include "kennel/clock.hpp"
#include "kennel/detail/quiet_thread.hpp"

#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// An address that a socket can be connected to.
struct SocketAddress {
    sockaddr_storage bytes{};
    socklen_t size = 0;
};

/// What `getaddrinfo` says: addresses, or why there are none.
struct Resolution {
    std::vector<SocketAddress> addresses{};
    std::string error{};
};

[[nodiscard]] inline Resolution resolve_now(const std::string& host, std::uint16_t port, int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (failure != 0) return {.error = ::gai_strerror(failure)};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    Resolution resolution;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        SocketAddress& address = resolution.addresses.emplace_back();
        std::memcpy(&address.bytes, each->ai_addr, each->ai_addrlen);
        address.size = each->ai_addrlen;
    }
    return resolution;
}

/// Calls `look_up` on a thread of its own, for nothing else puts an end to the wait for a name server that does not
/// answer. What it throws, such as for lack of memory, is an error of the resolution, as it is when no thread can be
/// started.
template <class LookUp>
[[nodiscard]] Resolution resolve_until(SteadyTime deadline, LookUp look_up) {
    struct Shared {
        std::mutex mutex;
        std::condition_variable done;
        bool is_done = false;
        bool has_thrown = false;
        Resolution resolution;
    };
    const auto shared = std::make_shared<Shared>();
    const auto work = [shared, look_up = std::move(look_up)]() noexcept {
        Resolution resolution;
        bool has_thrown = false;
        try {
            resolution = look_up();
        } catch (...) {
            has_thrown = true;
        }
        const std::lock_guard lock(shared->mutex);
        shared->resolution = std::move(resolution);
        shared->has_thrown = has_thrown;
        shared->is_done = true;
        shared->done.notify_one();
    };
    try {
        quiet_thread(work).detach();
    } catch (const std::system_error& error) {
        return {.error = joined({"no thread can be started to resolve its name: ", error.what()})};
    }
    std::unique_lock lock(shared->mutex);
    if (!shared->done.wait_until(lock, deadline, [&] { return shared->is_done; }))
        return {.error = "its name was not resolved in time"};
    if (shared->has_thrown)
        return {.error = "the look-up of its name threw an exception, most likely for lack of memory"};
    return std::move(shared->resolution);
}

/// The path as an address. Throws `NotReached` for one that does not fit, instead of cutting it.
[[nodiscard]] inline SocketAddress unix_address(const std::string& path) {
    sockaddr_un address{};
    if (path.size() >= sizeof address.sun_path)
        throw NotReached(joined({"the path of the Unix socket is longer than ",
                                 std::to_string(sizeof address.sun_path - 1), " bytes: ", path}));
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    SocketAddress result;
    std::memcpy(&result.bytes, &address, sizeof address);
    result.size = sizeof address;
    return result;
}

/// The addresses of a server, of either IP version. Numbers and "localhost" are resolved at once; other names until
/// `deadline`. Throws `NotReached`.
[[nodiscard]] inline std::vector<SocketAddress> resolve(const Endpoint& endpoint, SteadyTime deadline) {
    if (!endpoint.unix_socket.empty()) return {unix_address(endpoint.unix_socket)};
    Resolution resolution = resolve_now(endpoint.host, endpoint.port,
                                        endpoint.host == "localhost" ? 0 : AI_NUMERICHOST);
    if (resolution.addresses.empty() && endpoint.host != "localhost")
        resolution = resolve_until(deadline,
                                   [host = endpoint.host, port = endpoint.port] { return resolve_now(host, port, 0); });
    if (resolution.addresses.empty())
        throw NotReached(joined({"cannot find the host of ", endpoint.text(), ": ", resolution.error}));
    return std::move(resolution.addresses);
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
