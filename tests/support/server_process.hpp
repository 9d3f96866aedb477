#ifndef KENNEL_TESTS_SUPPORT_SERVER_PROCESS_HPP
#define KENNEL_TESTS_SUPPORT_SERVER_PROCESS_HPP

#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/sockets.hpp"
#include "support/temporary_directory.hpp"

#include <fcntl.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

/// Ends the running test case because something that it needs is not installed: it is skipped, or fails when the
/// environment variable KENNEL_REQUIRE_SERVERS is ON.
inline void skip_without(const std::string& what) {
    const char* const required = std::getenv("KENNEL_REQUIRE_SERVERS");
    if (required != nullptr && std::string_view(required) == "ON")
        FAIL(what + " is not installed, and KENNEL_REQUIRE_SERVERS is ON");
    SKIP(what + " is not installed");
}

/// The path of the first of these programs that is installed; without any, the running test case ends.
inline std::string require_program(const std::vector<std::string>& names) {
    std::string path = find_program(names);
    if (path.empty()) skip_without(names.at(0));
    return path;
}

/// A server in a directory of its own, which goes with this object, as the server does. It is used by one thread at a
/// time.
class ServerProcess {
public:
    /// `is_ready` says whether the server answers.
    ServerProcess(std::vector<std::string> command, std::function<bool()> is_ready)
        : command_(std::move(command)), is_ready_(std::move(is_ready)) {}

    [[nodiscard]] const TemporaryDirectory& directory() const { return directory_; }

    /// Starts the server and waits until it answers. Says whether it does: it ends at once, for example, when its port
    /// is not free any more.
    [[nodiscard]] bool try_start() {
        const Descriptor output(::open(output_file().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        process_.emplace(command_, ChildProcess::Streams{.output = output.number(), .errors = output.number()},
                         directory_.path());
        const bool is_decided = wait_until([this] { return !process_->is_running() || is_ready_(); });
        return is_decided && process_->is_running();
    }
    void start() {
        if (!try_start()) throw std::runtime_error(complaint());
    }
    /// Ends the server at the latest a few seconds after asking it to.
    void stop() {
        if (process_) process_->stop(std::chrono::seconds(5));
    }
    /// Ends the server as a crash does.
    void crash() {
        if (process_) process_->kill_and_wait();
    }
    void restart() {
        stop();
        start();
    }
    /// Halts the server, so that it neither answers nor ends its connections.
    void suspend() { process_.value().send_signal(SIGSTOP); }
    void resume() { process_.value().send_signal(SIGCONT); }

    [[nodiscard]] bool is_running() { return process_ && process_->is_running(); }
    [[nodiscard]] pid_t pid() const { return process_.value().pid(); }

    /// What the server has written.
    [[nodiscard]] std::string output() const {
        std::ifstream file(output_file(), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    /// What to say when it does not start.
    [[nodiscard]] std::string complaint() const {
        std::string text = "this server does not answer:";
        for (const std::string& argument : command_) text += ' ' + (argument.empty() ? "\"\"" : argument);
        return text + '\n' + output();
    }

private:
    [[nodiscard]] std::string output_file() const { return directory_.file("output.txt"); }

    TemporaryDirectory directory_;
    std::vector<std::string> command_;
    std::function<bool()> is_ready_;
    std::optional<ChildProcess> process_;
};

} // namespace test

#endif
