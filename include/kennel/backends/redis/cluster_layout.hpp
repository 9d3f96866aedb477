#ifndef KENNEL_BACKENDS_REDIS_CLUSTER_LAYOUT_HPP
#define KENNEL_BACKENDS_REDIS_CLUSTER_LAYOUT_HPP

#include "kennel/backends/redis/cluster_slots.hpp"
#include "kennel/backends/redis/endpoint_list.hpp"
#include "kennel/backends/redis/redis_errors.hpp"
#include "kennel/backends/redis/reply.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A host as a node names it: nothing, or "?", when it means itself.
[[nodiscard]] inline const std::string& announced_host(const std::string& host, const Endpoint& asked) noexcept {
    return host.empty() || host == "?" ? asked.host : host;
}

/// Which master of a cluster has which slots, as a node tells by `CLUSTER SLOTS`.
struct ClusterLayout {
    static constexpr std::uint16_t nobody = 0xFFFF;

    std::vector<Endpoint> masters{};

    /// Of each slot, the position in `masters`.
    std::vector<std::uint16_t> owners = std::vector<std::uint16_t>(cluster_slot_count, nobody);

    /// Reads the reply of the node that was asked. Throws `BackendError` for what is no layout.
    [[nodiscard]] static ClusterLayout parse(const RedisReply& reply, const Endpoint& asked) {
        if (reply.is_error()) throw RedisServerError(reply.text, reply.text);
        if (!reply.is_array() || reply.elements.size() > cluster_slot_count) refuse();
        ClusterLayout layout;
        for (const RedisReply& range : reply.elements) layout.add(range, asked);
        if (layout.masters.empty()) throw BackendError("knows of no slot that is served");
        return layout;
    }

private:
    [[noreturn]] static void refuse() { throw BackendError("its answer to CLUSTER SLOTS is none"); }

    /// `[first slot, last slot, [host, port, ...] of the master, ...]`
    void add(const RedisReply& range, const Endpoint& asked) {
        const std::vector<RedisReply>& parts = range.elements;
        if (parts.size() < 3 || parts[2].elements.size() < 2) refuse();
        const std::int64_t first = parts[0].integer;
        const std::int64_t last = parts[1].integer;
        const std::int64_t port = parts[2].elements[1].integer;
        if (first < 0 || last < first || last >= static_cast<std::int64_t>(cluster_slot_count)) refuse();
        if (port < 1 || port > 65'535) refuse();
        const std::uint16_t master = position_of(
            {.host = announced_host(parts[2].elements[0].text, asked), .port = static_cast<std::uint16_t>(port)});
        std::fill(owners.begin() + first, owners.begin() + last + 1, master);
    }

    [[nodiscard]] std::uint16_t position_of(const Endpoint& endpoint) {
        const auto found = std::find(masters.begin(), masters.end(), endpoint);
        const auto position = static_cast<std::uint16_t>(found - masters.begin());
        if (found == masters.end()) masters.push_back(endpoint);
        return position;
    }
};

/// Where a node sends who asks for a key: `MOVED 3999 127.0.0.1:6381`, or the same with `ASK`.
struct ClusterRedirection {
    std::size_t slot;
    Endpoint endpoint;

    /// Nothing for what is none.
    [[nodiscard]] static std::optional<ClusterRedirection> parse(std::string_view answer, const Endpoint& asked) {
        const std::size_t slot_begin = answer.find(' ') + 1;
        const std::size_t slot_end = answer.find(' ', slot_begin);
        if (slot_begin == 0 || slot_end == std::string_view::npos) return std::nullopt;
        std::size_t slot = 0;
        const auto [after, error] = std::from_chars(answer.data() + slot_begin, answer.data() + slot_end, slot);
        if (error != std::errc() || after != answer.data() + slot_end || slot >= cluster_slot_count)
            return std::nullopt;
        std::optional<Endpoint> endpoint = parse_announced_endpoint(answer.substr(slot_end + 1));
        if (!endpoint) return std::nullopt;
        endpoint->host = announced_host(endpoint->host, asked);
        return ClusterRedirection{slot, std::move(*endpoint)};
    }
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
