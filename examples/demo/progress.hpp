#ifndef KENNEL_DEMO_PROGRESS_HPP
#define KENNEL_DEMO_PROGRESS_HPP

#include <chrono>
#include <string>

namespace demo {

/// Says on stderr what the program is doing: in one line that changes, on a terminal, and else in a line every second.
///
/// For one thread.
class Progress {
public:
    explicit Progress(bool is_quiet);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress() { clear(); }

    void show(const std::string& line);

    /// Takes the line away, so that something else can be printed.
    void clear();

private:
    bool is_quiet_;
    bool is_terminal_;
    bool is_shown_ = false;
    std::chrono::steady_clock::time_point next_{};
};

} // namespace demo

#endif
