#include "options.hpp"

#include <kennel/time_span.hpp>

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <string_view>
#include <system_error>
#include <vector>

namespace demo {
namespace {

/// One option: what it is called, and what it does with its value.
struct Option {
    std::string_view name;
    std::string_view value; ///< empty: it takes none
    std::string help;
    std::function<void(Options&, const std::string&)> apply;
};

template <class Number>
Number parse_number(const std::string& text, Number least, Number most) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() ||
        !(number >= least && number <= most))
        throw UsageError(fmt::format("'{}' is not a number from {} to {}", text, least, most));
    return number;
}

double parse_seconds(const std::string& text) {
    const double seconds = kennel::TimeSpan::parse(text).seconds();
    if (!(seconds >= 0.1 && seconds <= 3600))
        throw UsageError(fmt::format("'{}' is not from 0.1 to 3600 seconds", text));
    return seconds;
}

void add_argument(Options& options, const std::string& pair) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
        throw UsageError(fmt::format("'{}' is not of the form NAME=VALUE", pair));
    options.settings[fmt::format("{}arguments.{}", settings_prefix, pair.substr(0, equals))] =
        pair.substr(equals + 1);
}

const std::vector<Option>& known_options() {
    static const Options defaults;
    static const std::vector<Option> known = {
        {"--threads", "N",
         fmt::format("serve requests from N threads (default: {})", defaults.threads),
         [](Options& options, const std::string& text) {
             options.threads = parse_number<std::int64_t>(text, 1, 1024);
         }},
        {"--seconds", "TIME",
         fmt::format("for TIME without and TIME with Kennel (default: {})", defaults.seconds),
         [](Options& options, const std::string& text) { options.seconds = parse_seconds(text); }},
        {"--keys", "N", fmt::format("ask for N different pages (default: {})", defaults.keys),
         [](Options& options, const std::string& text) {
             options.keys = parse_number<std::int64_t>(text, 1, 10'000'000);
         }},
        {"--zipf", "EXPONENT",
         fmt::format("how uneven their popularity is; 0: not at all (default: {})", defaults.zipf),
         [](Options& options, const std::string& text) {
             options.zipf = parse_number(text, 0.0, 10.0);
         }},
        {"--backend", "NAME", "keep the pages in this backend (default: memory)",
         [](Options& options, const std::string& text) {
             options.settings[fmt::format("{}backend", settings_prefix)] = text;
         }},
        {"--argument", "NAME=VALUE", "an argument of the backend; may be given many times",
         add_argument},
        {"--config", "FILE",
         "take these from a TOML file's table [cache]; other options override it",
         [](Options& options, const std::string& text) { options.config = text; }},
        {"--expiration", "TIME", "how long a page is fresh (default: half of --seconds)",
         [](Options& options, const std::string& text) {
             options.settings[fmt::format("{}expiration_time", settings_prefix)] =
                 kennel::TimeSpan::parse(text);
         }},
        {"--background", "N",
         fmt::format(
             "renew expired pages on N threads of their own; 0: who finds one renews it (default: {})",
             defaults.background_threads),
         [](Options& options, const std::string& text) {
             options.background_threads = parse_number<std::int64_t>(text, 0, 256);
         }},
        {"--database", "FILE",
         "the SQLite file, made if there is none (default: one beside this program's build)",
         [](Options& options, const std::string& text) { options.database = text; }},
        {"--rows", "N",
         fmt::format("how many rows a database that is made has (default: {})", defaults.rows),
         [](Options& options, const std::string& text) {
             options.rows = parse_number<std::int64_t>(text, 1000, 100'000'000);
         }},
        {"--svg", "FILE", fmt::format("where to save the chart (default: {})", defaults.svg),
         [](Options& options, const std::string& text) { options.svg = text; }},
        {"--quiet", "", "show no progress",
         [](Options& options, const std::string&) { options.is_quiet = true; }},
        {"--help", "", "show this",
         [](Options& options, const std::string&) { options.wants_help = true; }},
        {"--version", "", "show the version of Kennel",
         [](Options& options, const std::string&) { options.wants_version = true; }},
    };
    return known;
}

const Option& find_option(std::string_view name) {
    for (const Option& option : known_options())
        if (option.name == name) return option;
    throw UsageError(fmt::format("there is no option '{}'", name));
}

void apply(const Option& option, Options& options, const std::string& value) {
    try {
        option.apply(options, value);
    } catch (const std::runtime_error& error) {
        throw UsageError(fmt::format("{}: {}", option.name, error.what()));
    }
}

} // namespace

Options::Options() : svg(KENNEL_DEMO_DIRECTORY "/kennel_demo.svg") {}

std::string Options::database_path() const {
    return database ? *database : fmt::format("{}/shop_{}.sqlite", KENNEL_DEMO_DIRECTORY, rows);
}

Options parse_options(int argument_count, const char* const* arguments) {
    Options options;
    for (int index = 1; index < argument_count; ++index) {
        const std::string_view word = arguments[index];
        const std::size_t equals = word.find('=');
        const Option& option = find_option(word.substr(0, equals));
        const bool has_value = equals != std::string_view::npos;
        if (option.value.empty() && has_value)
            throw UsageError(fmt::format("{} takes no value", option.name));
        if (option.value.empty() || has_value) {
            apply(option, options, std::string(has_value ? word.substr(equals + 1) : ""));
        } else {
            if (++index == argument_count)
                throw UsageError(
                    fmt::format("{} needs a value: {} {}", option.name, option.name, option.value));
            apply(option, options, arguments[index]);
        }
    }
    return options;
}

std::string help() {
    std::string text =
        "usage: kennel_demo [options]\n\n"
        "Serves the pages of a shop out of an SQLite database, first without and then with Kennel,\n"
        "prints what that made of them and saves a chart of it.\n\n";
    for (const Option& option : known_options())
        text += fmt::format("  {:<22} {}\n", fmt::format("{} {}", option.name, option.value),
                            option.help);
    return text + "\nTIME is a number of seconds, or text such as 1.5s or 2m.\n";
}

} // namespace demo
