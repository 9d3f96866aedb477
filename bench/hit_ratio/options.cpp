#include "options.hpp"

#include "replay.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <thread>

namespace bench {

namespace {

constexpr const char* usage = R"(usage: ./dev bench hit_ratio [options] [TRACE...]

Replays traces, which are lists of the keys that a cache was asked for, against each eviction policy of the memory
backend, through the backend itself, and prints how many requests miss: at several capacities, beside an exact LRU and
the optimum, which knows the future. Without a trace it makes some of its own.

A TRACE is
  FILE      keys of a program: one in each line, or 8 bytes for each (the least of them first); xz may compress it
  -         the same from standard input, not compressed
  synthetic:zipf:EXPONENT:KEYS:REQUESTS     keys of fixed popularity
  synthetic:drift:EXPONENT:KEYS:REQUESTS    keys whose popularity changes all the time
  synthetic:scan:EXPONENT:KEYS:REQUESTS     keys of fixed popularity, and scans of keys that come once
  synthetic:loop:KEYS:REQUESTS              all keys, again and again

What to measure
  --capacities LIST    in percent of the trace's different keys, or in entries: 1%,5%,10%,25% is what is taken,
                       2000,0.5% would be others; fewer than 10 entries are raised to that
  --policy LIST        adaptive,s3_fifo,lru is what is taken; may be repeated
  --first N            take no more than the first N requests of each trace
  --no-optimum         leave it out
  --optimum-limit N    leave it out for traces of more than N requests (100000000)
  --quick              the first 200000 requests at 1%,10%: for a first look

How to read a trace
  --format auto        8 bytes for each key if the file's name ends in .u64 or .u64.xz, or if there is a NUL in the
                       first 64 KiB; otherwise text
  --format u64         8 bytes for each key
  --format text        one key in each line; empty lines do not count, and a carriage return before the end of a line
                       does not belong to the key
  --seed N             of synthetic traces (1)

What to do with it
  --plot FILE.svg      draw the misses of one trace by capacity; more capacities than in the table, unless you name some
  --json FILE          write all figures there, too
  --progress           say how far it is also where no terminal shows it
  --threads N          replay so many at once (as many as the machine can)
  --help               print this
)";

[[noreturn]] void refuse(const std::string& why) {
    std::fprintf(stderr, "hit_ratio: %s (--help lists the options)\n", why.c_str());
    std::exit(2);
}

template <class Number>
[[nodiscard]] Number number_in(std::string_view text, const std::string& option, Number least, Number most) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_one = error == std::errc() && end == text.data() + text.size();
    if (!is_one || !(number >= least && number <= most))
        refuse(option + ": '" + std::string(text) + "' is not a number from " + brief(static_cast<double>(least)) +
               " to " + brief(static_cast<double>(most)));
    return number;
}

[[nodiscard]] std::size_t count_in(std::string_view text, const std::string& option) {
    return number_in<std::size_t>(text, option, 1, 1'000'000'000'000);
}

template <class Take>
void for_each_item(std::string_view list, const Take& take) {
    for (;;) {
        const std::size_t comma = list.find(',');
        take(list.substr(0, comma));
        if (comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

[[nodiscard]] Capacity capacity_in(std::string_view text) {
    if (!text.ends_with('%')) return Capacity::of_entries(count_in(text, "--capacities"));
    text.remove_suffix(1);
    return Capacity::of_percent(number_in<double>(text, "--capacities", 0.000001, 100));
}

[[nodiscard]] TraceFormat format_in(const std::string& name) {
    if (name == "auto") return TraceFormat::detect;
    if (name == "u64") return TraceFormat::u64;
    if (name == "text") return TraceFormat::text;
    refuse("--format: there is no '" + name + "'; there are auto, u64 and text");
}

void add_policy(Options& options, const std::string& policy) {
    try {
        require_policy(policy);
    } catch (const std::exception& error) {
        refuse(error.what());
    }
    std::vector<std::string>& policies = options.policies;
    if (std::find(policies.begin(), policies.end(), policy) == policies.end()) policies.push_back(policy);
}

void set_value(Options& options, const std::string& option, const std::string& value) {
    if (option == "--capacities") {
        for_each_item(value, [&](std::string_view item) { options.capacities.push_back(capacity_in(item)); });
        options.has_own_capacities = true;
    } else if (option == "--policy") {
        for_each_item(value, [&](std::string_view item) { add_policy(options, std::string(item)); });
    } else if (option == "--first") options.first = count_in(value, option);
    else if (option == "--optimum-limit") options.optimum_limit = count_in(value, option);
    else if (option == "--format") options.format = format_in(value);
    else if (option == "--seed") options.seed = number_in<std::uint64_t>(value, option, 0, 1'000'000'000'000);
    else if (option == "--threads") options.threads = number_in<std::size_t>(value, option, 1, 256);
    else if (option == "--plot") options.plot = value;
    else options.json = value;
}

[[nodiscard]] bool set_flag(Options& options, std::string_view option) {
    if (option == "--help" || option == "-h") {
        std::fputs(usage, stdout);
        std::exit(0);
    }
    if (option == "--no-optimum") options.optimum_limit = 0;
    else if (option == "--quick") options.is_quick = true;
    else if (option == "--progress") options.shows_progress = true;
    else return false;
    return true;
}

[[nodiscard]] bool takes_value(std::string_view option) {
    constexpr std::array<std::string_view, 9> options{"--capacities",    "--policy", "--first",
                                                      "--optimum-limit", "--format", "--seed",
                                                      "--threads",       "--plot",   "--json"};
    return std::find(options.begin(), options.end(), option) != options.end();
}

void fill_in(Options& options) {
    constexpr std::size_t quick_requests = 200'000;
    if (options.is_quick) options.first = std::min(options.first, quick_requests);
    if (options.policies.empty()) options.policies = policy_names();
    if (options.has_own_capacities) return;
    for (const double percent : {1, 5, 10, 25})
        if (!options.is_quick || percent == 1 || percent == 10)
            options.capacities.push_back(Capacity::of_percent(percent));
}

} // namespace

Options parse_options(int argc, char** argv) {
    Options options;
    options.threads = std::max(1U, std::thread::hardware_concurrency());
    bool are_options = true;
    for (int at = 1; at != argc; ++at) {
        const std::string argument = argv[at];
        if (argument == "--") are_options = false;
        else if (!are_options || argument == "-" || !argument.starts_with('-')) options.traces.push_back(argument);
        else if (takes_value(argument)) {
            if (++at == argc) refuse(argument + " needs a value");
            set_value(options, argument, argv[at]);
        } else if (!set_flag(options, argument)) refuse("there is no option '" + argument + "'");
    }
    if (std::count(options.traces.begin(), options.traces.end(), "-") > 1) refuse("- can be read only once");
    if (!options.plot.empty() && options.traces.size() != 1)
        refuse("--plot draws one trace, and there are " + std::to_string(options.traces.size()));
    fill_in(options);
    return options;
}

} // namespace bench
