#ifndef KENNEL_DEMO_OPTIONS_HPP
#define KENNEL_DEMO_OPTIONS_HPP

#include <kennel/settings.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace demo {

/// The command line is wrong; the text says what.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What the command line says.
struct Options {
    std::int64_t threads = 32;
    double seconds = 5;
    std::int64_t keys = 1000;
    double zipf = 0.99;
    std::int64_t background_threads = 4;
    std::int64_t rows = 250'000;
    std::optional<std::string>
        database{}; ///< absent: a file beside the program's build, named after `rows`
    std::optional<std::string> config{};
    kennel::Settings
        settings{}; ///< what `--backend` and its like say, as the file of `--config` would
    std::string svg;
    bool is_quiet = false;
    bool wants_help = false;
    bool wants_version = false;

    Options();

    [[nodiscard]] std::string database_path() const;
};

/// What begins the names of the cache's settings in a configuration file.
inline constexpr const char* settings_prefix = "cache.";

[[nodiscard]] Options parse_options(int argument_count, const char* const* arguments);

/// All options with their defaults.
[[nodiscard]] std::string help();

} // namespace demo

#endif
