#pragma once

#include "contestant.hpp"

#include <vector>

namespace bench {

/// The cache to which all others are compared.
inline constexpr const char* yardstick = "Kennel, visit";

inline constexpr const char* visit_in_region = "Kennel, visit in a region";
inline constexpr const char* get_or_create = "Kennel, get_or_create";

// Each is defined in a file of its own, for compilers inline less the more there is in a file.

/// The memory backend.
template <class Value>
void add_kennel_backend(std::vector<Entrant>& entrants);

/// A region on the memory backend.
template <class Value>
void add_kennel_region(std::vector<Entrant>& entrants);

/// What is made for many threads, as far as it is installed.
template <class Value>
void add_concurrent(std::vector<Entrant>& entrants);

/// The standard map, and the cache that most people write, behind one mutex and behind many.
template <class Value>
void add_locked(std::vector<Entrant>& entrants);

/// The limit: maps that only one thread may use, and that neither evict nor expire.
template <class Value>
void add_unsynchronised(std::vector<Entrant>& entrants);

/// How often a hit of `get_or_create` does what is dear.
struct HitCosts {
    double allocations;
    double coarse_readings; ///< of the clock
    double exact_readings;
};

[[nodiscard]] HitCosts costs_of_a_hit();

} // namespace bench
