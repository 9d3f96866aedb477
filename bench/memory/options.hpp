#pragma once

#include "contestant.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace bench {

inline constexpr std::array<const char*, 4> work_names{"read", "mix", "hot", "churn"}; ///< by `Work`

[[nodiscard]] inline const char* name_of(Work work) noexcept { return work_names[static_cast<std::size_t>(work)]; }

struct Options {
    int threads = static_cast<int>(std::max(2U, std::thread::hardware_concurrency()));
    std::vector<std::size_t> entries{10'000, 1'000'000};
    std::size_t churn = 1'000'000;
    int runs = 9;
    std::chrono::milliseconds window{20};
    std::vector<std::string> only;
    std::string json;
    bool is_quick = false;

    /// Whether `only` says nothing of its kind, or names it.
    [[nodiscard]] bool wants(Work work) const { return wants_work(name_of(work)); }
    [[nodiscard]] bool wants_bytes() const { return wants_work("bytes"); }
    [[nodiscard]] bool wants_cache(std::string_view name) const {
        bool says_nothing = true;
        for (const std::string& wanted : only) {
            if (is_work(wanted)) continue;
            if (name.find(wanted) != std::string_view::npos) return true;
            says_nothing = false;
        }
        return says_nothing;
    }

    /// One, two, four and so on, and as many as there may be.
    [[nodiscard]] std::vector<int> thread_counts() const {
        std::vector<int> counts;
        for (int count = 1; count < threads; count *= 2) counts.push_back(count);
        counts.push_back(threads);
        return counts;
    }

private:
    [[nodiscard]] static bool is_work(std::string_view name) {
        for (const char* const work : work_names)
            if (name == work) return true;
        return name == "bytes";
    }
    [[nodiscard]] bool wants_work(std::string_view name) const {
        bool says_nothing = true;
        for (const std::string& wanted : only) {
            if (wanted == name) return true;
            if (is_work(wanted)) says_nothing = false;
        }
        return says_nothing;
    }
};

inline constexpr const char* usage = R"(usage: memory [options]

Does the same work on Kennel's memory backend, on a region in front of it, and on what else there is, and prints what
an operation takes in nanoseconds: read (look-ups), mix (with one write in twenty), hot (look-ups of one key), churn
(look-ups of more keys than there is room for, and a write for each miss); and how many bytes an entry takes.

  --threads N     measure with 1, 2, 4 ... N threads (as many as the machine has, but two at least)
  --entries N,... how many entries there are (10000,1000000)
  --churn N       how many of ten times as many keys have room in the churn (1000000)
  --runs N        medians of so many runs (9)
  --quick         less of everything: for a first look, not for figures
  --only NAME     this work (read, mix, hot, churn, bytes), or the caches whose names contain this; may be repeated
  --json FILE     write all figures there, too
  --help          print this
)";

[[noreturn]] inline void refuse(const std::string& why) {
    std::fprintf(stderr, "memory: %s\n\n%s", why.c_str(), usage);
    std::exit(2);
}

/// A number from 1 to 100 million at the begin of `text`, which is moved behind it.
[[nodiscard]] inline std::size_t take_number(std::string_view& text, const std::string& option) {
    std::size_t number = 0;
    std::size_t length = 0;
    for (; length != text.size() && text[length] >= '0' && text[length] <= '9' && number <= 10'000'000; ++length)
        number = number * 10 + static_cast<std::size_t>(text[length] - '0');
    if (number == 0 || number > 100'000'000) refuse(option + " needs a number from 1 to 100000000");
    text.remove_prefix(length);
    return number;
}

[[nodiscard]] inline Options parse_options(int argc, char** argv) {
    Options options;
    const auto make_quick = [&] {
        options.is_quick = true;
        options.entries = {10'000, 100'000};
        options.churn = 20'000;
        options.runs = 3;
        options.window = std::chrono::milliseconds(5);
    };
    for (int at = 1; at != argc; ++at)
        if (std::string_view(argv[at]) == "--quick")
            make_quick(); // first, so that the others count wherever they stand
    for (int at = 1; at != argc; ++at) {
        const std::string option = argv[at];
        if (option == "--help" || option == "-h") {
            std::fputs(usage, stdout);
            std::exit(0);
        }
        if (option == "--quick") continue;
        if (at + 1 == argc) refuse("there is no option '" + option + "', or its value is missing");
        std::string_view value = argv[++at];
        const auto number = [&] {
            const std::size_t taken = take_number(value, option);
            if (!value.empty()) refuse(option + " needs one number");
            return taken;
        };
        if (option == "--threads") options.threads = static_cast<int>(std::min<std::size_t>(number(), 1024));
        else if (option == "--churn") options.churn = number();
        else if (option == "--runs") options.runs = static_cast<int>(number());
        else if (option == "--only") options.only.emplace_back(value);
        else if (option == "--json") options.json = value;
        else if (option == "--entries") {
            options.entries = {take_number(value, option)};
            while (value.starts_with(',')) {
                value.remove_prefix(1);
                options.entries.push_back(take_number(value, option));
            }
            if (!value.empty()) refuse("--entries needs numbers with commas between them");
        } else {
            refuse("there is no option '" + option + "'");
        }
    }
    return options;
}

} // namespace bench
