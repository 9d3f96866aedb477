#pragma once

#include "goals.hpp"
#include "options.hpp"
#include "results.hpp"

#include <cstdio>
#include <string>
#include <vector>

namespace bench {

/// What a row has to say beside its times.
[[nodiscard]] inline std::string remark_on(const Row& row) {
    char text[120] = "";
    if (row.setting.work == Work::churn) std::snprintf(text, sizeof text, "hit ratio %.3f", row.hit_ratio());
    else if (row.operations > row.hits) std::snprintf(text, sizeof text, "not all were there: %.4f", row.hit_ratio());
    else if (row.footprint && row.footprint->own > 0)
        std::snprintf(text, sizeof text, "%.0f bytes/entry, %.0f resident, %.0f by its own count",
                      row.footprint->allocated, row.footprint->resident, row.footprint->own);
    else if (row.footprint)
        std::snprintf(text, sizeof text, "%.0f bytes/entry, %.0f resident", row.footprint->allocated,
                      row.footprint->resident);
    return text;
}

inline void print_table(const Results& results, const std::vector<int>& thread_counts) {
    std::printf("nanoseconds of a thread for an operation; x: how many times that of '%s'\n\n", yardstick);
    std::printf("%-6s%9s%7s  %-33s", "work", "entries", "value", "cache");
    for (const int threads : thread_counts) std::printf("%6d thr%7s", threads, "x");
    std::printf("%9s  %s\n", "speed-up", "besides");
    const Setting* previous = nullptr;
    for (const Row& row : results.rows()) {
        if (previous != nullptr && *previous != row.setting) std::puts("");
        previous = &row.setting;
        std::printf("%-6s%9zu%5zu B  %-33s", name_of(row.setting.work), row.setting.entries, row.setting.value_size,
                    row.cache.c_str());
        const Row* const measure = results.find(row.setting, yardstick);
        for (const int threads : thread_counts) {
            const double time = row.nanoseconds(threads);
            const double unit = measure != nullptr ? measure->nanoseconds(threads) : 0;
            if (time > 0) std::printf("%10.1f", time);
            else std::printf("%10s", "-");
            if (time > 0 && unit > 0) std::printf("%7.2f", time / unit);
            else std::printf("%7s", "-");
        }
        const double speed_up = thread_counts.size() > 1 ? row.speed_up(thread_counts.back()) : 0;
        if (speed_up > 0) std::printf("%9.2f", speed_up);
        else std::printf("%9s", "-");
        const std::string remark = remark_on(row);
        std::printf("%s%s\n", remark.empty() ? "" : "  ", remark.c_str());
    }
    std::puts("");
}

/// Says whether the file could be written.
[[nodiscard]] inline bool write_json(const std::string& path, const Results& results, const std::vector<Goal>& goals) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    if (file == nullptr) return false;
    const char* separator = "";
    std::fputs("{\n  \"rows\": [", file);
    for (const Row& row : results.rows()) {
        std::fprintf(file, "%s\n    {\"work\": \"%s\", \"entries\": %zu, \"value_bytes\": %zu, \"cache\": \"%s\"",
                     separator, name_of(row.setting.work), row.setting.entries, row.setting.value_size,
                     row.cache.c_str());
        separator = ",";
        if (row.operations > 0) std::fprintf(file, ", \"hit_ratio\": %.4f", row.hit_ratio());
        if (row.footprint)
            std::fprintf(file, ", \"allocated_bytes\": %.1f, \"resident_bytes\": %.1f, \"own_bytes\": %.1f",
                         row.footprint->allocated, row.footprint->resident, row.footprint->own);
        const char* before = ", \"nanoseconds\": {";
        for (const auto& [threads, times] : row.times) {
            std::fprintf(file, "%s\"%d\": [", before, threads);
            for (std::size_t run = 0; run != times.size(); ++run)
                std::fprintf(file, run == 0 ? "%.2f" : ", %.2f", times[run]);
            std::fputs("]", file);
            before = ", ";
        }
        std::fputs(row.times.empty() ? "}" : "}}", file);
    }
    std::fputs("\n  ],\n  \"targets\": [", file);
    separator = "";
    for (const Goal& goal : goals) {
        std::fprintf(file, "%s\n    {\"name\": \"%s\", \"measured\": %.4f, \"goal\": %.2f, \"ok\": %s}", separator,
                     goal.name.c_str(), goal.measured, goal.goal, goal.is_met() ? "true" : "false");
        separator = ",";
    }
    std::fputs("\n  ]\n}\n", file);
    return std::fclose(file) == 0;
}

} // namespace bench
