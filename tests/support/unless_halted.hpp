#ifndef KENNEL_TESTS_SUPPORT_UNLESS_HALTED_HPP
#define KENNEL_TESTS_SUPPORT_UNLESS_HALTED_HPP

#include "kennel/errors.hpp"
#include "support/messages.hpp"
#include "support/wait_until.hpp"

#include <chrono>
#include <thread>

namespace test {

/// Calls something with a short limit that is to succeed; once more when its time ran out, since a busy machine may
/// halt this process for longer than that.
template <class Call>
auto unless_halted(const Call& call) {
    try {
        return call();
    } catch (const kennel::BackendError& error) {
        if (!kennel::testing_support::mentions(error.what(), {"the time ran out"})) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100)); // until the server is asked again
    return call();
}

} // namespace test

#endif
