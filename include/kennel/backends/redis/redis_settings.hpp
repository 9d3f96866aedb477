#ifndef KENNEL_BACKENDS_REDIS_REDIS_SETTINGS_HPP
#define KENNEL_BACKENDS_REDIS_REDIS_SETTINGS_HPP

#include "kennel/arguments.hpp"
#include "kennel/backends/redis/redis_url.hpp"
#include "kennel/backends/redis/tls_context.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The arguments of the Redis backends, read and checked.
struct RedisSettings {
    Endpoint endpoint{.port = redis_port};
    std::int64_t db = 0;
    std::string username{};
    std::string password{};
    std::string client_name{}; ///< as `CLIENT LIST` shows it

    std::shared_ptr<TlsContext> tls{}; ///< null for plain connections
    TimeSpan socket_timeout = std::chrono::seconds(3);
    TimeSpan socket_connect_timeout = std::chrono::seconds(1);
    bool socket_keepalive = true;
    std::size_t max_connections = 32;
    std::size_t max_reply_size = std::size_t{512} * 1024 * 1024; ///< bytes

    TimeSpan expiration_time{}; ///< zero to derive it from how long an entry can be of use

    bool distributed_lock = false;
    TimeSpan lock_timeout = std::chrono::seconds(30); ///< the lease
    TimeSpan lock_sleep = std::chrono::milliseconds(100);
    TimeSpan lock_blocking_timeout = unlimited;
    TimeSpan lock_max_hold = std::chrono::minutes(
        15); ///< how long the lock of a creator that does not return is renewed
    std::string lock_prefix = "_lock";
};

/// Reads what all Redis backends have in common.
class RedisSettingsReader {
public:
    RedisSettingsReader(ArgumentReader& arguments, RedisSettings& settings)
        : arguments_(arguments), settings_(settings) {}

    /// `host`, `port` and the like, or `url`, which overrides them.
    void read_server() {
        settings_.endpoint.host = arguments_.get<std::string>("host", settings_.endpoint.host);
        if (std::count(settings_.endpoint.host.begin(), settings_.endpoint.host.end(), ':') == 1)
            arguments_.refuse("host", "is a host without a port: give the port as 'port'");
        settings_.endpoint.port = arguments_.get<std::uint16_t>("port", settings_.endpoint.port);
        if (settings_.endpoint.port == 0) arguments_.refuse("port", "must be from 1 to 65535");
        settings_.endpoint.unix_socket = arguments_.get<std::string>("unix_socket_path", {});
        read_account();
        if (const auto url = arguments_.get<std::string>("url")) read_url(*url);
    }

    void read_account() {
        settings_.db = arguments_.get<std::int64_t>("db", 0);
        if (settings_.db < 0) arguments_.refuse("db", "is the number of a database, zero or more");
        settings_.username = arguments_.get<std::string>("username", {});
        settings_.password = read_password();
        settings_.client_name = arguments_.get<std::string>("client_name", {});
        if (settings_.client_name.find_first_of(" \r\n") != std::string::npos)
            arguments_.refuse("client_name", "must not contain spaces");
    }

    void read_common() {
        read_tls();
        read_connections();
        read_expiration();
        read_lock();
    }

private:
    /// The complaint about one that is no text would show it.
    [[nodiscard]] std::string read_password() {
        try {
            return arguments_.get<std::string>("password", {});
        } catch (const ValidationError&) {
            arguments_.refuse("password", "must be text, in quotes");
        }
    }

    void read_connections() {
        settings_.socket_timeout = limited("socket_timeout", settings_.socket_timeout);
        settings_.socket_connect_timeout = limited("socket_connect_timeout", settings_.socket_connect_timeout);
        settings_.socket_keepalive = arguments_.get<bool>("socket_keepalive", settings_.socket_keepalive);
        settings_.max_connections = arguments_.get<std::size_t>("max_connections", settings_.max_connections);
        if (settings_.max_connections == 0) arguments_.refuse("max_connections", "must be at least 1");
        if (settings_.max_connections > 10'000) arguments_.refuse("max_connections", "must be at most 10000");
        settings_.max_reply_size = arguments_.get<std::size_t>("max_reply_size", settings_.max_reply_size);
        if (settings_.max_reply_size < 1024) arguments_.refuse("max_reply_size", "must be at least 1024");
        for (const char* name : {"connection_pool", "connection_kwargs", "socket_keepalive_options"})
            if (arguments_.has(name))
                arguments_.refuse(
                    name, "is an object of Python's client; the settings of Kennel's are arguments of their own: "
                          "max_connections, client_name, socket_timeout, ...");
    }

    void read_expiration() {
        const auto redis = arguments_.get<TimeSpan>("redis_expiration_time");
        const auto valkey = arguments_.get<TimeSpan>("valkey_expiration_time");
        if (redis && valkey)
            arguments_.refuse("valkey_expiration_time", "is redis_expiration_time by another name: give one");
        settings_.expiration_time = redis ? *redis : valkey.value_or(TimeSpan());
        if (!settings_.expiration_time.is_unlimited() && settings_.expiration_time > std::chrono::hours(24 * 365 * 100))
            arguments_.refuse("redis_expiration_time", "is more than a hundred years");
    }

    void read_lock() {
        settings_.distributed_lock = arguments_.get<bool>("distributed_lock", settings_.distributed_lock);
        settings_.lock_timeout = arguments_.get<TimeSpan>("lock_timeout", settings_.lock_timeout);
        if (settings_.lock_timeout == TimeSpan()) settings_.lock_timeout = unlimited; // as dogpile has it
        if (settings_.lock_timeout < std::chrono::milliseconds(10))
            arguments_.refuse("lock_timeout", "is shorter than 10 ms; that lock would be lost before it is of use");
        settings_.lock_sleep = positive("lock_sleep", settings_.lock_sleep);
        settings_.lock_blocking_timeout = arguments_.get<TimeSpan>("lock_blocking_timeout", unlimited);
        settings_.lock_max_hold = arguments_.get<TimeSpan>("lock_max_hold", settings_.lock_max_hold);
        settings_.lock_prefix = arguments_.get<std::string>("lock_prefix", settings_.lock_prefix);
        if (!is_prefix(settings_.lock_prefix))
            arguments_.refuse("lock_prefix", "must be 2 to 10 letters, digits, or characters of '_-.:'");
        static_cast<void>(arguments_.get<bool>("lock_blocking"));     // the region says how long it waits
        static_cast<void>(arguments_.get<bool>("thread_local_lock")); // a lock here may be released by any thread
    }

    void read_url(const std::string& text) {
        const RedisUrl url = RedisUrl::parse(text, [&](std::string_view why) { arguments_.refuse("url", why); });
        url_scheme_ = url.is_tls ? TlsSettingsReader::UrlScheme::tls : TlsSettingsReader::UrlScheme::plain;
        settings_.endpoint = url.endpoint;
        if (url.db) settings_.db = *url.db;
        if (!url.username.empty()) settings_.username = url.username;
        if (!url.password.empty()) settings_.password = url.password;
    }

    void read_tls() {
        if (!settings_.endpoint.unix_socket.empty()) url_scheme_ = TlsSettingsReader::UrlScheme::unix_socket;
        const auto tls_settings = TlsSettingsReader(arguments_).read(url_scheme_);
        if (!tls_settings) return;
        const MakeTlsContext make = make_tls_context;
        if (make == nullptr)
            arguments_.refuse(url_scheme_ == TlsSettingsReader::UrlScheme::tls ? "url" : "ssl",
                              "asks for TLS: include <kennel/backends/redis_tls.hpp> and link kennel::redis_tls");
        settings_.tls = make(*tls_settings,
                             [&](std::string_view name, std::string_view why) { arguments_.refuse(name, why); });
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

    [[nodiscard]] static bool is_prefix(std::string_view text) {
        const auto is_allowed = [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                   std::string_view("_-.:").find(c) != std::string_view::npos;
        };
        return text.size() >= 2 && text.size() <= 10 && std::all_of(text.begin(), text.end(), is_allowed);
    }

    ArgumentReader& arguments_;
    RedisSettings& settings_;
    TlsSettingsReader::UrlScheme url_scheme_ = TlsSettingsReader::UrlScheme::none;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
