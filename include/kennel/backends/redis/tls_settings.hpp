#ifndef KENNEL_BACKENDS_REDIS_TLS_SETTINGS_HPP
#define KENNEL_BACKENDS_REDIS_TLS_SETTINGS_HPP

#include "kennel/arguments.hpp"

#include <optional>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// How connections are enciphered, and which servers are believed.
struct TlsSettings {
    std::string ca_file{}; ///< without file and directory, the system's authorities are trusted
    std::string ca_directory{};
    std::string certificate_file{}; ///< the client's own, for servers that ask for one
    std::string key_file{};         ///< empty when the key is in `certificate_file`
    std::string key_password{};
    bool verifies_server = true;
    bool checks_host = true;
    bool needs_tls_1_3 = false;
};

/// Reads the arguments `ssl...`, named as in redis-py.
class TlsSettingsReader {
public:
    explicit TlsSettingsReader(ArgumentReader& arguments) : arguments_(arguments) {}

    /// Nothing when connections are plain. `url_scheme` says which they are if there is a `url`.
    enum class UrlScheme : unsigned char { none, plain, tls, unix_socket };
    [[nodiscard]] std::optional<TlsSettings> read(UrlScheme url_scheme) {
        const auto flag = arguments_.get<bool>("ssl");
        TlsSettings settings = read_details();
        const bool is_on = flag.value_or(url_scheme == UrlScheme::tls);
        if (!is_on && url_scheme == UrlScheme::tls) arguments_.refuse("ssl", "is false, but the url asks for TLS");
        if (!is_on && !flag) refuse_details();
        if (!is_on) return std::nullopt;
        if (url_scheme == UrlScheme::unix_socket)
            arguments_.refuse("ssl", "is of no use at a Unix socket, where servers do not speak TLS");
        return settings;
    }

private:
    [[nodiscard]] TlsSettings read_details() {
        TlsSettings settings{
            .ca_file = text("ssl_ca_certs"),
            .ca_directory = text("ssl_ca_path"),
            .certificate_file = text("ssl_certfile"),
            .key_file = text("ssl_keyfile"),
            .key_password = read_password(),
            .verifies_server = read_requirement(),
            .needs_tls_1_3 = read_version(),
        };
        if (!settings.key_file.empty() && settings.certificate_file.empty())
            arguments_.refuse("ssl_keyfile", "is the key of a certificate: give that as ssl_certfile");
        const auto checks_host = arguments_.get<bool>("ssl_check_hostname");
        if (checks_host == true && !settings.verifies_server)
            arguments_.refuse("ssl_check_hostname", "is true, but ssl_cert_reqs = \"none\" believes any certificate");
        settings.checks_host = checks_host.value_or(true);
        return settings;
    }

    [[nodiscard]] std::string text(std::string_view name) { return arguments_.get<std::string>(name, {}); }

    [[nodiscard]] std::string read_password() {
        const std::string password = text("ssl_keyfile_password");
        const std::string by_other_name = text("ssl_password");
        if (!password.empty() && !by_other_name.empty())
            arguments_.refuse("ssl_password", "is ssl_keyfile_password by another name: give one");
        return password.empty() ? by_other_name : password;
    }

    /// Python's "optional" means the same as "required" to a client.
    [[nodiscard]] bool read_requirement() {
        const auto requirement = arguments_.get<std::string>("ssl_cert_reqs", "required");
        if (requirement != "required" && requirement != "optional" && requirement != "none")
            arguments_.refuse("ssl_cert_reqs", "must be \"required\", or \"none\" to believe whoever answers");
        return requirement != "none";
    }

    [[nodiscard]] bool read_version() {
        const auto version = arguments_.get<std::string>("ssl_min_version", "TLSv1.2");
        const bool is_1_3 = version == "TLSv1.3" || version == "TLSv1_3";
        if (!is_1_3 && version != "TLSv1.2" && version != "TLSv1_2")
            arguments_.refuse("ssl_min_version", "must be \"TLSv1.2\" or \"TLSv1.3\"");
        return is_1_3;
    }

    /// Whoever names certificates believes that connections are enciphered.
    void refuse_details() {
        for (const char* const name :
             {"ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_keyfile_password", "ssl_password",
              "ssl_cert_reqs", "ssl_check_hostname", "ssl_min_version"})
            if (arguments_.has(name))
                arguments_.refuse(name, "is about TLS: ask for that by ssl = true or a rediss:// url");
    }

    ArgumentReader& arguments_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
