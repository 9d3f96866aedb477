#ifndef KENNEL_TESTS_SUPPORT_CHILD_PROCESS_HPP
#define KENNEL_TESTS_SUPPORT_CHILD_PROCESS_HPP

#include "support/wait_until.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace test {

/// The path of the first of these programs that is installed; empty when none is.
inline std::string find_program(const std::vector<std::string>& names) {
    const char* const path = std::getenv("PATH");
    const std::string directories = (path != nullptr ? std::string(path) + ':' : std::string()) +
                                    "/usr/local/bin:/usr/bin:/usr/local/sbin:/usr/sbin";
    for (const std::string& name : names)
        for (std::size_t begin = 0; begin < directories.size();) {
            const std::size_t end = (std::min)(directories.find(':', begin), directories.size());
            const std::string file = directories.substr(begin, end - begin) + '/' + name;
            if (::access(file.c_str(), X_OK) == 0) return file;
            begin = end + 1;
        }
    return {};
}

/// Runs functions on one thread that lives as long as the process. Children are started there, because the kernel ends
/// a child that asks for it by PR_SET_PDEATHSIG together with the thread that has started it.
class ParentThread {
public:
    [[nodiscard]] static ParentThread& shared() {
        static auto* const thread = new ParentThread;
        return *thread;
    }

    template <class Result>
    Result run(std::function<Result()> function) {
        std::packaged_task<Result()> task(std::move(function));
        std::future<Result> result = task.get_future();
        {
            const std::lock_guard lock(mutex_);
            tasks_.emplace_back([&task] { task(); });
        }
        has_task_.notify_one();
        return result.get();
    }

private:
    ParentThread() {
        std::thread([this] {
            for (std::unique_lock lock(mutex_);;) {
                has_task_.wait(lock, [this] { return !tasks_.empty(); });
                const std::function<void()> task = std::move(tasks_.front());
                tasks_.pop_front();
                lock.unlock();
                task();
                lock.lock();
            }
        }).detach();
    }

    std::mutex mutex_;
    std::condition_variable has_task_;
    std::deque<std::function<void()>> tasks_;
};

/// A program that runs as a child of this one and never outlives it. Its descriptors beyond the standard ones are
/// closed. A child of fork of this process leaves it alone.
class ChildProcess {
public:
    /// Which descriptors of this process the child has in place of its own; -1 for /dev/null.
    struct Streams {
        int input = -1;
        int output = -1;
        int errors = -1;
    };

    /// `command` begins with the path of the program.
    ChildProcess(const std::vector<std::string>& command, const Streams& streams, const std::string& directory = {}) {
        std::vector<const char*> arguments;
        for (const std::string& argument : command) arguments.push_back(argument.c_str());
        arguments.push_back(nullptr);
        const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        const int descriptors[3] = {streams.input < 0 ? nothing : streams.input,
                                    streams.output < 0 ? nothing : streams.output,
                                    streams.errors < 0 ? nothing : streams.errors};
        const char* const where = directory.empty() ? nullptr : directory.c_str();
        pid_ = ParentThread::shared().run<pid_t>([&] {
            const pid_t child = ::fork();
            if (child == 0) become(arguments, descriptors, where);
            return child;
        });
        ::close(nothing);
        if (pid_ < 0) throw std::runtime_error("cannot start " + command.at(0));
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess() {
        if (::getpid() == owner_) kill_and_wait();
    }

    [[nodiscard]] pid_t pid() const { return pid_; }

    [[nodiscard]] bool is_running() { return !has_ended(); }

    void send_signal(int signal) {
        if (!has_ended()) ::kill(pid_, signal);
    }

    /// Whether it ends by itself within the limit.
    [[nodiscard]] bool wait(std::chrono::steady_clock::duration limit = patience) {
        return wait_until([this] { return has_ended(); }, limit);
    }

    /// Its exit status, or 128 and the signal that has ended it; nothing while it runs.
    [[nodiscard]] std::optional<int> status() {
        if (!has_ended()) return std::nullopt;
        return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
    }

    /// Asks it to end, and makes it end when it has not within the limit.
    void stop(std::chrono::steady_clock::duration limit) {
        send_signal(SIGTERM);
        send_signal(SIGCONT);
        if (!wait(limit)) kill_and_wait();
    }

    void kill_and_wait() {
        send_signal(SIGKILL);
        while (!has_ended()) std::this_thread::yield();
    }

private:
    /// In the child of a program with threads, so that only what is safe in a signal handler may be called.
    [[noreturn]] static void become(const std::vector<const char*>& arguments, const int (&descriptors)[3],
                                    const char* directory) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::signal(SIGPIPE, SIG_DFL);
        int moved[3];
        for (int at = 0; at != 3; ++at) moved[at] = ::fcntl(descriptors[at], F_DUPFD, 3);
        for (int at = 0; at != 3; ++at) ::dup2(moved[at], at);
        ::syscall(SYS_close_range, 3U, ~0U, 0U);
        if (directory == nullptr || ::chdir(directory) == 0)
            ::execv(arguments[0], const_cast<char* const*>(arguments.data()));
        ::_exit(127);
    }

    [[nodiscard]] bool has_ended() {
        if (!has_ended_) has_ended_ = ::waitpid(pid_, &status_, WNOHANG) != 0;
        return has_ended_;
    }

    pid_t owner_ = ::getpid();
    pid_t pid_ = -1;
    bool has_ended_ = false;
    int status_ = 0;
};

} // namespace test

#endif
