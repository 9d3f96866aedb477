#ifndef KENNEL_BACKENDS_NET_HOST_AND_PORT_HPP
#define KENNEL_BACKENDS_NET_HOST_AND_PORT_HPP

#include "kennel/function_ref.hpp"
#include "kennel/version.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A port as text; nothing for what is none.
[[nodiscard]] inline std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
    std::uint16_t port = 0;
    const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || after != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

/// A server as users write it: `host`, `host:port`, or `[address]` with or without a port for IPv6.
struct HostAndPort {
    std::string_view host; ///< a part of the text that was parsed
    std::optional<std::uint16_t> port;

    /// Calls `refuse`, which throws, with what is wrong.
    [[nodiscard]] static HostAndPort parse(std::string_view text, FunctionRef<void(std::string_view why)> refuse) {
        const bool is_bracketed = text.starts_with('[');
        const std::size_t end = (std::min)(text.find(is_bracketed ? ']' : ':'), text.size());
        if (is_bracketed && end == text.size()) refuse("a ']' is missing");
        const std::string_view host = is_bracketed ? text.substr(1, end - 1) : text.substr(0, end);
        const std::string_view rest = text.substr(is_bracketed ? end + 1 : end);
        if (rest.find(':', 1) != std::string_view::npos)
            refuse("there is a colon too many; an IPv6 address goes into brackets, as in [::1]:1234");
        if (host.empty()) refuse("it names no host");
        if (rest.empty()) return {host, std::nullopt};
        const std::optional<std::uint16_t> port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
        if (!port) refuse("its port is no number from 1 to 65535");
        return {host, port};
    }
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
