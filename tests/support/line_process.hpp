#ifndef KENNEL_TESTS_SUPPORT_LINE_PROCESS_HPP
#define KENNEL_TESTS_SUPPORT_LINE_PROCESS_HPP

#include "support/child_process.hpp"
#include "support/sockets.hpp"
#include "support/temporary_directory.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// A program that reads lines and answers by lines. It is ended with this object.
class LineProcess {
public:
    /// `command` begins with the path of the program.
    explicit LineProcess(const std::vector<std::string>& command) {
        auto [input_end, input] = new_pipe();
        auto [output, output_end] = new_pipe();
        const Descriptor errors(::open(errors_file().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        process_.emplace(command, ChildProcess::Streams{.input = input_end.number(),
                                                        .output = output_end.number(),
                                                        .errors = errors.number()});
        input_ = std::move(input);
        output_ = std::move(output);
    }

    [[nodiscard]] ChildProcess& process() { return *process_; }

    /// Ends its input, and gives the status with which it then ends; a limit makes it end by a signal.
    [[nodiscard]] int end() {
        input_.close();
        if (!process_->wait()) process_->kill_and_wait();
        return process_->status().value_or(-1);
    }

    void tell(std::string line) {
        line += '\n';
        if (::write(input_.number(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
            throw std::runtime_error(complaint("a program that was told something does not read it"));
    }

    /// The next line that it writes.
    [[nodiscard]] std::string answer() {
        std::optional<std::string> line = answer_within(patience);
        if (!line) throw std::runtime_error(complaint("a program does not answer"));
        return *std::move(line);
    }

    /// The next line that it writes, if it does so within the limit.
    [[nodiscard]] std::optional<std::string> answer_within(std::chrono::steady_clock::duration limit) {
        const auto deadline = std::chrono::steady_clock::now() + limit;
        std::size_t end = 0;
        while ((end = buffer_.find('\n')) == std::string::npos)
            if (!receive_before(deadline)) return std::nullopt;
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
    }

    /// What it has written as errors.
    [[nodiscard]] std::string errors() const {
        std::ifstream file(errors_file(), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

private:
    [[nodiscard]] static std::pair<Descriptor, Descriptor> new_pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
        return {Descriptor(ends[0]), Descriptor(ends[1])};
    }

    [[nodiscard]] bool receive_before(std::chrono::steady_clock::time_point deadline) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd waiting{.fd = output_.number(), .events = POLLIN, .revents = 0};
        if (left.count() < 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) == 0) return false;
        char bytes[4096];
        const ssize_t count = ::read(output_.number(), bytes, sizeof bytes);
        if (count <= 0) throw std::runtime_error(complaint("a program that shall answer has ended"));
        buffer_.append(bytes, static_cast<std::size_t>(count));
        return true;
    }

    [[nodiscard]] std::string complaint(const std::string& text) const { return text + ":\n" + errors(); }
    [[nodiscard]] std::string errors_file() const { return directory_.file("errors.txt"); }

    TemporaryDirectory directory_;
    Descriptor input_;
    Descriptor output_;
    std::string buffer_;
    std::optional<ChildProcess> process_;
};

} // namespace test

#endif
