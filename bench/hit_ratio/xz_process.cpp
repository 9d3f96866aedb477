#include "xz_process.hpp"

#include "input_error.hpp"

#if __has_include(<spawn.h>)
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#define KENNEL_BENCH_CAN_SPAWN 1
extern char** environ;
#endif

#include <cerrno>
#include <cstring>

namespace bench {

#ifdef KENNEL_BENCH_CAN_SPAWN

namespace {

/// Starts xz with the file as its standard input, so that no file name is ever taken for an option or a command.
int spawn_xz(int input, int output, pid_t& process) {
    posix_spawn_file_actions_t actions;
    if (const int error = posix_spawn_file_actions_init(&actions); error != 0) return error;
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    char program[] = "xz";
    char options[] = "-dcqq";
    char* arguments[] = {program, options, nullptr};
    const int error = posix_spawnp(&process, program, &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

} // namespace

XzProcess::XzProcess(std::FILE* compressed, const std::string& name) : name_(name) {
    const int input = fileno(compressed);
    if (lseek(input, 0, SEEK_SET) != 0)
        throw InputError(name + ": it is compressed by xz; decompress it first: xz -dc FILE | ./dev bench hit_ratio -");
    int ends[2];
    if (pipe(ends) != 0) throw InputError(name + ": no pipe to xz: " + std::strerror(errno));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    output_.reset(fdopen(ends[0], "rb"));
    pid_t process = 0;
    const int error = spawn_xz(input, ends[1], process);
    close(ends[1]);
    if (error != 0)
        throw InputError(name + ": it is compressed, and the program xz cannot be started (" + std::strerror(error) +
                         "); install the package xz-utils, or decompress the file elsewhere");
    process_ = process;
}

int XzProcess::wait() noexcept {
    int status = 0;
    while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = 0;
    return status;
}

#else

XzProcess::XzProcess(std::FILE*, const std::string& name) : name_(name) {
    throw InputError(name + ": it is compressed, which cannot be read on this system; decompress it first");
}

int XzProcess::wait() noexcept { return 0; }

#endif

XzProcess::~XzProcess() {
    output_.reset(); // so that it does not go on writing
    if (process_ != 0) static_cast<void>(wait());
}

void XzProcess::finish() {
    if (process_ != 0 && wait() != 0)
        throw InputError(name_ + ": xz cannot decompress all of it, for it is damaged or cut off; get it anew, or see "
                                 "what 'xz -t' says");
}

} // namespace bench
