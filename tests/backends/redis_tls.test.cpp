// needs: redis_tls
#include "kennel/backends/redis_tls.hpp"

#include "kennel/backends/redis_cluster.hpp"
#include "kennel/backends/redis_sentinel.hpp"
#include "kennel/testing/backend_contract.hpp"
#include "kennel/testing/mutex_contract.hpp"
#include "support/contract.hpp"
#include "support/fault_proxy.hpp"
#include "support/forked_process.hpp"
#include "support/halted_creation.hpp"
#include "support/messages.hpp"
#include "support/redis_backend.hpp"
#include "support/threads.hpp"
#include "support/tls_redis_server.hpp"

#include <fcntl.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using kennel::testing_support::run_contract;
using test::CertificateAuthority;
using test::CertificateFiles;
using test::TlsRedisServer;
using test::redis::entry;
using test::redis::fails_in_time;
using test::redis::locking;
using test::redis::new_backend;
using test::redis::new_region;
using test::redis::text_of;
using test::redis::texts_of;
using test::redis::time_of;

const CertificateAuthority& authority() {
    static const CertificateAuthority authority;
    return authority;
}

const CertificateFiles& certificate() {
    static const CertificateFiles files = authority().certify("server");
    return files;
}

/// The server that test cases share which neither stop nor configure it. Each call empties it.
TlsRedisServer& tls_server() {
    static std::optional<TlsRedisServer> server;
    if (!server) server.emplace(authority(), certificate());
    server->plain().command({"FLUSHALL"});
    return *server;
}

kennel::Arguments trusting(kennel::Arguments others = {}) {
    others.emplace("ssl_ca_certs", authority().certificate_file());
    return others;
}

/// What a caller is told whose get fails.
std::string complaint(const std::string& url, const kennel::Arguments& arguments) {
    const auto backend = new_backend(url, arguments);
    return message_of<kennel::BackendError>([&] { (void)backend->get("key"); });
}

std::string refusal(kennel::Arguments arguments) {
    return message_of<kennel::ValidationError>(
        [&] { (void)kennel::testing_support::new_backend<kennel::RedisBackend>(arguments); });
}

bool is_answered(kennel::CacheBackend& backend) {
    return message_of<kennel::BackendError>([&] { (void)backend.get("key"); }).empty();
}

/// Text that tells where in it each piece lies.
std::string long_text(std::size_t size) {
    std::string text;
    while (text.size() < size) text += std::to_string(text.size()) + ',';
    text.resize(size);
    return text;
}

} // namespace

TEST_CASE("the Redis backend keeps the contract of backends through TLS", "[redis][tls][backend_contract]") {
    TlsRedisServer& server = tls_server();
    SECTION("without locks") {
        run_contract(kennel::backend_contract([&] { return new_backend(server.url(), trusting()); }));
    }
    SECTION("with locks") {
        run_contract(kennel::backend_contract([&] { return new_backend(server.url(), locking(trusting())); }));
    }
}

TEST_CASE("the Redis backend's locks keep the contract of mutexes through TLS", "[redis][tls][mutex_contract]") {
    const auto backend = new_backend(tls_server().url(), locking(trusting()));
    run_contract(kennel::mutex_contract([&](std::string_view key) { return backend->get_mutex(key); }));
}

TEST_CASE("values of every length come back through TLS as they were", "[redis][tls]") {
    TlsRedisServer& server = tls_server();
    const auto backend = new_backend(server.url(), trusting());
    for (const std::size_t size : std::vector<std::size_t>{0, 1, 16'000, 16'384, 65'536, 1'048'576, 5'000'003}) {
        INFO(size);
        const std::string text = long_text(size);
        backend->set("key", entry(text));
        CHECK(text_of(*backend, "key") == text);
        CHECK(server.plain().command({"GET", "key"}) == test::redis::envelope(text));
    }
    std::vector<std::string> texts;
    std::vector<std::string> keys;
    for (std::size_t number = 0; number != 300; ++number) {
        keys.push_back("many:" + std::to_string(number));
        texts.push_back(long_text(number * number));
    }
    std::vector<kennel::CachedValue> values;
    std::vector<kennel::BackendEntry> entries;
    values.reserve(keys.size());
    for (std::size_t number = 0; number != keys.size(); ++number)
        entries.push_back({.key = keys[number], .value = &values.emplace_back(entry(texts[number]))});
    backend->set_multi(entries);
    const std::vector<std::string_view> asked(keys.begin(), keys.end());
    const auto read = texts_of(*backend, asked);
    for (std::size_t number = 0; number != keys.size(); ++number) CHECK(read[number] == texts[number]);
}

TEST_CASE("who waits for a creation elsewhere is woken through TLS, and a lost lock stores nothing", "[redis][tls]") {
    TlsRedisServer& server = tls_server();
    const kennel::Arguments patient = locking(trusting({{"lock_sleep", 30s}}));
    const auto here = new_region(server.url(), patient);
    const auto there = new_region(server.url(), patient);
    SECTION("woken") {
        test::HaltedCreation creation(here, "key", 1);
        auto waiter = test::on_another_thread([&] { return there.get_or_create("key", [] { return 2; }); });
        REQUIRE(test::wait_until([&] {
            const std::string clients = server.plain().command({"INFO", "clients"});
            return clients.find("tracking_clients:0") == std::string::npos;
        }));
        CHECK(time_of([&] {
                  CHECK(creation.finish() == 1);
                  CHECK(waiter.get() == 1);
              }) < 10s);
    }
    SECTION("lost") {
        test::HaltedCreation creation(here, "key", 1);
        there.set("key", 5);
        CHECK(creation.finish() == 1);
        CHECK(there.get<int>("key") == 5);
    }
}

TEST_CASE("many threads share connections and one set of certificates", "[redis][tls]") {
    TlsRedisServer& server = tls_server();
    const auto backend = new_backend(server.url(), trusting({{"max_connections", 4}}));
    std::atomic<int> wrong = 0;
    test::run_together(8, [&](std::size_t thread) {
        for (int round = 0; round != 100; ++round) {
            const std::string key = "key:" + std::to_string(thread);
            const std::string text = long_text(thread * 3000 + static_cast<std::size_t>(round));
            try {
                backend->set(key, entry(text));
                if (text_of(*backend, key) != text) ++wrong;
            } catch (const kennel::BackendError&) {
                ++wrong;
            }
        }
    });
    CHECK(wrong == 0);
}

TEST_CASE("a server is believed only if its certificate is good and for its name", "[redis][tls]") {
    TlsRedisServer& server = tls_server();
    SECTION("by name or by number") {
        for (const char* const host : {"localhost", "127.0.0.1"})
            CHECK(complaint(server.url(host), trusting()).empty());
    }
    SECTION("an authority that is not trusted") {
        const std::string place = "localhost:" + std::to_string(server.port());
        for (const char* const name : {"another authority", "the authority"}) {
            const CertificateAuthority other(name);
            const std::string message = complaint(server.url(), {{"ssl_ca_certs", other.certificate_file()}});
            CAPTURE(message);
            CHECK(mentions(message, {place, "certificate is not accepted", "ssl_ca_certs"}));
        }
    }
    SECTION("the system's authorities, when none are given") {
        const std::string message = complaint(server.url(), {});
        CAPTURE(message);
        CHECK(mentions(message, {"certificate is not accepted", "ssl_ca_certs"}));
    }
    SECTION("a directory of authorities") {
        const std::string message = complaint(server.url(), {{"ssl_ca_path", "/etc"}});
        CHECK(mentions(message, {"certificate is not accepted", "ssl_ca_certs"}));
    }
    SECTION("nobody asks for it") { CHECK(complaint(server.url(), {{"ssl_cert_reqs", "none"}}).empty()); }
    SECTION("it is trusted itself") {
        CHECK(complaint(server.url(), {{"ssl_ca_certs", certificate().certificate}}).empty());
    }
    SECTION("another name") {
        const CertificateFiles other = authority().certify("other", {.names = "DNS:cache.example.com"});
        TlsRedisServer impostor(authority(), other);
        for (const char* const host : {"localhost", "127.0.0.1"}) {
            const std::string message = complaint(impostor.url(host), trusting());
            CAPTURE(message);
            CHECK(mentions(message, {"mismatch", '\'' + std::string(host) + '\'', "ssl_check_hostname"}));
        }
        CHECK(complaint(impostor.url(), trusting({{"ssl_check_hostname", false}})).empty());
    }
    SECTION("out of date") {
        const CertificateFiles old = authority().certify("old", {.is_expired = true});
        TlsRedisServer late(authority(), old);
        const std::string message = complaint(late.url(), trusting());
        CAPTURE(message);
        CHECK(mentions(message, {"certificate has expired", "renew"}));
    }
}

TEST_CASE("a server that wants certificates of its clients gets one, or says so", "[redis][tls]") {
    TlsRedisServer server(authority(), certificate(), {"--tls-auth-clients", "yes"});
    const auto showing = [](const CertificateFiles& files, kennel::Arguments others = {}) {
        others.emplace("ssl_certfile", files.certificate);
        others.emplace("ssl_keyfile", files.key);
        return trusting(std::move(others));
    };
    SECTION("none") {
        for (int round = 0; round != 5; ++round) {
            const std::string message = complaint(server.url(), trusting());
            CAPTURE(message);
            CHECK(mentions(message, {"certificate required", "ssl_certfile", "ssl_keyfile"}));
        }
    }
    SECTION("a good one") { CHECK(complaint(server.url(), showing(authority().certify("client"))).empty()); }
    SECTION("with its key in the same file") {
        const CertificateFiles files = authority().certify("both");
        std::ofstream(files.certificate, std::ios::app) << std::ifstream(files.key).rdbuf();
        CHECK(complaint(server.url(), trusting({{"ssl_certfile", files.certificate}})).empty());
    }
    SECTION("with an encrypted key") {
        const CertificateFiles files = authority().certify("secret", {.key_password = "open sesame"});
        for (const char* const name : {"ssl_keyfile_password", "ssl_password"})
            CHECK(complaint(server.url(), showing(files, {{name, "open sesame"}})).empty());
    }
    SECTION("out of date") {
        const std::string message = complaint(server.url(), showing(authority().certify("late", {.is_expired = true})));
        CAPTURE(message);
        CHECK(mentions(message, {"expired", "ssl_certfile"}));
    }
    SECTION("of an authority that the server does not know") {
        for (const char* const name : {"another authority", "the authority"}) {
            const CertificateAuthority other(name);
            const std::string message = complaint(server.url(), showing(other.certify("stranger")));
            CAPTURE(message);
            CHECK(mentions(message, {"the certificate of ssl_certfile"}));
        }
    }
}

TEST_CASE("a server's versions of TLS are those that both allow", "[redis][tls]") {
    TlsRedisServer server(authority(), certificate(), {"--tls-protocols", "TLSv1.2"});
    CHECK(complaint(server.url(), trusting()).empty());
    const std::string message = complaint(server.url(), trusting({{"ssl_min_version", "TLSv1.3"}}));
    CAPTURE(message);
    CHECK(mentions(message, {"ssl_min_version"}));
    const auto backend = new_backend(server.url(), trusting());
    backend->set("key", entry(long_text(100'000)));
    CHECK(text_of(*backend, "key") == long_text(100'000));
}

TEST_CASE("names are sent to the server, and numbers are not", "[redis][tls]") {
    TlsRedisServer& server = tls_server();
    test::FaultProxy proxy(server.address());
    CHECK(complaint(TlsRedisServer::url_through(proxy.port()), trusting()).empty());
    CHECK(mentions(proxy.sent(), {"localhost"}));
    proxy.forget();
    CHECK(complaint(TlsRedisServer::url_through(proxy.port(), "127.0.0.1"), trusting()).empty());
    CHECK_FALSE(mentions(proxy.sent(), {"127.0.0.1"}));
}

TEST_CASE("who speaks the wrong language to a port is told so in time", "[redis][tls]") {
    TlsRedisServer& server = tls_server();
    const kennel::Arguments impatient = {{"socket_timeout", 300ms}, {"socket_connect_timeout", 300ms}};
    SECTION("plainly to a port for TLS") {
        std::string message;
        CHECK(time_of([&] { message = complaint("redis://127.0.0.1:" + std::to_string(server.port()), impatient); }) <
              5s);
        CAPTURE(message);
        CHECK(mentions(message, {"127.0.0.1", "TLS", "rediss://"}));
    }
    SECTION("TLS to a plain port") {
        for (int round = 0; round != 5; ++round) { // the server understands each time something else
            const std::string message = complaint(TlsRedisServer::url_through(server.plain().port()),
                                                  trusting(impatient));
            CAPTURE(message);
            REQUIRE(mentions(message, {"localhost", "TLS"}));
        }
    }
}

TEST_CASE("a server that is halted in the handshake costs no more than the limit", "[redis][tls]") {
    TlsRedisServer server(authority(), certificate());
    const kennel::Arguments impatient = trusting({{"socket_timeout", 300ms}, {"socket_connect_timeout", 300ms}});
    SECTION("before it") {
        const auto backend = new_backend(server.url(), impatient);
        server.process().suspend();
        CHECK(fails_in_time(300ms, [&] { (void)backend->get("key"); }));
        server.process().resume();
        CHECK(test::wait_until([&] { return is_answered(*backend); }));
    }
    SECTION("it answers byte by byte") {
        test::FaultProxy proxy(server.address());
        proxy.drip(5ms);
        const auto backend = new_backend(TlsRedisServer::url_through(proxy.port()), impatient);
        CHECK(fails_in_time(300ms, [&] { (void)backend->get("key"); }));
    }
    SECTION("after it") {
        const auto backend = new_backend(server.url(), impatient);
        const std::string text = long_text(20'000'000); // more than lies in the buffers between
        backend->set("key", entry("text"));
        server.process().suspend();
        CHECK(fails_in_time(300ms, [&] { (void)backend->get("key"); }));
        server.process().resume();
        REQUIRE(test::wait_until([&] { return is_answered(*backend); }));
        server.process().suspend();
        CHECK(fails_in_time(300ms, [&] { backend->set("key", entry(text)); }));
        server.process().resume();
    }
}

TEST_CASE("a connection that is cut or damaged anywhere is an error, and the next one is good", "[redis][tls]") {
    TlsRedisServer& server = tls_server();
    const std::string text = long_text(40'000);
    new_backend(server.url(), trusting())->set("key", entry(text));
    test::FaultProxy proxy(server.address());
    const std::string url = TlsRedisServer::url_through(proxy.port());
    SECTION("cut") {
        for (std::size_t bytes = 0; bytes < 40'000; bytes = bytes < 3000 ? bytes + 101 : bytes + 7919) {
            INFO(bytes);
            proxy.cut_after(bytes);
            CHECK(complaint(url, trusting()) != "");
        }
    }
    SECTION("damaged") {
        const auto backend = new_backend(url, trusting());
        CHECK(text_of(*backend, "key") == text);
        proxy.rewrite_replies([](std::string piece, bool is_first) {
            if (is_first) piece.at(piece.size() / 2) = static_cast<char>(piece.at(piece.size() / 2) ^ 1);
            return piece;
        });
        const std::string message = message_of<kennel::BackendError>([&] { (void)backend->get("key"); });
        CAPTURE(message);
        CHECK(mentions(message, {"TLS fails"}));
        proxy.pass();
        CHECK(text_of(*backend, "key") == text);
    }
}

TEST_CASE("a connection that the server has ended while it lay idle is replaced", "[redis][tls]") {
    TlsRedisServer& server = tls_server();
    const auto backend = new_backend(server.url(), trusting());
    backend->set("key", entry("text"));
    for (int round = 0; round != 3; ++round) {
        server.plain().command({"CLIENT", "KILL", "TYPE", "normal"});
        CHECK(text_of(*backend, "key") == "text");
    }
}

TEST_CASE("connections are closed by a goodbye, and none is left", "[redis][tls]") {
    TlsRedisServer& server = tls_server();
    test::FaultProxy proxy(server.address());
    {
        const auto backend = new_backend(TlsRedisServer::url_through(proxy.port()), trusting());
        (void)backend->get("key");
        proxy.forget();
    }
    REQUIRE(test::wait_until([&] { return proxy.open_connections() == 0; }));
    const std::string goodbye = proxy.sent(); // an alert, which is enciphered as if it were data
    CHECK(mentions(goodbye, {"\x17\x03\x03"}));
}

TEST_CASE("errors of OpenSSL are not left to others", "[redis][tls]") {
    TlsRedisServer& server = tls_server();
    const CertificateAuthority other;
    CHECK_FALSE(complaint(server.url(), {{"ssl_ca_certs", other.certificate_file()}}).empty());
    CHECK(ERR_peek_error() == 0);
    CHECK_FALSE(refusal({{"ssl", true}, {"ssl_ca_certs", "/nowhere"}}).empty());
    CHECK(ERR_peek_error() == 0);
    ERR_put_error(ERR_LIB_USER, 0, 1, "", 0); // somebody else's is not taken for ours
    CHECK(complaint(server.url(), trusting()).empty());
}

TEST_CASE("a forked child has TLS connections of its own", "[redis][tls]") {
    TlsRedisServer& server = tls_server();
    const auto backend = new_backend(server.url(), locking(trusting()));
    backend->set("key", entry("text"));
    std::atomic<bool> is_over = false;
    std::vector<std::jthread> threads; // that are in OpenSSL at the moment of a fork
#ifndef __SANITIZE_ADDRESS__           // whose allocator does not let them
    for (int thread = 0; thread != 2; ++thread)
        threads.emplace_back([&] {
            while (!is_over) (void)complaint(server.url(), trusting());
        });
#endif
    for (int round = 0; round != 20; ++round) {
        test::ForkedProcess child([&] {
            const auto own = new_backend(server.url(), trusting());
            return text_of(*backend, "key") == "text" && text_of(*own, "key") == "text";
        });
        CHECK(child.succeeds());
    }
    is_over = true;
    threads.clear();
    CHECK(text_of(*backend, "key") == "text");
}

TEST_CASE("a program that is started does not get the connections", "[redis][tls]") {
    TlsRedisServer& server = tls_server();
    const auto backend = new_backend(server.url(), trusting());
    (void)backend->get("key");
    int found = 0;
    for (int descriptor = 3; descriptor != 1024; ++descriptor) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        if (::getpeername(descriptor, static_cast<sockaddr*>(static_cast<void*>(&peer)), &size) != 0) continue;
        if (ntohs(peer.sin_port) != server.port()) continue;
        ++found;
        CHECK((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
    }
    CHECK(found >= 1);
}

TEST_CASE("a cluster is asked through TLS at each of its nodes", "[redis][tls]") {
    TlsRedisServer server(authority(), certificate(), {"--cluster-enabled", "yes", "--tls-cluster", "yes"});
    std::vector<std::string> slots{"CLUSTER", "ADDSLOTSRANGE", "0", "16383"};
    REQUIRE(server.plain().command(slots) == "OK");
    REQUIRE(
        test::wait_until([&] { return mentions(server.plain().command({"CLUSTER", "INFO"}), {"cluster_state:ok"}); }));
    const auto backend = kennel::testing_support::new_backend<kennel::RedisClusterBackend>(locking(trusting(
        {{"startup_nodes", std::vector<std::string>{"localhost:" + std::to_string(server.port())}}, {"ssl", true}})));
    backend->set("key", entry("text"));
    CHECK(text_of(*backend, "key") == "text");
    CHECK(texts_of(*backend, {"key", "other", "a third"}).at(0) == "text");
}

TEST_CASE("the arguments of TLS are checked before anything is connected", "[redis][tls]") {
    const CertificateFiles files = authority().certify("checked");
    const CertificateFiles secret = authority().certify("locked", {.key_password = "open sesame"});
    const auto refused = [&](kennel::Arguments arguments) {
        arguments.emplace("ssl", true);
        return refusal(std::move(arguments));
    };
    CHECK(mentions(refused({{"ssl_ca_certs", "/nowhere.crt"}}), {"ssl_ca_certs", "/nowhere.crt", "No such file"}));
    CHECK(mentions(refused({{"ssl_ca_certs", files.key}}), {"ssl_ca_certs", files.key}));
    CHECK(mentions(refused({{"ssl_ca_path", files.key}}), {"ssl_ca_path", "no directory"}));
    CHECK(mentions(refused({{"ssl_certfile", "/nowhere.crt"}}), {"ssl_certfile", "No such file"}));
    CHECK(mentions(refused({{"ssl_certfile", files.certificate}}), {"ssl_certfile", "ssl_keyfile"}));
    CHECK(mentions(refused({{"ssl_keyfile", files.key}}), {"ssl_keyfile", "ssl_certfile"}));
    CHECK(mentions(refused({{"ssl_certfile", files.certificate}, {"ssl_keyfile", certificate().key}}),
                   {"ssl_keyfile", "key values mismatch"}));
    const kennel::Arguments locked = {{"ssl_certfile", secret.certificate}, {"ssl_keyfile", secret.key}};
    CHECK(mentions(refused(locked), {"ssl_keyfile", "encrypted", "give ssl_keyfile_password"}));
    kennel::Arguments wrong = locked;
    wrong.emplace("ssl_password", "close");
    CHECK(mentions(refused(wrong), {"ssl_keyfile", "check ssl_keyfile_password"}));
    CHECK_FALSE(mentions(refused(wrong), {"close"}));
    wrong.emplace("ssl_keyfile_password", "close");
    CHECK(mentions(refused(wrong), {"ssl_password", "give one"}));
    CHECK(mentions(refused({{"ssl_cert_reqs", "maybe"}}), {"ssl_cert_reqs", "\"required\"", "\"none\""}));
    CHECK(mentions(refused({{"ssl_cert_reqs", "none"}, {"ssl_check_hostname", true}}), {"ssl_check_hostname", "none"}));
    CHECK(mentions(refused({{"ssl_min_version", "TLSv1.1"}}), {"ssl_min_version", "TLSv1.2"}));
    CHECK(mentions(refused({{"unix_socket_path", "/run/redis.sock"}}), {"ssl", "Unix socket"}));
    CHECK(mentions(refused({{"url", "unix:///run/redis.sock"}}), {"ssl", "Unix socket"}));
    CHECK(mentions(refusal({{"ssl_ca_certs", files.certificate}}), {"ssl_ca_certs", "ssl = true", "rediss://"}));
    CHECK(mentions(refusal({{"url", "rediss://localhost"}, {"ssl", false}}), {"ssl", "url"}));
    CHECK(refusal({{"ssl", false}, {"ssl_ca_certs", "/nowhere.crt"}}).empty()); // as a switch in a file of settings
    CHECK(
        refused({{"url", "redis://localhost"}, {"ssl_cert_reqs", "optional"}, {"ssl_min_version", "TLSv1_3"}}).empty());
    CHECK(refusal({{"url", "valkeys://localhost"}}).empty());
}

TEST_CASE("without its header, TLS is refused with the header's name", "[redis][tls]") {
    struct Restored {
        kennel::detail::MakeTlsContext make = kennel::detail::make_tls_context.exchange(nullptr);
        ~Restored() { kennel::detail::make_tls_context = make; }
    } const restored;
    for (const char* const url : {"rediss://localhost", "valkeys://localhost"})
        CHECK(mentions(refusal({{"url", url}}), {"'url'", "<kennel/backends/redis_tls.hpp>", "kennel::redis_tls"}));
    CHECK(mentions(refusal({{"ssl", true}}), {"'ssl'", "<kennel/backends/redis_tls.hpp>", "kennel::redis_tls"}));
    CHECK(refusal({}).empty());
}

TEST_CASE("sentinels and the master that they name are asked through TLS", "[redis][tls]") {
    TlsRedisServer master(authority(), certificate());
    const int port = test::free_port();
    const std::string program = test::require_program({"redis-server", "valkey-server"});
    test::ServerProcess sentinel({program, "sentinel.conf", "--sentinel"},
                                 [&] { return test::connect_to({.port = port}).is_open(); });
    std::ofstream(sentinel.directory().file("sentinel.conf"))
        << "port 0\ntls-port " << port << "\ntls-replication yes\ntls-auth-clients no\ndir .\ntls-cert-file "
        << certificate().certificate << "\ntls-key-file " << certificate().key << "\ntls-ca-cert-file "
        << authority().certificate_file() << "\nsentinel monitor mymaster 127.0.0.1 " << master.port() << " 1\n";
    sentinel.start();
    const auto arguments = [&](kennel::Arguments others) {
        others.emplace("ssl", true);
        others.emplace("sentinels", "localhost:" + std::to_string(port));
        return others;
    };
    const auto backend = kennel::testing_support::new_backend<kennel::RedisSentinelBackend>(arguments(trusting()));
    backend->set("key", entry("text"));
    CHECK(text_of(*backend, "key") == "text");
    CHECK(master.plain().command({"EXISTS", "key"}) == "1");
    const auto careless = kennel::testing_support::new_backend<kennel::RedisSentinelBackend>(arguments({}));
    const std::string message = message_of<kennel::BackendError>([&] { (void)careless->get("key"); });
    CAPTURE(message);
    CHECK(mentions(message, {"no sentinel names a master", "certificate is not accepted", "ssl_ca_certs"}));
}
