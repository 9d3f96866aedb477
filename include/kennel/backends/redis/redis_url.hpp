#ifndef KENNEL_BACKENDS_REDIS_REDIS_URL_HPP
#define KENNEL_BACKENDS_REDIS_REDIS_URL_HPP

#include "kennel/backends/net/endpoint.hpp"
#include "kennel/function_ref.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Where Redis listens unless told otherwise.
inline constexpr std::uint16_t redis_port = 6379;

/// `redis://user:password@host:port/db` or `unix://user:password@/path?db=0`, as redis-py reads them; `rediss` for TLS,
/// and `valkey` for Valkey. User and password are percent-decoded.
struct RedisUrl {
    Endpoint endpoint{.port = redis_port};
    std::optional<std::int64_t> db{};
    std::string username{};
    std::string password{};
    bool is_tls = false;

    /// Calls `refuse`, which throws, with what is wrong.
    using Refuse = FunctionRef<void(std::string_view why)>;

    [[nodiscard]] static RedisUrl parse(std::string_view text, Refuse refuse) {
        RedisUrl url;
        const std::size_t scheme_end = text.find("://");
        const std::string_view scheme = text.substr(0, scheme_end);
        const bool is_unix = scheme == "unix";
        url.is_tls = scheme == "rediss" || scheme == "valkeys";
        if (scheme_end == std::string_view::npos || !(is_unix || url.is_tls || scheme == "redis" || scheme == "valkey"))
            refuse("must begin with redis://, rediss://, valkey://, valkeys:// or unix://");
        std::string_view rest = text.substr(scheme_end + 3);
        const std::size_t question = rest.find('?');
        if (question != std::string_view::npos) url.read_query(rest.substr(question + 1), refuse);
        rest = rest.substr(0, question);
        const std::size_t slash = rest.find('/');
        if (!is_unix && slash != std::string_view::npos && rest.find('@', slash) != std::string_view::npos)
            refuse(joined({"has a '/' before its '@': ", to_be_encoded}));
        const std::size_t at = rest.substr(0, slash).rfind('@');
        if (at != std::string_view::npos) url.read_account(rest.substr(0, at), refuse);
        const std::size_t host_begin = at == std::string_view::npos ? 0 : at + 1;
        if (is_unix) {
            if (slash == std::string_view::npos) refuse("names no path of a Unix socket: unix:///run/redis.sock");
            url.endpoint.unix_socket = decoded(rest.substr(slash), refuse);
            return url;
        }
        url.read_host(rest.substr(0, slash).substr(host_begin), refuse);
        if (slash != std::string_view::npos && slash + 1 != rest.size() && !url.db)
            url.db = number(rest.substr(slash + 1), "names no number of a database behind the '/'", refuse);
        return url;
    }

private:
    static constexpr std::string_view to_be_encoded =
        "a user or password is percent-encoded: '/' is written as %2F, '?' as %3F, '%' as %25, and ':' in a user as %3A";

    void read_query(std::string_view query, Refuse refuse) {
        const bool has_at = query.find('@') != std::string_view::npos;
        while (!query.empty()) {
            const std::string_view item = query.substr(0, query.find('&'));
            query.remove_prefix((std::min)(item.size() + 1, query.size()));
            if (item.starts_with("db=")) db = number(item.substr(3), "has a db that is no number", refuse);
            else if (item.starts_with("username=")) username = decoded(item.substr(9), refuse);
            else if (item.starts_with("password=")) password = decoded(item.substr(9), refuse);
            else if (has_at) refuse(joined({"has a '?' before its '@': ", to_be_encoded}));
            else if (!item.empty())
                refuse(joined({"has the unknown part '", item.substr(0, item.find('=')),
                               "' (known: db, username, password); all else is an argument of its own"}));
        }
    }

    void read_account(std::string_view account, Refuse refuse) {
        const std::size_t colon = account.find(':');
        username = decoded(account.substr(0, colon), refuse);
        if (colon != std::string_view::npos) password = decoded(account.substr(colon + 1), refuse);
    }

    void read_host(std::string_view text, Refuse refuse) {
        const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
        if (bracket == std::string_view::npos) refuse("has a '[' without its ']'");
        const std::size_t colon = text.find(':', bracket);
        std::string_view host = text.substr(0, colon);
        if (bracket != 0) host = text.substr(1, bracket - 1);
        if (!host.empty()) endpoint.host = host;
        if (colon == std::string_view::npos) return;
        const std::int64_t port = number(text.substr(colon + 1), "has a port that is no number", refuse);
        if (port < 1 || port > 65'535) refuse("has a port that is not between 1 and 65535");
        endpoint.port = static_cast<std::uint16_t>(port);
    }

    [[nodiscard]] static std::int64_t number(std::string_view text, const char* why, Refuse refuse) {
        std::int64_t value = 0;
        const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || after != text.data() + text.size() || value < 0) refuse(why);
        return value;
    }

    [[nodiscard]] static std::string decoded(std::string_view text, Refuse refuse) {
        std::string result;
        for (std::size_t position = 0; position < text.size(); ++position) {
            if (text[position] != '%') {
                result += text[position];
                continue;
            }
            unsigned byte = 0;
            const std::string_view digits = text.substr(position + 1, 2);
            const auto [after, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
            if (digits.size() != 2 || error != std::errc() || after != digits.data() + 2)
                refuse(joined({"has a '%' that is not followed by two hexadecimal digits: ", to_be_encoded}));
            result += static_cast<char>(byte);
            position += 2;
        }
        return result;
    }
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
