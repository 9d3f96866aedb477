#pragma once

#include "options.hpp"
#include "progress.hpp"
#include "results.hpp"
#include "trace.hpp"

#include <string>

namespace bench {

/// Replays a trace against all policies at all capacities. `position` is what progress messages begin with.
[[nodiscard]] TraceResult measure(const Trace& trace, const Options& options, const std::string& position,
                                  Progress& progress);

} // namespace bench
