#ifndef KENNEL_BACKENDS_REDIS_ASK_SERVER_HPP
#define KENNEL_BACKENDS_REDIS_ASK_SERVER_HPP

#include "kennel/backends/redis/connection.hpp"
#include "kennel/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The settings of connections on which a deadline alone says how long is waited.
[[nodiscard]] inline std::shared_ptr<const RedisSettings> settings_for_asking(RedisSettings settings) {
    settings.socket_timeout = unlimited; // else the first wait of a reply could take that long
    return std::make_shared<const RedisSettings>(std::move(settings));
}

/// What a server answers to one command, on a connection of its own: a pool may be waited for, or refuse for a while,
/// and this is how to find out about servers. `settings` are those of `settings_for_asking`. Throws `BackendError`.
template <class... Arguments>
[[nodiscard]] RedisReply ask_server(const RedisSettings& settings, const Endpoint& endpoint, SteadyTime deadline,
                                    const Arguments&... arguments) {
    RedisConnection connection(settings, endpoint, deadline);
    connection.new_request().add(arguments...);
    connection.send(deadline);
    return connection.receive(deadline);
}

/// Until when the next of `left` servers may be waited for, so that one that is silent leaves time for others.
[[nodiscard]] inline SteadyTime share_of(SteadyTime deadline, std::size_t left, TimeSpan longest) {
    constexpr std::size_t most_shares = 4; // of a thousand servers only a few are silent
    const SteadyTime now = std::chrono::steady_clock::now();
    const SteadyTime latest = later_by(now, longest);
    if (deadline <= now || left <= 1) return (std::min)(deadline, latest);
    return (std::min)(latest, now + (deadline - now) / static_cast<std::int64_t>((std::min)(left, most_shares)));
}

/// Adds to a text why a server did not tell what it was asked.
inline void add_failure(std::string& failures, const Endpoint& server, std::string_view why) {
    if (why.starts_with("redis: ")) why.remove_prefix(std::string_view("redis: ").size());
    if (!failures.empty()) failures += "; ";
    const std::string name = server.text();
    if (why.find(name) == std::string_view::npos) failures += name + ": ";
    failures += why;
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
