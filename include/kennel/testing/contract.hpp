#ifndef KENNEL_TESTING_CONTRACT_HPP
#define KENNEL_TESTING_CONTRACT_HPP

#include "kennel/version.hpp"

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

/// One promise that a contract makes: its name says what is promised, `run` throws when it is not kept.
///
/// A contract is a list of them, and knows no test framework: whoever writes a backend, a mutex or a serializer runs
/// each check as a test of its own, for example as a Catch2 section.
///
///     for (const kennel::ContractCheck& check : kennel::serializer_contract(MySerializer()))
///         SECTION(check.name) { CHECK_NOTHROW(check.run()); }
struct ContractCheck {
    std::string name;          ///< the promise
    std::function<void()> run; ///< throws unless it is kept
};

/// Thrown by a check whose promise is not kept; the text says what was expected.
class ContractViolation : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// Throws `ContractViolation` with `what` unless `is_kept`.
inline void expect(bool is_kept, std::string_view what) {
    if (!is_kept) throw ContractViolation(std::string(what));
}

/// Throws `ContractViolation` with `what` unless `function` throws an `Exception`; any other exception passes.
template <class Exception, class Function>
void expect_throws(Function&& function, std::string_view what) {
    try {
        function();
    } catch (const Exception&) {
        return;
    }
    throw ContractViolation(std::string(what));
}

KENNEL_NAMESPACE_END

#endif
