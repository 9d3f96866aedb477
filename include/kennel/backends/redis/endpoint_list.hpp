#ifndef KENNEL_BACKENDS_REDIS_ENDPOINT_LIST_HPP
#define KENNEL_BACKENDS_REDIS_ENDPOINT_LIST_HPP

#include "kennel/backends/net/endpoint.hpp"
#include "kennel/backends/net/host_and_port.hpp"
#include "kennel/function_ref.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// `host:port` as a server of a cluster writes it, that is, without brackets around an IPv6 address; nothing for what
/// is none.
[[nodiscard]] inline std::optional<Endpoint> parse_announced_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::optional<std::uint16_t> port = parse_port(text.substr(colon + 1));
    if (!port) return std::nullopt;
    return Endpoint{.host = std::string(text.substr(0, colon)), .port = *port};
}

/// Servers as a user writes them: `host:port`, `[address]:port` for IPv6, or a host alone; several texts, each of one
/// or, with commas, of more.
class EndpointList {
public:
    /// Calls its argument, which throws, with what is wrong.
    using Refuse = FunctionRef<void(std::string_view why)>;

    [[nodiscard]] static std::vector<Endpoint> parse(std::span<const std::string> texts, std::uint16_t default_port,
                                                     Refuse refuse) {
        std::vector<Endpoint> endpoints;
        for (std::string_view text : texts) {
            while (!text.empty()) {
                const std::string_view item = text.substr(0, text.find(','));
                text.remove_prefix((std::min)(item.size() + 1, text.size()));
                endpoints.push_back(parse_one(stripped(item), default_port, refuse));
            }
        }
        if (endpoints.empty()) refuse("names no server: give a list of host:port");
        return endpoints;
    }

private:
    [[nodiscard]] static std::string_view stripped(std::string_view text) noexcept {
        while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
        while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
        return text;
    }

    [[nodiscard]] static Endpoint parse_one(std::string_view text, std::uint16_t default_port, Refuse refuse) {
        if (text.empty()) refuse("has an empty place between its commas");
        if (text.find('/') != std::string_view::npos)
            refuse(joined({"names '", text, "': neither URLs nor Unix sockets are possible here, only host:port"}));
        const auto refuse_this = [&](std::string_view why) { refuse(joined({"has '", text, "': ", why})); };
        const auto [host, port] = HostAndPort::parse(text, refuse_this);
        return {.host = std::string(host), .port = port.value_or(default_port)};
    }
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
