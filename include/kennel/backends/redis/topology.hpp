#ifndef KENNEL_BACKENDS_REDIS_TOPOLOGY_HPP
#define KENNEL_BACKENDS_REDIS_TOPOLOGY_HPP

#include "kennel/backends/redis/pool.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What a request is for.
enum class RedisPurpose : std::uint8_t {
    read,       ///< by anybody who has a copy, even one that lags behind
    fresh_read, ///< by who has seen all that was written
    write,
};

/// Where to send the commands of a key.
struct RedisRoute {
    std::shared_ptr<RedisPool> pool;
    bool is_asking = false; ///< `ASKING` goes before the request, because the key's slot is on its way there
};

/// Whether the server will do what it was asked in a moment.
[[nodiscard]] inline bool is_temporary(const RedisServerError& error) noexcept {
    const std::string_view code = error.code();
    return code == "LOADING" || code == "BUSY" || code == "TRYAGAIN" || code == "CLUSTERDOWN" || code == "MASTERDOWN";
}

/// Knows which server keeps a key. Thread-safe.
class RedisTopology {
public:
    RedisTopology() = default;
    RedisTopology(const RedisTopology&) = delete;
    RedisTopology& operator=(const RedisTopology&) = delete;
    virtual ~RedisTopology() = default;

    /// May ask other servers where the key is. Throws `BackendError`.
    [[nodiscard]] virtual RedisRoute route(std::string_view key, RedisPurpose purpose, SteadyTime deadline) = 0;

    /// Learns from the error that a server has answered; whether it is worth trying again, and where, if not there.
    [[nodiscard]] virtual bool reroute(RedisRoute& route, std::string_view /*key*/, RedisPurpose /*purpose*/,
                                       const RedisServerError& error, SteadyTime /*deadline*/) {
        if (error.code() == "READONLY") route.pool->drop_all();
        return is_temporary(error);
    }

    /// Learns that a connection to a server has broken, or that no answer came in time.
    virtual void note_lost(const RedisRoute& /*route*/) {}

    /// Learns that too, or that a server could not be reached; whether it is worth trying again, and where.
    [[nodiscard]] bool reroute_lost(RedisRoute& route, std::string_view key, RedisPurpose purpose,
                                    SteadyTime deadline) {
        note_lost(route);
        if (std::chrono::steady_clock::now() >= deadline) return false;
        RedisRoute other = this->route(key, purpose, deadline);
        std::swap(route, other);
        return route.pool != other.pool;
    }

    /// Whether this server keeps keys, as far as is known.
    [[nodiscard]] virtual bool serves(const Endpoint& /*server*/) { return true; }

    /// The positions of the keys, in groups that one request can be about.
    [[nodiscard]] virtual std::vector<std::vector<std::size_t>> groups(std::span<const std::string_view> keys,
                                                                       RedisPurpose /*purpose*/,
                                                                       SteadyTime /*deadline*/) {
        std::vector<std::size_t> all(keys.size());
        std::iota(all.begin(), all.end(), std::size_t{0});
        return {std::move(all)};
    }

    /// Whether one command may name several keys of a group.
    [[nodiscard]] virtual bool takes_many_keys() const { return true; }

    /// Whether an error is about the key that was asked for, and says nothing about the others of its group.
    [[nodiscard]] virtual bool is_about_one_key(std::string_view /*error*/) const { return false; }

    /// Whether one script may use both keys.
    [[nodiscard]] virtual bool are_together(std::string_view /*key*/, std::string_view /*other*/) const { return true; }
};

/// One server, which keeps all keys.
class SingleServer final : public RedisTopology {
public:
    explicit SingleServer(const std::shared_ptr<const RedisSettings>& settings)
        : pool_(std::make_shared<RedisPool>(settings, settings->endpoint)) {}

    [[nodiscard]] RedisRoute route(std::string_view /*key*/, RedisPurpose /*purpose*/,
                                   SteadyTime /*deadline*/) override {
        return {pool_};
    }

private:
    std::shared_ptr<RedisPool> pool_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
