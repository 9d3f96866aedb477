#ifndef KENNEL_BACKENDS_REDIS_TLS_CONTEXT_HPP
#define KENNEL_BACKENDS_REDIS_TLS_CONTEXT_HPP

#include "kennel/backends/net/endpoint.hpp"
#include "kennel/backends/net/tls_session.hpp"
#include "kennel/backends/redis/tls_settings.hpp"
#include "kennel/function_ref.hpp"

#include <atomic>
#include <memory>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Makes the sessions of all connections with the same settings. Thread-safe, and a forked child can use its parent's.
class TlsContext {
public:
    virtual ~TlsContext() = default;

    /// Throws `BackendError`.
    [[nodiscard]] virtual std::unique_ptr<TlsSession> new_session(const Endpoint& server) = 0;
};

/// Calls `refuse`, which throws, with the argument that is wrong and why.
using RefuseTlsArgument = FunctionRef<void(std::string_view argument, std::string_view why)>;
using MakeTlsContext = std::shared_ptr<TlsContext> (*)(const TlsSettings& settings, RefuseTlsArgument refuse);

/// Null unless <kennel/backends/redis_tls.hpp> is part of the program.
inline constinit std::atomic<MakeTlsContext> make_tls_context = nullptr;

} // namespace detail
KENNEL_NAMESPACE_END

#endif
