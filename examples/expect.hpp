#ifndef KENNEL_EXAMPLES_EXPECT_HPP
#define KENNEL_EXAMPLES_EXPECT_HPP

#include <cstdlib>
#include <iostream>

/// Ends an example that does not do what it says.
inline void expect(bool is_so, const char* what) {
    if (is_so) return;
    std::cerr << "this is not so: " << what << '\n';
    std::exit(1);
}

#endif
