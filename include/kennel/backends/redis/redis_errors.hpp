#ifndef KENNEL_BACKENDS_REDIS_REDIS_ERRORS_HPP
#define KENNEL_BACKENDS_REDIS_REDIS_ERRORS_HPP

#include "kennel/backends/net/network_errors.hpp"

#include <string>
#include <string_view>

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

KENNEL_NAMESPACE_END

#endif
