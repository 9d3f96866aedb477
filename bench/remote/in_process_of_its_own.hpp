#pragma once

#include <cstdio>
#include <exception>

#include <sys/wait.h>
#include <unistd.h>

namespace bench {

/// Runs `measure` in a child process, so that what one measurement leaves in the allocator and in the caches of connections
/// is nothing to the next; says whether it went well.
template <class Measure>
[[nodiscard]] bool in_process_of_its_own(Measure&& measure) {
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) {
        int status = 0;
        try {
            measure();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "bench_remote: %s\n", error.what());
            status = 1;
        }
        std::fflush(stdout);
        ::_exit(status);
    }
    int status = 0;
    return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

} // namespace bench
