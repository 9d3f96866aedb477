#pragma once

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

#include <chrono>
#include <cstdio>
#include <string>

namespace bench {

/// Says on standard error how far it is: in one line that is written over and over on a terminal, in a line now and
/// then elsewhere if that is wanted. For one thread.
class Progress {
public:
    explicit Progress(bool is_wanted) : is_wanted_(is_wanted || is_terminal_) {}
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress() { clear(); }

    /// Not everything that is said is shown.
    void show(const std::string& what) {
        const std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
        if (!is_wanted_ || now < next_) return;
        next_ = now + (is_terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(2));
        std::fprintf(stderr, is_terminal_ ? "\r%-79.79s" : "%s\n", what.c_str());
        std::fflush(stderr);
        is_shown_ = is_terminal_;
    }

    /// To be called before anything else is printed.
    void clear() {
        if (is_shown_) std::fprintf(stderr, "\r%-79s\r", "");
        is_shown_ = false;
    }

private:
    [[nodiscard]] static bool has_terminal() noexcept {
#if __has_include(<unistd.h>)
        return isatty(fileno(stderr)) != 0;
#else
        return false;
#endif
    }

    bool is_terminal_ = has_terminal();
    bool is_wanted_;
    bool is_shown_ = false;
    std::chrono::steady_clock::time_point next_{};
};

} // namespace bench
