#pragma once

#include "trace.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// What names of traces begin with that are made and not read.
inline constexpr std::string_view synthetic_prefix = "synthetic:";

/// What is replayed when nobody names a trace.
[[nodiscard]] std::vector<std::string> built_in_traces();

/// Throws `InputError` when `description` is none.
void require_synthetic(const std::string& description);

/// Makes the trace that is described as the usage says, the same for the same arguments, with no more than `limit`
/// requests. Throws `InputError`.
[[nodiscard]] Trace make_synthetic(const std::string& description, std::uint64_t seed, std::size_t limit);

} // namespace bench
