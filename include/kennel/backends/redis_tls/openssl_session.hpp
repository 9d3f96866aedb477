#ifndef KENNEL_BACKENDS_REDIS_TLS_OPENSSL_SESSION_HPP
#define KENNEL_BACKENDS_REDIS_TLS_OPENSSL_SESSION_HPP

#include "kennel/backends/net/endpoint.hpp"
#include "kennel/backends/net/network_errors.hpp"
#include "kennel/backends/net/tls_session.hpp"
#include "kennel/backends/redis/tls_gate.hpp"
#include "kennel/backends/redis_tls/openssl_bytes.hpp"
#include "kennel/backends/redis_tls/openssl_error.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Keeps what cannot be freed any more at the end of the program, so that nobody takes it for lost.
inline void leave_to_the_end(void* object) noexcept {
    struct Left {
        void* object;
        Left* next;
    };
    static std::atomic<Left*> last = nullptr;
    if (auto* const left = new (std::nothrow) Left{object, last}) last = left;
}

/// TLS as OpenSSL does it. It leaves nothing in OpenSSL's queue of errors.
class OpenSslSession final : public TlsSession {
public:
    /// Throws `BackendError`.
    OpenSslSession(SSL_CTX* context, const Endpoint& server, bool checks_host)
        : host_(without_ornaments(server.host)), ssl_(SSL_new(context)) {
        BIO* const bio = ssl_ != nullptr ? bytes_.new_bio() : nullptr;
        if (bio != nullptr) SSL_set_bio(ssl_, bio, bio);
        if (bio != nullptr && prepare(checks_host)) return;
        const OpenSslError error;
        SSL_free(ssl_);
        throw BackendError(joined({"redis: ", server.text(), ": TLS cannot begin: ", error.text()}));
    }
    OpenSslSession(const OpenSslSession&) = delete;
    OpenSslSession& operator=(const OpenSslSession&) = delete;
    ~OpenSslSession() override {
        if (const TlsGate::Pass pass{}) SSL_free(ssl_);
        else leave_to_the_end(ssl_);
    }

    [[nodiscard]] bool shake_hands() override {
        const Step step;
        const int result = SSL_do_handshake(ssl_);
        is_established_ = result == 1;
        if (is_established_ || SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ) return is_established_;
        note_failure();
        throw ConnectionLost(failure_, false);
    }

    [[nodiscard]] std::size_t encipher(std::span<const iovec> pieces) override {
        const Step step;
        std::size_t taken = 0;
        for (const iovec& piece : pieces) {
            const char* bytes = static_cast<const char*>(piece.iov_base);
            for (std::size_t left = piece.iov_len; left != 0;) {
                const std::size_t part = (std::min)(left, record_size - staged_size_);
                put(bytes, part);
                bytes += part;
                left -= part;
                taken += part;
                if (staged_size_ == 0 && bytes_.outgoing().size() >= most_outgoing) return taken;
            }
        }
        write_staged();
        return taken;
    }

    [[nodiscard]] std::size_t decipher(char* buffer, std::size_t size) override {
        const Step step;
        std::size_t total = 0;
        while (total != size && !has_ended_ && !has_failed_ && is_worth_reading()) {
            std::size_t count = 0;
            const int result = SSL_read_ex(ssl_, buffer + total, size - total, &count);
            if (result == 1) total += count;
            else if (!note_end(result)) break;
        }
        if (total == 0 && has_failed_) throw ConnectionLost(failure_, false);
        return total;
    }

    [[nodiscard]] bool has_received() noexcept override {
        if (has_failed_ || has_ended_) return true;
        if (!is_worth_reading()) return false;
        const TlsGate::Pass pass;
        if (!pass) return true;
        ERR_clear_error();
        char byte = 0;
        std::size_t count = 0;
        const int result = SSL_peek_ex(ssl_, &byte, 1, &count);
        return result == 1 || note_end(result);
    }

    [[nodiscard]] bool has_ended() const noexcept override { return has_ended_; }

    void end() noexcept override {
        const TlsGate::Pass pass;
        if (!pass || !is_established_ || has_failed_) return;
        ERR_clear_error();
        SSL_shutdown(ssl_);
        ERR_clear_error();
    }

    [[nodiscard]] std::span<char> room() noexcept override { return bytes_.room(); }
    void take(std::size_t received) noexcept override { bytes_.take(received); }
    [[nodiscard]] std::span<char> outgoing() noexcept override { return bytes_.outgoing(); }
    void forget_outgoing() noexcept override { bytes_.outgoing().clear(); }

private:
    static constexpr std::size_t record_size = 16 * 1024;
    static constexpr std::size_t most_outgoing = 64 * 1024;

    /// The name or number by which certificates and servers know a host: without the dot at the end, and without the
    /// zone of an IPv6 address.
    [[nodiscard]] static std::string without_ornaments(std::string_view host) {
        if (host.find(':') != std::string_view::npos) return std::string(host.substr(0, host.find('%')));
        return std::string(host.ends_with('.') ? host.substr(0, host.size() - 1) : host);
    }

    [[nodiscard]] bool is_address() const noexcept {
        in6_addr address{};
        return ::inet_pton(AF_INET, host_.c_str(), &address) == 1 ||
               ::inet_pton(AF_INET6, host_.c_str(), &address) == 1;
    }

    [[nodiscard]] bool prepare(bool checks_host) noexcept {
        SSL_set_connect_state(ssl_);
        X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl_);
        X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        if (is_address()) return !checks_host || X509_VERIFY_PARAM_set1_ip_asc(wanted, host_.c_str()) == 1;
        if (checks_host && X509_VERIFY_PARAM_set1_host(wanted, host_.c_str(), host_.size()) != 1) return false;
        return SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host_.data()) == 1;
    }

    /// Something that OpenSSL is asked to do. It begins with an empty queue of errors, as `SSL_get_error` wants it.
    class Step {
    public:
        Step() {
            if (!pass_) throw ConnectionLost("the program ends", false);
            ERR_clear_error();
        }

    private:
        TlsGate::Pass pass_;
    };

    void put(const char* bytes, std::size_t size) {
        if (size == record_size) return write(bytes, size);
        std::memcpy(staged_.data() + staged_size_, bytes, size);
        staged_size_ += size;
        if (staged_size_ == record_size) write_staged();
    }

    void write_staged() {
        if (staged_size_ != 0) write(staged_.data(), std::exchange(staged_size_, 0));
    }

    /// All of it, for the bytes go to memory.
    void write(const char* bytes, std::size_t size) {
        std::size_t written = 0;
        if (!has_failed_ && SSL_write_ex(ssl_, bytes, size, &written) == 1) return;
        if (!has_failed_) note_failure();
        throw ConnectionLost(failure_, false);
    }

    [[nodiscard]] bool is_worth_reading() const noexcept { return bytes_.has_incoming() || SSL_has_pending(ssl_) == 1; }

    /// Notes why reading gave nothing; false when more must be received first.
    bool note_end(int result) noexcept {
        const int error = SSL_get_error(ssl_, result);
        if (error == SSL_ERROR_WANT_READ) return false;
        if (error == SSL_ERROR_ZERO_RETURN) has_ended_ = true;
        else note_failure();
        return true;
    }

    void note_failure() noexcept {
        has_failed_ = true;
        const OpenSslError error;
        try {
            const long verdict = SSL_get_verify_result(ssl_);
            const bool is_refused = !is_established_ && (SSL_get_verify_mode(ssl_) & SSL_VERIFY_PEER) != 0 &&
                                    verdict != X509_V_OK;
            failure_ = is_refused ? refusal(verdict) : joined({"TLS fails: ", error.text(), error.remedy()});
        } catch (const std::exception&) {
            failure_.clear();
        }
    }

    /// Why the server's certificate is not believed.
    [[nodiscard]] std::string refusal(long verdict) const {
        const std::string why = X509_verify_cert_error_string(verdict);
        const std::string begin = joined({"the server's certificate is not accepted: ", why});
        switch (verdict) {
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return joined({begin, ": it is not for '", host_,
                           "': connect by a name that is in it (or, if you must, give "
                           "ssl_check_hostname = false)"});
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_CERT_SIGNATURE_FAILURE: // by another authority of that name
        case X509_V_ERR_CERT_UNTRUSTED:
            return joined({begin, ": give the certificate of its authority as ssl_ca_certs"});
        case X509_V_ERR_CERT_HAS_EXPIRED:
        case X509_V_ERR_CERT_NOT_YET_VALID: return joined({begin, ": renew it, or set the clock of this machine"});
        default: return begin;
        }
    }

    OpenSslBytes bytes_;
    std::string host_;
    SSL* ssl_;
    std::array<char, record_size> staged_; ///< small pieces of a request that share a record
    std::size_t staged_size_ = 0;
    std::string failure_;
    bool is_established_ = false;
    bool has_ended_ = false;
    bool has_failed_ = false; ///< `failure_` says why
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
