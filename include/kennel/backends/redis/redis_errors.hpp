#ifndef KENNEL_BACKENDS_REDIS_REDIS_ERRORS_HPP
#define KENNEL_BACKENDS_REDIS_REDIS_ERRORS_HPP

#include "kennel/errors.hpp"

#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// A Redis server answered with an error, such as `OOM command not allowed ...`.
class RedisServerError : public BackendError {
public:
    /// `answer` is the server's own text, `text` what is told to the user.
    RedisServerError(std::string_view answer, const std::string& text) : BackendError(text), answer_(answer) {}

    /// The server's own text.
    [[nodiscard]] const std::string& answer() const noexcept { return answer_; }

    /// Its first word, which says what kind of error it is, for example `OOM`.
    [[nodiscard]] std::string_view code() const noexcept {
        return std::string_view(answer_).substr(0, answer_.find(' '));
    }

private:
    std::string answer_;
};

namespace detail {

/// A server could not be reached, or is left alone for a while because it could not.
class RedisNotReached : public BackendError {
public:
    using BackendError::BackendError;
};

/// A connection broke. When nothing of a reply had come by then, a read can be tried again on another connection.
class RedisConnectionLost : public BackendError {
public:
    RedisConnectionLost(const std::string& text, bool is_before_reply)
        : BackendError(text), before_reply_(is_before_reply) {}

    [[nodiscard]] bool is_before_reply() const noexcept { return before_reply_; }

private:
    bool before_reply_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
