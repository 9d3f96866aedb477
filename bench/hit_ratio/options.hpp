#pragma once

#include "capacity.hpp"
#include "read_trace.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace bench {

struct Options {
    std::vector<std::string> traces; ///< paths, `-`, and descriptions of synthetic ones
    TraceFormat format = TraceFormat::detect;
    std::size_t first = std::numeric_limits<std::size_t>::max();
    std::vector<std::string> policies;
    std::vector<Capacity> capacities;
    bool has_own_capacities = false; ///< the user has named them
    std::size_t optimum_limit = 100'000'000;
    std::uint64_t seed = 1;
    std::size_t threads = 1;
    std::string plot;
    std::string json;
    bool is_quick = false;
    bool shows_progress = false;
};

/// Prints the usage, or what is wrong, and ends the program if there is nothing to do.
[[nodiscard]] Options parse_options(int argc, char** argv);

} // namespace bench
