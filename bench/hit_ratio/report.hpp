#pragma once

#include "options.hpp"
#include "results.hpp"

#include <vector>

namespace bench {

/// Prints the table of one trace.
void print_trace(const TraceResult& result, const Options& options);

/// Prints how the policies do over all traces.
void print_summary(const std::vector<TraceResult>& results, const Options& options);

} // namespace bench
