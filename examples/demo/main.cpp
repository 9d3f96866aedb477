// Serves the pages of a shop out of an SQLite database, first without and then with Kennel, and compares the two.

#include "cache.hpp"
#include "chart.hpp"
#include "comparison.hpp"
#include "interrupt.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "shop.hpp"

#include <kennel/version.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace demo {
namespace {

void save_chart(const std::string& path, const std::string& svg,
                std::ios::openmode mode = std::ios::trunc) {
    errno = 0;
    std::ofstream file(path, mode);
    if (file << svg << std::flush) return;
    throw std::runtime_error(
        fmt::format("chart '{}' cannot be written: {}; choose another file with --svg", path,
                    std::strerror(errno)));
}

/// Finds out before the work, and not after it, that a chart cannot be saved.
void require_writable(const std::string& path) {
    const bool is_there = std::filesystem::exists(path);
    save_chart(path, "", std::ios::app);
    if (!is_there) std::filesystem::remove(path);
}

Shop open_shop(const Options& options, Progress& progress) {
    const std::string path = options.database_path();
    if (!std::filesystem::exists(path)) {
        const std::string rows = readable(static_cast<double>(options.rows));
        Shop::make(path, options.rows, [&](double part) {
            progress.show(
                fmt::format("making the database: {:.0f} % of {} rows", part * 100, rows));
        });
        progress.clear();
    }
    Shop shop(path);
    const std::int64_t most_keys = 2 * (std::min)(shop.users(), shop.products());
    if (options.keys <= most_keys) return shop;
    throw std::runtime_error(fmt::format(
        "--keys {}: the database '{}' is good for {}; ask for fewer, or have a larger one "
        "made with --rows",
        options.keys, path, most_keys));
}

std::string renewal(const Options& options) {
    return options.background_threads > 0
               ? fmt::format("{} threads in the background", options.background_threads)
               : "the thread that finds them expired";
}

Chart chart_of(const Options& options, kennel::TimeSpan expiration, const std::string& backend,
               const Measurement& without, const Measurement& with) {
    return {.title = "Requests per second around an expiry",
            .subtitle = fmt::format(
                "{} threads, {} pages by Zipf's law ({}); backend '{}', renewal by {}",
                options.threads, readable(static_cast<double>(options.keys)), options.zipf, backend,
                renewal(options)),
            .time_label = "seconds",
            .value_label = "requests per second",
            .seconds = options.seconds,
            .mark = expiration.seconds(),
            .mark_label = "all cached pages expire",
            .curves = {{"with Kennel", "#1a6fb5", with.timeline},
                       {"without Kennel", "#c2571a", without.timeline}}};
}

void run(const Options& options) {
    Progress progress(options.is_quiet);
    const kennel::Settings settings = cache_settings(options);
    const Cache cache(options, settings);
    const kennel::TimeSpan expiration = expiration_time(settings);
    const std::string backend =
        settings.at(std::string(settings_prefix) + "backend").as<std::string>().value();
    require_writable(options.svg);

    const Shop shop = open_shop(options, progress);
    fmt::print(
        "{} threads ask for {} pages of a shop with {} rows in SQLite, by Zipf's law with exponent {},\n"
        "{} s without and {} s with Kennel on the backend '{}'.\n{}.\n\n",
        options.threads, readable(static_cast<double>(options.keys)),
        readable(static_cast<double>(shop.rows())), options.zipf, options.seconds, options.seconds,
        backend,
        expiration.seconds() < options.seconds
            ? fmt::format("All cached pages expire after {} s and are renewed by {}",
                          expiration.seconds(), renewal(options))
            : "No page expires in that time");
    std::fflush(stdout);

    Comparison comparison(options, shop, progress);
    const Measurement without = comparison.without_cache();
    const Measurement with = comparison.with_cache(cache);
    fmt::print("{}", table(without, with));
    fmt::print(
        "The cache was filled before its run, with {} queries that are not counted here.\n\n",
        options.keys);
    save_chart(options.svg, chart_of(options, expiration, backend, without, with).to_svg());
    fmt::print("chart: {}\n", options.svg);
}

int run_as_told(int argument_count, const char* const* arguments) {
    const Options options = parse_options(argument_count, arguments);
    if (options.wants_help) fmt::print("{}", help());
    else if (options.wants_version)
        fmt::print("kennel_demo {}.{}.{}\n", KENNEL_VERSION_MAJOR, KENNEL_VERSION_MINOR,
                   KENNEL_VERSION_PATCH);
    else run(options);
    return 0;
}

} // namespace
} // namespace demo

int main(int argument_count, char** arguments) {
    demo::catch_interrupts();
    try {
        return demo::run_as_told(argument_count, arguments);
    } catch (const demo::Interrupted&) {
        fmt::print(stderr, "kennel_demo: stopped\n");
        return 130;
    } catch (const demo::UsageError& error) {
        fmt::print(stderr, "kennel_demo: {} (--help lists the options)\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        fmt::print(stderr, "kennel_demo: {}\n", error.what());
        return 1;
    }
}
