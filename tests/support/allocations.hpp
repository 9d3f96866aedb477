#ifndef KENNEL_TESTS_SUPPORT_ALLOCATIONS_HPP
#define KENNEL_TESTS_SUPPORT_ALLOCATIONS_HPP

#include <cstddef>

namespace test {

/// What a thread has asked of `operator new`, which allocations.cpp replaces for the whole program.
struct Allocations {
    long count = 0;
    std::size_t bytes = 0;
    long until_failure = 0; ///< how many allocations it is to the one that throws `std::bad_alloc`; zero for none
};

/// Those of the calling thread.
[[nodiscard]] Allocations& allocations() noexcept;

} // namespace test

#endif
