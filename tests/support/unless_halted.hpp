#ifndef KENNEL_TESTS_SUPPORT_UNLESS_HALTED_HPP
#define KENNEL_TESTS_SUPPORT_UNLESS_HALTED_HPP

#include "kennel/errors.hpp"
#include "support/messages.hpp"

namespace test {

/// Calls something with a short limit that is to succeed. When its time ran out, since a busy machine may halt this
/// process for longer than that, it is called once more after `come_back()`, which waits until the server is asked
/// again.
template <class Call, class ComeBack>
auto unless_halted(const Call& call, const ComeBack& come_back) {
    try {
        return call();
    } catch (const kennel::BackendError& error) {
        if (!kennel::testing_support::mentions(error.what(), {"the time ran out"}) || !come_back()) throw;
    }
    return call();
}

} // namespace test

#endif
