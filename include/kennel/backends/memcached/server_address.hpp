#ifndef KENNEL_BACKENDS_MEMCACHED_SERVER_ADDRESS_HPP
#define KENNEL_BACKENDS_MEMCACHED_SERVER_ADDRESS_HPP

#include "kennel/backends/net/endpoint.hpp"
#include "kennel/backends/net/host_and_port.hpp"
#include "kennel/detail/joined.hpp"
#include "kennel/errors.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Where a memcached server listens.
struct MemcachedAddress {
    static constexpr std::uint16_t default_port = 11'211;

    std::string host;                  ///< a host's name or address, or the path of a Unix socket
    std::uint16_t port = default_port; ///< 0 for a Unix socket

    [[nodiscard]] bool is_unix() const noexcept { return port == 0; }

    /// As it is written in a configuration.
    [[nodiscard]] std::string text() const {
        if (is_unix()) return host;
        const bool needs_brackets = host.find(':') != std::string::npos;
        return joined({needs_brackets ? "[" : "", host, needs_brackets ? "]:" : ":", std::to_string(port)});
    }

    [[nodiscard]] Endpoint endpoint() const {
        return is_unix() ? Endpoint{.unix_socket = host} : Endpoint{.host = host, .port = port};
    }

    friend bool operator==(const MemcachedAddress&, const MemcachedAddress&) = default;

    /// Reads "host", "host:port", "[::1]:port", "/path" or "unix:/path". Throws `ValidationError` for anything else.
    [[nodiscard]] static MemcachedAddress parse(std::string_view text) {
        const auto refuse = [text](std::string_view why) {
            throw ValidationError(joined({"'", text, "' is not the address of a memcached server: ", why,
                                          "; write \"host:port\", \"[::1]:port\" or \"/path/of/a/socket\""}));
        };
        std::string_view rest = text;
        if (rest.starts_with("unix:")) {
            rest.remove_prefix(5);
            while (rest.starts_with("//")) rest.remove_prefix(1);
            if (!rest.starts_with('/')) refuse("the path of a socket begins with a slash");
        }
        constexpr std::size_t longest_socket_path = 107;
        constexpr std::size_t longest_host = 255;
        if (rest.starts_with('/')) {
            if (rest.size() > longest_socket_path) refuse("the path of a socket has at most 107 bytes");
            return {std::string(rest), 0};
        }
        if (rest.find("//") != std::string_view::npos) refuse("there is no scheme in front of it");
        const auto [host, port] = HostAndPort::parse(rest, refuse);
        if (host.size() > longest_host || host.find('\0') != std::string_view::npos)
            refuse("the host is not the name of one");
        return {std::string(host), port.value_or(default_port)};
    }

    /// Reads a list of texts, each of which may name several servers, with commas or blanks between them.
    [[nodiscard]] static std::vector<MemcachedAddress> parse_all(const std::vector<std::string>& texts) {
        constexpr std::string_view separators = ", \t\r\n";
        std::vector<MemcachedAddress> addresses;
        for (const std::string_view text : texts)
            for (std::size_t at = text.find_first_not_of(separators); at < text.size();) {
                const std::size_t end = text.find_first_of(separators, at);
                addresses.push_back(parse(text.substr(at, end - at)));
                at = text.find_first_not_of(separators, end);
            }
        return addresses;
    }
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
