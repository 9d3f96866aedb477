#ifndef KENNEL_TESTS_SUPPORT_PYTHON_HPP
#define KENNEL_TESTS_SUPPORT_PYTHON_HPP

#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>

namespace test {

/// What a Python 3 program prints; nothing when there is no Python or the program fails. The program contains no
/// apostrophes.
inline std::optional<std::string> run_python(const std::string& program) {
    std::FILE* const pipe = ::popen(("python3 -c '" + program + "' 2>/dev/null").c_str(), "r");
    if (pipe == nullptr) return std::nullopt;
    std::string output;
    char buffer[4096];
    for (std::size_t count = 0; (count = std::fread(buffer, 1, sizeof buffer, pipe)) != 0;)
        output.append(buffer, count);
    if (::pclose(pipe) != 0) return std::nullopt;
    return output;
}

} // namespace test

#endif
