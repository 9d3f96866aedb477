#pragma once

#include <cstddef>

#include <sched.h>
#include <sys/types.h>

namespace bench {

/// The cores that this process may use when it starts.
class Cores {
public:
    Cores() { ::sched_getaffinity(0, sizeof all_, &all_); }

    /// Confines this process, and what it starts from now on, to the first of them.
    void use_one() const {
        cpu_set_t one;
        CPU_ZERO(&one);
        for (std::size_t core = 0; core != CPU_SETSIZE; ++core)
            if (CPU_ISSET(core, &all_)) {
                CPU_SET(core, &one);
                break;
            }
        ::sched_setaffinity(0, sizeof one, &one);
    }

    /// Gives a process, zero for this one, all of them.
    void use_all(pid_t process) const { ::sched_setaffinity(process, sizeof all_, &all_); }

private:
    cpu_set_t all_{};
};

} // namespace bench
