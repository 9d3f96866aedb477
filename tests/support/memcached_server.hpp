#ifndef KENNEL_TESTS_SUPPORT_MEMCACHED_SERVER_HPP
#define KENNEL_TESTS_SUPPORT_MEMCACHED_SERVER_HPP

#include "support/server_process.hpp"

#include <unistd.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

/// Talks to a Memcached server in its text protocol without any client library.
class MemcachedTextClient {
public:
    explicit MemcachedTextClient(const LocalAddress& address) : connection_(address) {}

    /// The whole reply to a request, whose last line end is not given: `call("get key")`, `call("set key 0 0 1\r\nx")`.
    std::string call(std::string_view request) {
        connection_.send(std::string(request) + "\r\n");
        std::string reply;
        for (bool is_last = false; !is_last;) {
            const std::string line = connection_.read_line();
            reply += line + "\r\n";
            const bool is_value = line.starts_with("VALUE ");
            if (is_value || line.starts_with("VA ")) reply += connection_.read(length_of_data(line, is_value) + 2);
            is_last = !is_value && !line.starts_with("STAT ");
        }
        return reply;
    }

private:
    /// From `VALUE key flags length` or `VA length flags`.
    static std::size_t length_of_data(const std::string& line, bool is_value) {
        std::size_t begin = 0;
        for (int words = is_value ? 3 : 1; words != 0; --words) begin = line.find(' ', begin) + 1;
        return std::stoul(line.substr(begin));
    }

    PlainConnection connection_;
};

/// A Memcached server of this test program's own at a free port of the loopback device. Without the program installed,
/// the test case that asks for one is skipped.
class MemcachedServer {
public:
    /// `arguments` as on the command line, such as `{"-I", "2m"}`.
    explicit MemcachedServer(std::vector<std::string> arguments = {}) : arguments_(std::move(arguments)) {
        const std::string program = require_program({"memcached"});
        for (int tries = 3;; --tries) {
            port_ = free_port();
            process_ = std::make_unique<ServerProcess>(command_line(program), [this] { return answers(); });
            if (process_->try_start()) return;
            if (tries == 1) throw std::runtime_error(process_->complaint());
        }
    }

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] LocalAddress address() const { return {.port = port_}; }
    [[nodiscard]] std::string url() const { return address().text(); }
    [[nodiscard]] ServerProcess& process() { return *process_; }
    [[nodiscard]] pid_t pid() const { return process_->pid(); }

    /// Ends the server and starts it again at the same place, empty.
    void restart() { process_->restart(); }

    /// What the server replies to a request in the text protocol, through a connection of its own.
    std::string command(std::string_view request) { return MemcachedTextClient(address()).call(request); }

    /// A number that `stats` gives, such as `curr_connections`.
    [[nodiscard]] long statistic(const std::string& name) {
        const std::string statistics = command("stats");
        const std::string begin = "STAT " + name + ' ';
        const std::size_t at = statistics.find(begin);
        if (at == std::string::npos) throw std::runtime_error("there is no statistic " + name);
        return std::stol(statistics.substr(at + begin.size()));
    }

private:
    [[nodiscard]] std::vector<std::string> command_line(const std::string& program) const {
        std::vector<std::string> words{program, "-p", std::to_string(port_), "-l", "127.0.0.1", "-U", "0"};
        if (::getuid() == 0) words.insert(words.end(), {"-u", "root"}); // it insists on being told
        words.insert(words.end(), arguments_.begin(), arguments_.end());
        return words;
    }

    /// It could be another one if the port was taken meanwhile.
    [[nodiscard]] bool answers() const {
        try {
            const std::string own = "STAT pid " + std::to_string(pid()) + "\r\n";
            return MemcachedTextClient(address()).call("stats").find(own) != std::string::npos;
        } catch (const std::exception&) {
            return false;
        }
    }

    std::vector<std::string> arguments_;
    int port_ = 0;
    std::unique_ptr<ServerProcess> process_;
};

/// The server that test cases share which do not stop it. Each call empties it: call it once in a test case, at the
/// beginning.
inline MemcachedServer& memcached_server() {
    static std::optional<MemcachedServer> server;
    if (!server) server.emplace();
    if (!server->process().is_running()) server->process().start();
    server->command("flush_all");
    return *server;
}

} // namespace test

#endif
