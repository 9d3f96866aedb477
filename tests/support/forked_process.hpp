#ifndef KENNEL_TESTS_SUPPORT_FORKED_PROCESS_HPP
#define KENNEL_TESTS_SUPPORT_FORKED_PROCESS_HPP

#include "support/wait_until.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace test {

/// Whether no thread but the calling one has anything to do at the moment.
[[nodiscard]] inline bool other_threads_sleep() {
    const std::string own = std::to_string(::gettid());
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string line;
        std::getline(std::ifstream(task.path() / "stat"), line);
        const std::size_t name_end = line.rfind(") ");
        const bool sleeps = name_end == std::string::npos || line.at(name_end + 2) == 'S'; // or it has just ended
        if (!sleeps && task.path().filename() != own) return false;
    }
    return true;
}

/// A copy of this process in which a function runs, and nothing else. It is ended with this object.
///
/// The function says whether all was well; it must not use Catch2. What it throws is a failure.
class ForkedProcess {
public:
    template <class Function>
    explicit ForkedProcess(const Function& function) {
#ifdef __SANITIZE_ADDRESS__ // whose allocator does not survive a fork while another thread is in it
        static_cast<void>(wait_until(other_threads_sleep, std::chrono::seconds(2)));
#endif
        const pid_t parent = ::getpid();
        pid_ = ::fork();
        if (pid_ < 0) throw std::runtime_error("cannot fork");
        if (pid_ != 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(3);
        try {
            ::_exit(function() ? 0 : 1);
        } catch (...) {
            ::_exit(2);
        }
    }
    ForkedProcess(const ForkedProcess&) = delete;
    ForkedProcess& operator=(const ForkedProcess&) = delete;
    ~ForkedProcess() {
        send_signal(SIGKILL);
        send_signal(SIGCONT);
        static_cast<void>(has_ended_within(patience));
    }

    [[nodiscard]] pid_t pid() const { return pid_; }

    void send_signal(int signal) {
        if (!has_ended()) ::kill(pid_, signal);
    }

    /// Waits for its end and says whether all was well.
    [[nodiscard]] bool succeeds(std::chrono::steady_clock::duration limit = patience) {
        return has_ended_within(limit) && WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
    }

private:
    [[nodiscard]] bool has_ended_within(std::chrono::steady_clock::duration limit) {
        return wait_until([this] { return has_ended(); }, limit);
    }
    [[nodiscard]] bool has_ended() {
        if (!has_ended_) has_ended_ = ::waitpid(pid_, &status_, WNOHANG) != 0;
        return has_ended_;
    }

    pid_t pid_ = -1;
    bool has_ended_ = false;
    int status_ = 0;
};

} // namespace test

#endif
