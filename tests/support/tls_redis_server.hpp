#ifndef KENNEL_TESTS_SUPPORT_TLS_REDIS_SERVER_HPP
#define KENNEL_TESTS_SUPPORT_TLS_REDIS_SERVER_HPP

#include "support/certificates.hpp"
#include "support/redis_server.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

/// A Redis server that speaks TLS at one port, and plainly at another, by which tests see what it has stored. Without
/// TLS in the server the test case that asks for one is skipped.
class TlsRedisServer {
public:
    /// `certificate` is shown by the server; clients are believed if `authority` has certified them.
    TlsRedisServer(const CertificateAuthority& authority, const CertificateFiles& certificate,
                   const std::vector<std::string>& arguments = {}) {
        for (int tries = 3; !server_; --tries) {
            tls_port_ = free_port();
            std::vector<std::string> all{"--tls-port",         std::to_string(tls_port_),
                                         "--tls-cert-file",    certificate.certificate,
                                         "--tls-key-file",     certificate.key,
                                         "--tls-ca-cert-file", authority.certificate_file(),
                                         "--tls-auth-clients", "no"};
            all.insert(all.end(), arguments.begin(), arguments.end());
            try {
                server_.emplace(all);
            } catch (const std::runtime_error& error) {
                if (std::string(error.what()).find("tls-port") != std::string::npos && is_without_tls(error.what()))
                    skip_without("a Redis server with TLS");
                if (tries == 1) throw;
            }
        }
    }

    [[nodiscard]] RedisServer& plain() { return *server_; }
    [[nodiscard]] ServerProcess& process() { return server_->process(); }
    [[nodiscard]] int port() const { return tls_port_; }
    [[nodiscard]] LocalAddress address() const { return {.port = tls_port_}; }
    [[nodiscard]] std::string url(const std::string& host = "localhost") const { return url_through(tls_port_, host); }
    [[nodiscard]] static std::string url_through(int port, const std::string& host = "localhost") {
        return "rediss://" + host + ':' + std::to_string(port);
    }

private:
    [[nodiscard]] static bool is_without_tls(const std::string& complaint) {
        return complaint.find("Bad directive or wrong number of arguments") != std::string::npos;
    }

    int tls_port_ = 0;
    std::optional<RedisServer> server_;
};

} // namespace test

#endif
