#ifndef KENNEL_TESTS_SUPPORT_PYTHON_PROCESS_HPP
#define KENNEL_TESTS_SUPPORT_PYTHON_PROCESS_HPP

#include "support/line_process.hpp"
#include "support/server_process.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace test {

/// The system's Python, for which distributions package modules; another one may come first in the PATH.
inline constexpr const char* system_python = "/usr/bin/python3";

/// The command of a Python program that needs this module; without the module, the running test case ends.
inline std::vector<std::string> python_command(const std::string& module,
                                               std::vector<std::string> script_and_arguments) {
    static std::map<std::string, bool> known;
    if (!known.contains(module)) {
        ChildProcess python({system_python, "-c", "import " + module}, {});
        known[module] = python.wait() && python.status() == 0;
    }
    if (!known[module]) skip_without("Python's " + module);
    script_and_arguments.insert(script_and_arguments.begin(), {system_python, "-u"});
    return script_and_arguments;
}

} // namespace test

#endif
