#pragma once

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

/// A server that is started for the benchmark, listens at a Unix socket, and ends with it.
class LocalServer {
public:
    /// `make_command` gets the path of the socket.
    template <class MakeCommand>
    explicit LocalServer(MakeCommand&& make_command) : directory_(new_directory()), socket_(directory_ + "/socket") {
        start(make_command(socket_));
    }
    LocalServer(const LocalServer&) = delete;
    LocalServer& operator=(const LocalServer&) = delete;
    ~LocalServer() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        std::filesystem::remove_all(directory_);
    }

    [[nodiscard]] const std::string& socket() const { return socket_; }
    [[nodiscard]] pid_t process() const { return pid_; }

private:
    static std::string new_directory() {
        std::string path = std::filesystem::temp_directory_path() / "kennel-bench-XXXXXX";
        if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary directory can be made");
        return path;
    }

    void start(const std::vector<std::string>& command) {
        std::vector<char*> arguments;
        for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
        arguments.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const int nowhere = ::open("/dev/null", O_RDWR);
            ::dup2(nowhere, STDOUT_FILENO);
            ::execvp(arguments.front(), arguments.data());
            ::_exit(127);
        }
        for (int tries = 0; !is_listening(); ++tries) {
            if (tries == 1000 || ::waitpid(pid_, nullptr, WNOHANG) != 0)
                throw std::runtime_error(command.front() + " does not start; is it installed?");
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    [[nodiscard]] bool is_listening() const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        socket_.copy(address.sun_path, sizeof address.sun_path - 1);
        const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const bool connected = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        ::close(probe);
        return connected;
    }

    std::string directory_;
    std::string socket_;
    pid_t pid_ = -1;
};

} // namespace bench
