#ifndef KENNEL_BACKENDS_NET_ENDPOINT_HPP
#define KENNEL_BACKENDS_NET_ENDPOINT_HPP

#include "kennel/detail/joined.hpp"

#include <compare>
#include <cstdint>
#include <string>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Where a server listens: a host and port, or a Unix socket.
struct Endpoint {
    std::string host = "localhost";
    std::uint16_t port = 0;
    std::string unix_socket{}; ///< a path; empty for host and port

    /// For error messages.
    [[nodiscard]] std::string text() const {
        if (!unix_socket.empty()) return joined({"unix:", unix_socket});
        const bool is_v6 = host.find(':') != std::string::npos;
        return joined({is_v6 ? "[" : "", host, is_v6 ? "]:" : ":", std::to_string(port)});
    }

    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
