#ifndef KENNEL_BACKENDS_REDIS_TLS_OPENSSL_CONTEXT_HPP
#define KENNEL_BACKENDS_REDIS_TLS_OPENSSL_CONTEXT_HPP

#include "kennel/backends/redis/tls_context.hpp"
#include "kennel/backends/redis_tls/openssl_session.hpp"

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

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

    [[nodiscard]] std::unique_ptr<TlsSession> new_session(const Endpoint& server) override {
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

} // namespace detail
KENNEL_NAMESPACE_END

#endif
