#pragma once

#include "options.hpp"
#include "results.hpp"

#include <string>

namespace bench {

/// The misses of a trace by capacity, as an SVG document.
[[nodiscard]] std::string plot_of(const TraceResult& result, const Options& options);

} // namespace bench
