#ifndef KENNEL_BACKENDS_REDIS_SENTINEL_FINDER_HPP
#define KENNEL_BACKENDS_REDIS_SENTINEL_FINDER_HPP

#include "kennel/backends/redis/ask_server.hpp"
#include "kennel/backends/redis/endpoint_list.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// How to find a master.
struct SentinelSettings {
    std::vector<Endpoint> sentinels{};
    std::string service_name = "mymaster";
    std::string username{}; ///< at the sentinels
    std::string password{};
    bool uses_tls = true; ///< if the servers do
    bool read_from_replicas = false;
};

/// A master and the replicas of it that can be read from.
struct RedisMasterGroup {
    Endpoint master{};
    std::vector<Endpoint> replicas{};
};

/// Asks sentinels for the master, one after the other, and the master itself whether it is one: a sentinel may not have
/// heard of a failover yet. For one thread at a time.
class SentinelFinder {
public:
    SentinelFinder(const RedisSettings& settings, SentinelSettings sentinel_settings)
        : server_settings_(settings_for_asking(settings)), sentinel_settings_(std::move(sentinel_settings)) {
        RedisSettings account = settings;
        account.db = 0;
        account.username = sentinel_settings_.username;
        account.password = sentinel_settings_.password;
        if (!sentinel_settings_.uses_tls) account.tls = nullptr;
        asking_settings_ = settings_for_asking(std::move(account));
    }

    /// When no sentinel answers at all, the master that is known, if any, will do as long as it is one. Throws
    /// `NotReached` with what each sentinel has answered.
    [[nodiscard]] RedisMasterGroup find(SteadyTime deadline, const std::optional<Endpoint>& known) {
        std::string failures;
        refused_.reset();
        has_answer_ = false;
        std::vector<Endpoint>& sentinels = sentinel_settings_.sentinels;
        std::size_t left = sentinels.size() + (known ? 1 : 0);
        for (auto sentinel = sentinels.begin(); sentinel != sentinels.end(); ++sentinel) {
            try {
                const SteadyTime until = share_of(deadline, left--, server_settings_->socket_connect_timeout);
                RedisMasterGroup group = ask(*sentinel, until);
                std::rotate(sentinels.begin(), sentinel, sentinel + 1); // the next time it is asked first
                return group;
            } catch (const BackendError& error) {
                add_failure(failures, *sentinel, error.what());
            }
        }
        const SteadyTime until = share_of(deadline, 1, server_settings_->socket_connect_timeout);
        if (known && !has_answer_ && objection(*known, until).empty()) return {.master = *known};
        throw NotReached(joined({"redis: no sentinel names a master '", sentinel_settings_.service_name,
                                 "' that can be used: ", failures}));
    }

private:
    [[nodiscard]] RedisMasterGroup ask(const Endpoint& sentinel, SteadyTime deadline) {
        const std::string& name = sentinel_settings_.service_name;
        RedisConnection connection(*asking_settings_, sentinel, deadline);
        RedisRequest& request = connection.new_request();
        request.add("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name);
        if (sentinel_settings_.read_from_replicas) request.add("SENTINEL", "REPLICAS", name);
        connection.send(deadline);
        const RedisReply answer = connection.receive(deadline);
        has_answer_ = true;
        RedisMasterGroup group{.master = master_of(answer, name)};
        if (sentinel_settings_.read_from_replicas) group.replicas = replicas_of(connection.receive(deadline));
        check_role(group.master, sentinel, deadline);
        return group;
    }

    [[nodiscard]] static Endpoint master_of(const RedisReply& reply, std::string_view name) {
        if (reply.is_error()) throw RedisServerError(reply.text, reply.text);
        if (reply.is_nil())
            throw BackendError(joined({"knows no master '", name, "' (check the argument service_name)"}));
        const auto port = reply.elements.size() == 2 ? parse_port(reply.elements[1].text) : std::nullopt;
        if (!port) throw BackendError("its answer to SENTINEL GET-MASTER-ADDR-BY-NAME is none");
        return {.host = reply.elements[0].text, .port = *port};
    }

    /// Those that a sentinel sees up and in touch with their master. A sentinel that does not tell has none.
    [[nodiscard]] static std::vector<Endpoint> replicas_of(const RedisReply& reply) {
        std::vector<Endpoint> replicas;
        for (const RedisReply& replica : reply.elements) {
            const auto port = parse_port(field(replica, "port"));
            const std::string_view flags = field(replica, "flags");
            const auto has_flag = [&](std::string_view flag) { return flags.find(flag) != std::string_view::npos; };
            const bool is_up = !has_flag("_down") && !has_flag("disconnected") && !has_flag("master");
            if (port && is_up && field(replica, "master-link-status") == "ok")
                replicas.push_back({.host = std::string(field(replica, "ip")), .port = *port});
        }
        return replicas;
    }

    /// Of a reply of names and values in turn.
    [[nodiscard]] static std::string_view field(const RedisReply& reply, std::string_view name) noexcept {
        for (std::size_t position = 0; position + 1 < reply.elements.size(); position += 2)
            if (reply.elements[position].text == name) return reply.elements[position + 1].text;
        return {};
    }

    void check_role(const Endpoint& named, const Endpoint& sentinel, SteadyTime deadline) {
        const bool was_asked = refused_ == named; // and may have been slow to answer
        const std::string why = was_asked ? "too" : objection(named, deadline);
        refused_ = named;
        if (!why.empty()) throw BackendError(joined({sentinel.text(), " names ", named.text(), ", ", why}));
    }

    /// Why a server is no master that can be used; nothing if it is one. A server that does not let us ask is believed.
    [[nodiscard]] std::string objection(const Endpoint& server, SteadyTime deadline) const {
        try {
            const RedisReply role = ask_server(*server_settings_, server, deadline, "ROLE");
            if (role.text.starts_with("NOPERM") || role.text.starts_with("ERR unknown")) return {};
            if (role.is_error()) return joined({"which answers ROLE with: ", role.text});
            const bool is_master = !role.elements.empty() && role.elements.front().text == "master";
            return is_master ? "" : "which says that it is a replica";
        } catch (const BackendError& error) {
            return joined({"but: ", without_name(error.what())});
        }
    }

    [[nodiscard]] static std::string_view without_name(std::string_view why) noexcept {
        constexpr std::string_view name = "redis: ";
        return why.starts_with(name) ? why.substr(name.size()) : why;
    }

    std::shared_ptr<const RedisSettings> server_settings_;
    SentinelSettings sentinel_settings_;
    std::shared_ptr<const RedisSettings> asking_settings_;
    std::optional<Endpoint> refused_; ///< whom a sentinel has named in vain
    bool has_answer_ = false;         ///< from any sentinel
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
