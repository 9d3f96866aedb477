#ifndef KENNEL_TESTS_SUPPORT_REDIS_SERVER_HPP
#define KENNEL_TESTS_SUPPORT_REDIS_SERVER_HPP

#include "support/resp_client.hpp"
#include "support/server_process.hpp"

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// A Redis server of this test program's own, at a free port of the loopback device and at a Unix socket. It keeps
/// nothing on disk. Without the program installed, the test case that asks for one is skipped.
class RedisServer {
public:
    /// `arguments` as on the command line, such as `{"--requirepass", "secret"}`.
    explicit RedisServer(std::vector<std::string> arguments = {}) : arguments_(std::move(arguments)) {
        const std::string program = require_program({"redis-server", "valkey-server"});
        for (int tries = 3;; --tries) {
            port_ = free_port();
            process_ = std::make_unique<ServerProcess>(command(program), [this] { return answers(); });
            if (process_->try_start()) return;
            if (tries == 1) throw std::runtime_error(process_->complaint());
        }
    }

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::string unix_socket() const { return process_->directory().file("socket"); }
    [[nodiscard]] LocalAddress address() const { return {.port = port_}; }
    [[nodiscard]] LocalAddress unix_address() const { return {.path = unix_socket()}; }
    [[nodiscard]] std::string url(int database = 0) const { return url_through(port_, database); }
    /// The same server by another port, for example that of a proxy in front of it.
    [[nodiscard]] std::string url_through(int port, int database = 0) const {
        const std::string login = password().empty() ? "" : ':' + password() + '@';
        return "redis://" + login + "127.0.0.1:" + std::to_string(port) + '/' + std::to_string(database);
    }
    [[nodiscard]] std::string unix_url() const { return "unix://" + unix_socket(); }
    [[nodiscard]] ServerProcess& process() { return *process_; }
    [[nodiscard]] pid_t pid() const { return process_->pid(); }

    /// Ends the server and starts it again at the same place, empty.
    void restart() { process_->restart(); }

    /// What the server replies to a command, through a connection of its own; as `RespReply::shown` puts it.
    std::string command(const std::vector<std::string>& arguments) { return reply(arguments).shown(); }
    RespReply reply(const std::vector<std::string>& arguments) { return new_client().call(arguments); }

    /// A connection of its own, logged in.
    [[nodiscard]] RespClient new_client() const {
        RespClient client(address());
        if (!password().empty()) client.call({"AUTH", password()});
        return client;
    }

    /// How often the server has run this command, in lower case, since it was started or `CONFIG RESETSTAT`.
    [[nodiscard]] long calls_of(const std::string& name) {
        return count("commandstats", "cmdstat_" + name + ":calls=");
    }

    /// How often it has answered with an error of this code, likewise.
    [[nodiscard]] long errors_of(const std::string& code) {
        return count("errorstats", "errorstat_" + code + ":count=");
    }

private:
    /// Of what it tells about itself, the number behind these words; zero when they are not there.
    [[nodiscard]] long count(const std::string& section, const std::string& words) {
        const std::string statistics = command({"INFO", section});
        const std::size_t at = statistics.find(words);
        return at == std::string::npos ? 0 : std::stol(statistics.substr(at + words.size()));
    }

    [[nodiscard]] std::vector<std::string> command(const std::string& program) const {
        std::vector<std::string> words{program,
                                       "--port",
                                       std::to_string(port_),
                                       "--bind",
                                       "127.0.0.1",
                                       "--unixsocket",
                                       "socket",
                                       "--save",
                                       "",
                                       "--appendonly",
                                       "no",
                                       "--dir",
                                       "."};
        words.insert(words.end(), arguments_.begin(), arguments_.end());
        return words;
    }

    /// A server that wants a password answers, too, but not one that is still loading. At the Unix socket nobody else
    /// can answer.
    [[nodiscard]] bool answers() const {
        try {
            const RespReply reply = RespClient(unix_address()).call({"PING"});
            return !reply.is_error() || reply.text.starts_with("NOAUTH");
        } catch (const std::exception&) {
            return false;
        }
    }

    [[nodiscard]] std::string password() const {
        for (std::size_t at = 0; at + 1 < arguments_.size(); ++at)
            if (arguments_[at] == "--requirepass") return arguments_[at + 1];
        return {};
    }

    std::vector<std::string> arguments_;
    int port_ = 0;
    std::unique_ptr<ServerProcess> process_;
};

/// The server that test cases share which neither stop nor configure it. Each call empties it and its statistics: call it
/// once in a test case, at the beginning.
inline RedisServer& redis_server() {
    static std::optional<RedisServer> server;
    if (!server) server.emplace();
    if (!server->process().is_running()) server->process().start();
    server->command({"FLUSHALL"});
    server->command({"CONFIG", "RESETSTAT"});
    return *server;
}

} // namespace test

#endif
