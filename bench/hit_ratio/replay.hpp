#pragma once

#include "advance.hpp"
#include "trace.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// The policies of the memory backend; the first is its default.
[[nodiscard]] std::vector<std::string> policy_names();

/// Throws `kennel::ValidationError`, which says what there is.
void require_policy(const std::string& policy);

/// How often the memory backend misses that is asked for each key in turn, and given what it does not have.
[[nodiscard]] std::uint64_t misses_of_backend(const Trace& trace, const std::string& policy, std::size_t capacity,
                                              const Advance& advance);

} // namespace bench
