#ifndef KENNEL_BACKENDS_REDIS_TLS_HPP
#define KENNEL_BACKENDS_REDIS_TLS_HPP

#include "kennel/backends/redis_tls/openssl_context.hpp"

#include <openssl/crypto.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// OpenSSL ends with the program; beginning this early, it ends after what files that include this keep till then.
inline const bool redis_tls_is_registered = [] {
    OPENSSL_init_crypto(0, nullptr);
    make_tls_context = &OpenSslContext::make;
    return true;
}();

} // namespace detail
KENNEL_NAMESPACE_END

#endif
