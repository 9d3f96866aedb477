#pragma once

#include "contestant.hpp"

#include <cstddef>
#include <optional>

namespace bench {

/// What the entries of a cache take in memory, in bytes for each, with key and value.
struct Footprint {
    double allocated; ///< as the allocator hands it out, with its own overhead and with what nobody touches
    double resident;  ///< as the system sees it
    double own;       ///< as the cache counts it; zero when it does not
};

/// Fills a cache that has room for as many. It is done in a process of its own, for what others have left behind in
/// the heap would be used again. Nothing where that cannot be done.
[[nodiscard]] std::optional<Footprint> footprint_of(const Entrant& entrant, std::size_t entries);

/// How often the calling process has called `operator new` meanwhile.
class CountedAllocations {
public:
    CountedAllocations() noexcept;
    CountedAllocations(const CountedAllocations&) = delete;
    CountedAllocations& operator=(const CountedAllocations&) = delete;
    ~CountedAllocations();

    [[nodiscard]] long count() const noexcept;
    [[nodiscard]] long bytes() const noexcept; ///< that have not been given back
};

} // namespace bench
