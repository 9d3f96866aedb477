#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_SETTINGS_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_SETTINGS_HPP

#include "kennel/arguments.hpp"
#include "kennel/backends/memcached/legal_key.hpp"
#include "kennel/backends/memcached/server_address.hpp"
#include "kennel/backends/memcached/zlib_codec.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// How keys are divided among several servers, as libmemcached and so pylibmc does it.
enum class MemcachedDistribution { modula, ketama, ketama_weighted };

/// The arguments of the memcached backend, read and checked.
struct MemcachedSettings {
    std::vector<MemcachedAddress> servers{};
    MemcachedDistribution distribution = MemcachedDistribution::modula;
    std::string hash = "default";
    bool is_binary = false;
    std::string username{};
    std::string password{};

    TimeSpan connect_timeout = std::chrono::seconds(1);
    TimeSpan socket_timeout = std::chrono::seconds(3);
    TimeSpan retry_timeout = std::chrono::seconds(2); ///< the longest time for which a dead server is left alone
    bool tcp_nodelay = true;
    bool tcp_keepalive = true;
    std::size_t max_connections = 32;
    std::size_t max_value_size = std::size_t{1} << 20U;     ///< of an item, in bytes
    std::size_t max_inflated_size = std::size_t{64} << 20U; ///< of a compressed value that is read
    std::size_t min_compress_len = 0;                       ///< zero for no compression

    std::optional<TimeSpan> expire_time{}; ///< none to derive it from how long an entry can be of use

    bool distributed_lock = false;
    TimeSpan lock_timeout = std::chrono::seconds(30); ///< the lease
    TimeSpan lock_sleep = std::chrono::milliseconds(20);
    TimeSpan lock_blocking_timeout = unlimited;
    TimeSpan lock_max_hold = std::chrono::minutes(
        15); ///< how long the lock of a creator that does not return is renewed
    std::string lock_prefix = "_lock";
};

/// Reads the arguments of the memcached backend.
class MemcachedSettingsReader {
public:
    explicit MemcachedSettingsReader(const Arguments& arguments) : arguments_(arguments, "backend 'memcached'") {}

    /// Throws `ValidationError` for what is missing, unknown or senseless.
    [[nodiscard]] MemcachedSettings read() {
        read_servers();
        read_distribution();
        read_connections();
        read_values();
        read_lock();
        refuse_foreign();
        arguments_.reject_unknown();
        if (settings_.servers.empty())
            arguments_.refuse("url", "is missing: name the servers, for example \"localhost:11211\"");
        return settings_;
    }

private:
    using List = std::vector<std::string>;

    void read_servers() {
        const auto url = arguments_.get<List>("url");
        const auto servers = arguments_.get<List>("servers");
        if (url && servers) arguments_.refuse("servers", "is 'url' by another name: give one of them");
        const List texts = url ? *url : servers.value_or(List());
        try {
            settings_.servers = MemcachedAddress::parse_all(texts);
        } catch (const ValidationError& error) {
            arguments_.refuse(servers ? "servers" : "url", error.what());
        }
        constexpr std::size_t most_servers = 100; // each has a place in every list that is asked for
        if (settings_.servers.size() > most_servers) arguments_.refuse("url", "names more than 100 servers");
    }

    void read_distribution() {
        using enum MemcachedDistribution;
        const auto name = with_behavior<std::string>("distribution");
        const bool ketama_asked = with_behavior<bool>("ketama").value_or(false);
        if (name && ketama_asked && *name != "ketama") arguments_.refuse("ketama", "contradicts 'distribution'");
        const std::string chosen = ketama_asked ? "ketama" : name.value_or("modula");
        if (chosen == "modula") settings_.distribution = modula;
        else if (chosen == "ketama" || chosen == "consistent") settings_.distribution = ketama;
        else if (chosen == "ketama_weighted") settings_.distribution = ketama_weighted;
        else arguments_.refuse("distribution", "must be 'modula', 'ketama' or 'ketama_weighted'");
        settings_.hash = with_behavior<std::string>("hash").value_or(settings_.hash);
        constexpr std::string_view hashes[] = {"default", "md5",      "crc",    "fnv1_64", "fnv1a_64",
                                               "fnv1_32", "fnv1a_32", "murmur", "jenkins"};
        bool is_known = false;
        for (const std::string_view hash : hashes) is_known = is_known || hash == settings_.hash;
        if (!is_known)
            arguments_.refuse("hash", "must be 'default', 'md5', 'crc', 'fnv1_64', 'fnv1a_64', 'fnv1_32', 'fnv1a_32', "
                                      "'murmur' or 'jenkins'");
    }

    void read_connections() {
        settings_.is_binary = arguments_.get<bool>("binary", settings_.is_binary);
        settings_.username = arguments_.get<std::string>("username", {});
        settings_.password = read_password();
        if (settings_.username.empty() != settings_.password.empty())
            arguments_.refuse(settings_.username.empty() ? "username" : "password", "is missing beside the other one");
        if (!settings_.username.empty() && !settings_.is_binary)
            arguments_.refuse("username", "needs the binary protocol, which alone has SASL: set 'binary' to true");
        settings_.connect_timeout = limited("connect_timeout", settings_.connect_timeout);
        settings_.socket_timeout = limited("socket_timeout", settings_.socket_timeout);
        settings_.retry_timeout = limited("retry_timeout", settings_.retry_timeout);
        settings_.tcp_nodelay = with_behavior<bool>("tcp_nodelay").value_or(settings_.tcp_nodelay);
        settings_.tcp_keepalive = with_behavior<bool>("tcp_keepalive").value_or(settings_.tcp_keepalive);
        settings_.max_connections = count("max_connections", settings_.max_connections);
        if (settings_.max_connections > 10'000) arguments_.refuse("max_connections", "must be at most 10000");
    }

    void read_values() {
        settings_.max_value_size = count("max_value_size", settings_.max_value_size);
        if (settings_.max_value_size > std::size_t{1} << 30U) // the largest item that a server can be told to take
            arguments_.refuse("max_value_size", "is more than 1 GiB, which is more than any server takes");
        settings_.max_inflated_size = count("max_inflated_size", settings_.max_inflated_size);
        settings_.min_compress_len = arguments_.get<std::size_t>("min_compress_len", 0);
        if (settings_.min_compress_len != 0 && !has_zlib)
            arguments_.refuse("min_compress_len", "needs zlib, without which this program was compiled");
        settings_.expire_time = arguments_.get<TimeSpan>("memcached_expire_time");
        if (settings_.expire_time == TimeSpan()) settings_.expire_time = unlimited; // as dogpile has it
    }

    void read_lock() {
        settings_.distributed_lock = arguments_.get<bool>("distributed_lock", settings_.distributed_lock);
        settings_.lock_timeout = arguments_.get<TimeSpan>("lock_timeout", settings_.lock_timeout);
        if (settings_.lock_timeout == TimeSpan()) settings_.lock_timeout = unlimited; // as dogpile has it
        if (!settings_.lock_timeout.is_unlimited() && settings_.lock_timeout > std::chrono::hours(24 * 30))
            arguments_.refuse("lock_timeout", "is more than 30 days");
        constexpr std::chrono::milliseconds longest_sleep(50);
        settings_.lock_sleep = shorter(positive("lock_sleep", settings_.lock_sleep), longest_sleep);
        settings_.lock_blocking_timeout = arguments_.get<TimeSpan>("lock_blocking_timeout", unlimited);
        settings_.lock_max_hold = arguments_.get<TimeSpan>("lock_max_hold", settings_.lock_max_hold);
        settings_.lock_prefix = arguments_.get<std::string>("lock_prefix", settings_.lock_prefix);
        if (settings_.lock_prefix.empty() || settings_.lock_prefix.size() > 100 ||
            !LegalKey::is_printable(settings_.lock_prefix))
            arguments_.refuse("lock_prefix", "must be 1 to 100 printable ASCII characters without a blank");
    }

    /// What dogpile's backends take and this one cannot do.
    void refuse_foreign() {
        if (arguments_.has("tls_context"))
            arguments_.refuse("tls_context", "asks for TLS, which there is not: let a TLS tunnel (stunnel, a service "
                                             "mesh) listen on a Unix socket or on localhost, and name that in 'url'");
        if (arguments_.has("behaviors"))
            arguments_.refuse("behaviors",
                              "is a table of pylibmc's, and to be one here, too: behaviors.ketama = true in a "
                              "file, {\"behaviors.ketama\", true} in code");
        for (const char* const name :
             {"behaviors.connect_timeout", "behaviors.send_timeout", "behaviors.receive_timeout",
              "behaviors.retry_timeout", "behaviors.dead_timeout"})
            if (arguments_.has(name))
                arguments_.refuse(name,
                                  "is counted in another unit by pylibmc: give connect_timeout, socket_timeout or "
                                  "retry_timeout as an argument of its own, such as \"500ms\"");
        for (const char* const
                 name : // of the other clients of Python: when they try again, and what they do with objects
             {"dead_retry", "default_noreply", "enable_retry_client", "retry_attempts", "retry_delay", "retry_for",
              "do_not_retry_for", "hashclient_retry_attempts", "hashclient_retry_timeout", "hashclient_dead_timeout",
              "serde", "socket_keepalive"})
            static_cast<void>(arguments_.has(name));
        for (const char* const name :
             {"auto_eject", "remove_failed", "num_replicas", "no_block", "buffer_requests", "behaviors.auto_eject",
              "behaviors.remove_failed", "behaviors.num_replicas", "behaviors.no_block", "behaviors.buffer_requests"})
            if (arguments_.has(name))
                arguments_.refuse(name,
                                  "would serve stale values or lose writes, and is not offered: a server that does "
                                  "not answer is a miss here");
    }

    /// The argument of that name, or the one in pylibmc's table `behaviors`.
    template <class Type>
    [[nodiscard]] std::optional<Type> with_behavior(std::string_view name) {
        const std::string in_table = joined({"behaviors.", name});
        const auto own = arguments_.get<Type>(name);
        const auto behavior = arguments_.get<Type>(in_table);
        if (own && behavior) arguments_.refuse(in_table, joined({"is there as '", name, "', too: give one of them"}));
        return own ? own : behavior;
    }

    /// No error text shows it.
    [[nodiscard]] std::string read_password() {
        try {
            return arguments_.get<std::string>("password", {});
        } catch (const ValidationError&) {
            arguments_.refuse("password", "must be text, in quotes");
        }
    }

    [[nodiscard]] TimeSpan positive(std::string_view name, TimeSpan fallback) {
        const TimeSpan span = arguments_.get<TimeSpan>(name, fallback);
        if (span == TimeSpan()) arguments_.refuse(name, "must be longer than nothing");
        return span;
    }

    /// Every wait for a server has an end.
    [[nodiscard]] TimeSpan limited(std::string_view name, TimeSpan fallback) {
        const TimeSpan span = positive(name, fallback);
        if (span > std::chrono::hours(1)) arguments_.refuse(name, "is more than an hour");
        return span;
    }

    [[nodiscard]] std::size_t count(std::string_view name, std::size_t fallback) {
        const std::size_t number = arguments_.get<std::size_t>(name, fallback);
        if (number == 0) arguments_.refuse(name, "must be at least 1");
        return number;
    }

    ArgumentReader arguments_;
    MemcachedSettings settings_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
