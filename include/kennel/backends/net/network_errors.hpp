#ifndef KENNEL_BACKENDS_NET_NETWORK_ERRORS_HPP
#define KENNEL_BACKENDS_NET_NETWORK_ERRORS_HPP

#include "kennel/errors.hpp"

#include <string>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A server could not be reached, or is left alone for a while because it could not.
class NotReached : public BackendError {
public:
    using BackendError::BackendError;
};

/// A connection broke. When nothing of a reply had come by then, a read can be tried again on another connection.
class ConnectionLost : public BackendError {
public:
    ConnectionLost(const std::string& text, bool is_before_reply)
        : BackendError(text), before_reply_(is_before_reply) {}

    [[nodiscard]] bool is_before_reply() const noexcept { return before_reply_; }

private:
    bool before_reply_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
