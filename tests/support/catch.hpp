#ifndef KENNEL_TESTS_SUPPORT_CATCH_HPP
#define KENNEL_TESTS_SUPPORT_CATCH_HPP

// Catch2, whichever major version is installed. Tests stay within what both offer; SKIP is made up for version 2.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

using Catch::Approx;
#else
#include <catch2/catch.hpp>

#include <string>

namespace test {

/// Reports once per test case that it is skipped, in the form that `./dev test` counts.
inline void note_skip(const std::string& reason) {
    static std::string last_noted;
    const std::string name = Catch::getResultCapture().getCurrentTestName();
    if (name == last_noted) return;
    last_noted = name;
    WARN("SKIPPED: " << reason);
}

} // namespace test

/// Ends the running test case, which then counts as skipped.
#define SKIP(reason)                                                                                                   \
    do {                                                                                                               \
        ::test::note_skip(reason);                                                                                     \
        throw Catch::TestFailureException{};                                                                           \
    } while (false)
#endif

#endif
