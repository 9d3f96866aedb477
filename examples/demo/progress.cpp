#include "progress.hpp"

#include <fmt/format.h>

#include <cstdio>

#include <unistd.h>

namespace demo {

Progress::Progress(bool is_quiet)
    : is_quiet_(is_quiet), is_terminal_(isatty(fileno(stderr)) != 0) {}

void Progress::show(const std::string& line) {
    const auto now = std::chrono::steady_clock::now();
    if (is_quiet_ || now < next_) return;
    next_ = now + std::chrono::milliseconds(is_terminal_ ? 100 : 1000);
    if (is_terminal_) fmt::print(stderr, "\r\033[K{}", line);
    else fmt::print(stderr, "{}\n", line);
    std::fflush(stderr);
    is_shown_ = true;
}

void Progress::clear() {
    if (is_shown_ && is_terminal_) fmt::print(stderr, "\r\033[K");
    is_shown_ = false;
}

} // namespace demo
