#ifndef KENNEL_BACKENDS_REDIS_TLS_HPP
#define KENNEL_BACKENDS_REDIS_TLS_HPP

#include "kennel/backends/redis/redis_errors.hpp"
#include "kennel/backends/redis/tls_gate.hpp"
#include "kennel/backends/redis/tls_session.hpp"
#include "kennel/detail/joined.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

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

/// The bytes that TLS has received and not read yet, and those that it wants to send: what OpenSSL has in place of a
/// socket.
class OpenSslBytes {
public:
    /// The bytes as OpenSSL's `BIO`, to be owned by OpenSSL; null when there is no memory.
    [[nodiscard]] BIO* new_bio() {
        BIO* const bio = method() != nullptr ? BIO_new(method()) : nullptr;
        if (bio == nullptr) return nullptr;
        BIO_set_data(bio, this);
        BIO_set_init(bio, 1);
        return bio;
    }

    [[nodiscard]] bool has_incoming() const noexcept { return begin_ != end_; }
    [[nodiscard]] std::span<char> room() noexcept { return std::span(incoming_.get(), incoming_size).subspan(end_); }
    void take(std::size_t received) noexcept { end_ += received; }

    [[nodiscard]] std::vector<char>& outgoing() noexcept { return outgoing_; }

private:
    static constexpr std::size_t incoming_size = 64 * 1024;

    [[nodiscard]] static OpenSslBytes& of(BIO* bio) noexcept { return *static_cast<OpenSslBytes*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* buffer, int size) noexcept {
        BIO_clear_retry_flags(bio);
        OpenSslBytes& bytes = of(bio);
        if (!bytes.has_incoming()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        const std::size_t count = (std::min)(static_cast<std::size_t>(size), bytes.end_ - bytes.begin_);
        std::memcpy(buffer, bytes.incoming_.get() + bytes.begin_, count);
        bytes.begin_ += count;
        if (!bytes.has_incoming()) bytes.begin_ = bytes.end_ = 0;
        return static_cast<int>(count);
    }

    static int write(BIO* bio, const char* buffer, int size) noexcept {
        BIO_clear_retry_flags(bio);
        try {
            std::vector<char>& outgoing = of(bio).outgoing_;
            outgoing.insert(outgoing.end(), buffer, buffer + size);
            return size;
        } catch (const std::exception&) {
            return -1;
        }
    }

    static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) noexcept {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    /// Lives as long as the program.
    [[nodiscard]] static const BIO_METHOD* method() noexcept {
        static BIO_METHOD* const method = [] {
            BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "kennel");
            if (made == nullptr) return made;
            BIO_meth_set_read(made, &OpenSslBytes::read);
            BIO_meth_set_write(made, &OpenSslBytes::write);
            BIO_meth_set_ctrl(made, &OpenSslBytes::control);
            return made;
        }();
        return method;
    }

    std::unique_ptr<char[]> incoming_ = std::make_unique_for_overwrite<char[]>(incoming_size);
    std::size_t begin_ = 0; ///< of what OpenSSL has not read yet; both zero when there is nothing
    std::size_t end_ = 0;
    std::vector<char> outgoing_;
};

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
    OpenSslSession(SSL_CTX* context, const RedisEndpoint& server, bool checks_host)
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
        throw RedisConnectionLost(failure_, false);
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
        if (total == 0 && has_failed_) throw RedisConnectionLost(failure_, false);
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
            if (!pass_) throw RedisConnectionLost("the program ends", false);
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
        throw RedisConnectionLost(failure_, false);
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

/// Certificates, keys and rules, which all sessions share. They are read once.
class OpenSslContext final : public TlsContext {
public:
    OpenSslContext(const TlsSettings& settings, RefuseTlsArgument refuse) : checks_host_(settings.checks_host) {
        TlsGate::set_up();
        const TlsGate::Pass pass;
        if (!pass) throw BackendError("redis: no TLS any more, the program ends");
        [[maybe_unused]] static const int is_registered = OPENSSL_atexit(&TlsGate::shut_for_good);
        ERR_clear_error();
        context_.reset(SSL_CTX_new(TLS_client_method()));
        if (context_ == nullptr) throw BackendError(joined({"redis: TLS cannot begin: ", OpenSslError().text()}));
        set_rules(settings);
        trust(settings, refuse);
        if (!settings.certificate_file.empty()) show_certificate(settings, refuse);
        ERR_clear_error();
    }
    OpenSslContext(const OpenSslContext&) = delete;
    OpenSslContext& operator=(const OpenSslContext&) = delete;
    ~OpenSslContext() override {
        if (const TlsGate::Pass pass{}) context_.reset();
        else leave_to_the_end(context_.release());
    }

    [[nodiscard]] static std::shared_ptr<TlsContext> make(const TlsSettings& settings, RefuseTlsArgument refuse) {
        return std::make_shared<OpenSslContext>(settings, refuse);
    }

    [[nodiscard]] std::unique_ptr<TlsSession> new_session(const RedisEndpoint& server) override {
        const TlsGate::Pass pass;
        if (!pass) throw BackendError(joined({"redis: ", server.text(), ": no TLS any more, the program ends"}));
        ERR_clear_error();
        return std::make_unique<OpenSslSession>(context_.get(), server, checks_host_);
    }

private:
    struct Free {
        void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    };

    /// Without them a certificate is good if its chain leads to an authority that is trusted and it is for that host.
    void set_rules(const TlsSettings& settings) {
        SSL_CTX_set_min_proto_version(context_.get(), settings.needs_tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
        SSL_CTX_set_options(context_.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
        SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
        SSL_CTX_set_verify(context_.get(), settings.verifies_server ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context_.get()),
                                    X509_V_FLAG_PARTIAL_CHAIN); // what is given is trusted
    }

    void trust(const TlsSettings& settings, RefuseTlsArgument refuse) {
        const bool is_ours = !settings.ca_file.empty() || !settings.ca_directory.empty();
        struct stat found{};
        if (!settings.ca_directory.empty() &&
            (::stat(settings.ca_directory.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)))
            refuse("ssl_ca_path", joined({"names '", settings.ca_directory, "', which is no directory"}));
        if (!is_ours && SSL_CTX_set_default_verify_paths(context_.get()) != 1)
            throw BackendError(joined({"redis: the system's certificates cannot be read: ", OpenSslError().text()}));
        if (!settings.ca_directory.empty())
            SSL_CTX_load_verify_locations(context_.get(), nullptr, settings.ca_directory.c_str());
        if (!settings.ca_file.empty() &&
            SSL_CTX_load_verify_locations(context_.get(), settings.ca_file.c_str(), nullptr) != 1)
            refuse("ssl_ca_certs", cannot_use(settings.ca_file));
    }

    /// To a server that asks for one.
    void show_certificate(const TlsSettings& settings, RefuseTlsArgument refuse) {
        const std::string& certificate = settings.certificate_file;
        if (SSL_CTX_use_certificate_chain_file(context_.get(), certificate.c_str()) != 1)
            refuse("ssl_certfile", cannot_use(certificate));
        const bool is_own_file = !settings.key_file.empty();
        const std::string& key = is_own_file ? settings.key_file : certificate;
        const char* const argument = is_own_file ? "ssl_keyfile" : "ssl_certfile";
        Password password{settings.key_password};
        SSL_CTX_set_default_passwd_cb(context_.get(), &OpenSslContext::give_password);
        SSL_CTX_set_default_passwd_cb_userdata(context_.get(), &password);
        const bool is_read = SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM) == 1;
        SSL_CTX_set_default_passwd_cb_userdata(context_.get(), nullptr);
        if (!is_read && password.was_asked)
            refuse(argument, joined({"names '", key, "', whose key is encrypted: ",
                                     settings.key_password.empty() ? "give ssl_keyfile_password"
                                                                   : "check ssl_keyfile_password"}));
        if (!is_read)
            refuse(argument,
                   is_own_file ? cannot_use(key) : joined({"names '", key, "', which has no key: give ssl_keyfile"}));
    }

    struct Password {
        std::string_view text;
        bool was_asked = false;
    };

    /// Nobody is asked at the terminal.
    static int give_password(char* buffer, int size, int /*is_for_writing*/, void* user_data) noexcept {
        if (user_data == nullptr) return -1;
        Password& password = *static_cast<Password*>(user_data);
        password.was_asked = true;
        if (password.text.empty() || password.text.size() > static_cast<std::size_t>(size)) return -1;
        std::memcpy(buffer, password.text.data(), password.text.size());
        return static_cast<int>(password.text.size());
    }

    [[nodiscard]] static std::string cannot_use(const std::string& file) {
        return joined({"names '", file, "', which cannot be used: ", OpenSslError().text()});
    }

    std::unique_ptr<SSL_CTX, Free> context_;
    bool checks_host_;
};

/// OpenSSL ends with the program; beginning this early, it ends after what files that include this keep till then.
inline const bool redis_tls_is_registered = [] {
    OPENSSL_init_crypto(0, nullptr);
    make_tls_context = &OpenSslContext::make;
    return true;
}();

} // namespace detail
KENNEL_NAMESPACE_END

#endif
