#pragma once

#include "advance.hpp"
#include "trace.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace bench {

/// The policies of the memory backend; the first is its default.
inline constexpr std::array<const char*, 3> policy_names{"adaptive", "s3_fifo", "lru"};

/// Throws `kennel::ValidationError`, which says what there is.
void require_policy(const std::string& policy);

/// How often the memory backend misses that is asked for each key in turn, and given what it does not have.
[[nodiscard]] std::uint64_t misses_of_backend(const Trace& trace, const std::string& policy, std::size_t capacity,
                                              const Advance& advance);

} // namespace bench
