#ifndef KENNEL_BACKENDS_REDIS_TLS_OPENSSL_ERROR_HPP
#define KENNEL_BACKENDS_REDIS_TLS_OPENSSL_ERROR_HPP

#include "kennel/detail/joined.hpp"

#include <string>
#include <string_view>
#include <system_error>

#include <openssl/err.h>
#include <openssl/ssl.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What OpenSSL says about what has just failed on this thread. Whoever makes it empties OpenSSL's queue of errors.
class OpenSslError {
public:
    OpenSslError() noexcept : code_(ERR_get_error()) { ERR_clear_error(); }

    [[nodiscard]] std::string text() const {
        if (code_ == 0) return "OpenSSL does not say why";
        if (ERR_GET_LIB(code_) == ERR_LIB_SYS) return std::generic_category().message(ERR_GET_REASON(code_));
        const char* const reason = ERR_reason_error_string(code_);
        return reason != nullptr ? reason : joined({"OpenSSL's error ", std::to_string(code_)});
    }

    /// What to do about it, as far as that is known; it begins with a colon.
    [[nodiscard]] std::string_view remedy() const noexcept {
        if (code_ == 0 || ERR_GET_LIB(code_) != ERR_LIB_SSL) return {};
        switch (const int reason = ERR_GET_REASON(code_)) {
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
        case SSL_R_HTTP_REQUEST: return ": does the server speak TLS at this port?";
        case SSL_R_UNSUPPORTED_PROTOCOL: return too_old;
        default:
            return reason >= SSL_AD_REASON_OFFSET ? remedy_of_alert(reason - SSL_AD_REASON_OFFSET) : std::string_view();
        }
    }

private:
    static constexpr std::string_view too_old = ": the server has no version of TLS that ssl_min_version allows";

    /// Of a message by which the server has refused us.
    [[nodiscard]] static std::string_view remedy_of_alert(int alert) noexcept {
        switch (alert) {
        case SSL_AD_CERTIFICATE_REQUIRED: return ": give a certificate of your own, as ssl_certfile and ssl_keyfile";
        case SSL_AD_HANDSHAKE_FAILURE:
            return ": the server may want a certificate of your own (ssl_certfile, ssl_keyfile), or other ciphers";
        case SSL_AD_BAD_CERTIFICATE:
        case SSL_AD_UNSUPPORTED_CERTIFICATE:
        case SSL_AD_CERTIFICATE_REVOKED:
        case SSL_AD_CERTIFICATE_EXPIRED:
        case SSL_AD_CERTIFICATE_UNKNOWN:
        case SSL_AD_DECRYPT_ERROR:
        case SSL_AD_UNKNOWN_CA: return ": the server does not accept the certificate of ssl_certfile";
        case SSL_AD_PROTOCOL_VERSION: return too_old;
        default: return {};
        }
    }

    unsigned long code_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
