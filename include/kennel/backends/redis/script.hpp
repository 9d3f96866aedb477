#ifndef KENNEL_BACKENDS_REDIS_SCRIPT_HPP
#define KENNEL_BACKENDS_REDIS_SCRIPT_HPP

#include "kennel/backends/redis/connection.hpp"
#include "kennel/detail/hex.hpp"
#include "kennel/detail/sha1.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A Lua script that the server runs as one step. It is named by its digest, and sent only to a server that does not
/// know it.
///
/// Those below are never destroyed, for at the end of the program threads may still use them.
class RedisScript {
public:
    explicit RedisScript(std::string_view text) : text_(text), digest_(Sha1::hex_of(text)) {}

    [[nodiscard]] const std::string& digest() const noexcept { return digest_; }
    [[nodiscard]] std::string_view text() const noexcept { return text_; }

    using Texts = std::initializer_list<std::string_view>;

    /// Begins the command that runs it, by its digest or, for a server that is not known to have it, as a whole. The
    /// number of keys, the keys and the arguments follow.
    void begin(RedisRequest& request, std::size_t key_and_argument_count, bool is_known) const {
        request.begin(3 + key_and_argument_count);
        request.argument(is_known ? "EVALSHA" : "EVAL");
        request.argument(is_known ? std::string_view(digest_) : text_);
    }

    /// Adds that command.
    void add_to(RedisRequest& request, Texts keys, Texts arguments, bool is_known = true) const {
        begin(request, keys.size() + arguments.size(), is_known);
        request.argument(std::to_string(keys.size()));
        for (const std::string_view key : keys) request.argument(key);
        for (const std::string_view argument : arguments) request.argument(argument);
    }

    /// Runs it. One round trip, or two the first time.
    [[nodiscard]] RedisReply run(RedisConnection& connection, SteadyTime deadline, Texts keys, Texts arguments) const {
        add_to(connection.new_request(), keys, arguments);
        connection.send(deadline);
        RedisReply reply = connection.receive(deadline);
        if (!is_unknown(reply)) return reply;
        add_to(connection.new_request(), keys, arguments, false);
        connection.send(deadline);
        return connection.receive(deadline);
    }

    /// Whether the server has answered that it does not know the script.
    [[nodiscard]] static bool is_unknown(const RedisReply& reply) noexcept {
        return reply.is_error() && reply.text.starts_with("NOSCRIPT");
    }

private:
    std::string_view text_;
    std::string digest_;
};

/// Gives the lock back if it still holds our token. Keys: the lock; arguments: the token. Answers 1, or 0 if it was
/// lost.
[[nodiscard]] inline const RedisScript& release_script() {
    static const auto& script = *new RedisScript(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end "
        "return 0");
    return script;
}

/// Prolongs the lease if the lock still holds our token. Arguments: the token, the lease in milliseconds or
/// "0" for one without end.
[[nodiscard]] inline const RedisScript& renew_script() {
    static const auto& script = *new RedisScript("if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end "
                                                 "if ARGV[2] == '0' then return 1 end "
                                                 "return redis.call('PEXPIRE', KEYS[1], ARGV[2])");
    return script;
}

/// Stores an entry and gives the lock back if it still holds our token, else does nothing. Keys: the lock, the entry;
/// arguments: the token, the entry's bytes, its time to live in milliseconds or "0" for none.
[[nodiscard]] inline const RedisScript& store_script() {
    static const auto& script = *new RedisScript("if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end "
                                                 "if ARGV[3] == '0' then redis.call('SET', KEYS[2], ARGV[2]) "
                                                 "else redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) end "
                                                 "return redis.call('DEL', KEYS[1])");
    return script;
}

/// Answers the entry or, if there is none, takes the lock: 1, or 0 if somebody else holds it. What is no text is no
/// entry. Keys: the lock, the entry; arguments: the token, the lease in milliseconds or "0" for one without end.
[[nodiscard]] inline const RedisScript& look_script() {
    static const auto& script = *new RedisScript(
        "local entry = redis.pcall('GET', KEYS[2]) "
        "if type(entry) == 'string' then return entry end "
        "local taken "
        "if ARGV[2] == '0' then taken = redis.call('SET', KEYS[1], ARGV[1], 'NX') "
        "else taken = redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') end "
        "return taken and 1 or 0");
    return script;
}

/// Takes the lock away from a creation of Kennel's, whose value is out of date before it is stored. A lock of anybody
/// else stays, who might take its loss for an error. Keys: the lock.
[[nodiscard]] inline const RedisScript& overtake_script() {
    static const auto& script = *new RedisScript(
        "local token = redis.call('GET', KEYS[1]) "
        "if token and string.len(token) == 32 and string.sub(token, 13, 13) == 'c' then "
        "return redis.call('DEL', KEYS[1]) end return 0");
    return script;
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
