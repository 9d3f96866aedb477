#include "json.hpp"

#include <string_view>

namespace bench {

namespace {

[[nodiscard]] std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char character : text) {
        if (character == '"' || character == '\\') result += '\\';
        result += character;
    }
    return result + '"';
}

[[nodiscard]] std::string number(const std::optional<double>& value) { return value ? fixed(*value, 5) : "null"; }

/// Writes an object with a number for each policy.
template <class Figure>
void write_policies(std::FILE* file, const char* name, const Options& options, const Figure& figure) {
    std::fprintf(file, ", \"%s\": {", name);
    for (std::size_t policy = 0; policy != options.policies.size(); ++policy)
        std::fprintf(file, "%s%s: %s", policy == 0 ? "" : ", ", quoted(options.policies[policy]).c_str(),
                     number(figure(policy)).c_str());
    std::fputs("}", file);
}

void write_cells(std::FILE* file, const char* name, const std::vector<Cell>& cells, const Options& options) {
    std::fprintf(file, ",\n     \"%s\": [", name);
    const char* separator = "";
    for (const Cell& cell : cells) {
        std::fprintf(file, "%s\n      {\"entries\": %zu, \"lru_exact\": %s, \"optimum\": %s", separator, cell.entries,
                     number(cell.lru).c_str(), number(cell.optimum).c_str());
        write_policies(file, "misses", options,
                       [&](std::size_t policy) -> std::optional<double> { return cell.policies[policy]; });
        write_policies(file, "share_of_gap", options, [&](std::size_t policy) { return cell.share_of_gap(policy); });
        std::fputs("}", file);
        separator = ",";
    }
    std::fputs("]", file);
}

} // namespace

void write_json(std::FILE* file, const std::vector<TraceResult>& results, const Options& options) {
    std::fputs("{\"unit\": \"misses in percent of the requests\",\n \"traces\": [", file);
    const char* separator = "";
    for (const TraceResult& result : results) {
        std::fprintf(file, "%s\n    {\"name\": %s, \"requests\": %zu, \"keys\": %zu", separator,
                     quoted(result.name).c_str(), result.requests, result.keys);
        write_policies(file, "share_of_gap", options, [&](std::size_t policy) { return result.score(policy); });
        write_cells(file, "capacities", result.cells, options);
        if (result.curve.size() > result.cells.size()) write_cells(file, "curve", result.curve, options);
        std::fputs("}", file);
        separator = ",";
    }
    std::fputs("\n ]}\n", file);
}

} // namespace bench
