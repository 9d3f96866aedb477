#pragma once

#include <cstdio>

namespace bench {

/// Prints how a figure compares to its goal.
inline void print_target(const char* name, double measured, double goal, bool is_met) {
    std::printf("TARGET %s %.2f %.2f %s\n", name, measured, goal, is_met ? "ok" : "short");
}

/// The same with a goal that is the most that the figure may be.
inline void print_target(const char* name, double measured, double goal) {
    print_target(name, measured, goal, measured > 0 && measured <= goal);
}

} // namespace bench
