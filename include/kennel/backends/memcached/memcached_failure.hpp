#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_FAILURE_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_FAILURE_HPP

#include "kennel/errors.hpp"

#include <cstddef>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A memcached server, or the way to it, has failed; the connection that saw it is not used again.
class MemcachedFailure : public BackendError {
public:
    enum class Kind {
        lost,      ///< not reached, or gone before it had answered
        timed_out, ///< silent for too long
        refused,   ///< it answered that it cannot
        nonsense,  ///< it answered what is no answer to this
    };

    /// `server` is its position among the servers.
    MemcachedFailure(Kind kind, std::size_t server, const std::string& cause)
        : BackendError(cause), kind_(kind), server_(server) {}

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] std::size_t server() const noexcept { return server_; }

private:
    Kind kind_;
    std::size_t server_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
