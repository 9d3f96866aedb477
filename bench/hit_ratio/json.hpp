#pragma once

#include "options.hpp"
#include "results.hpp"

#include <cstdio>
#include <vector>

namespace bench {

/// Writes all figures.
void write_json(std::FILE* file, const std::vector<TraceResult>& results, const Options& options);

} // namespace bench
