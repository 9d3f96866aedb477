#ifndef KENNEL_TESTS_SUPPORT_CONTRACT_HPP
#define KENNEL_TESTS_SUPPORT_CONTRACT_HPP

#include "kennel/testing/contract.hpp"
#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kennel::testing_support {

/// Runs each check as a section of the running test case.
inline void run_contract(const std::vector<ContractCheck>& checks) {
    for (const ContractCheck& check : checks) {
        DYNAMIC_SECTION(check.name) { CHECK_NOTHROW(check.run()); }
    }
}

/// The names of the checks that fail, for tests of a contract itself.
inline std::vector<std::string> broken_promises(const std::vector<ContractCheck>& checks) {
    std::vector<std::string> names;
    for (const ContractCheck& check : checks) {
        try {
            check.run();
        } catch (...) {
            names.push_back(check.name);
        }
    }
    return names;
}

/// Whether the check of this name is there and fails, for tests of a contract itself; no other check is run.
inline bool breaks_promise(const std::vector<ContractCheck>& checks, std::string_view name) {
    for (const ContractCheck& check : checks) {
        if (check.name == name) return !broken_promises({check}).empty();
    }
    FAIL("there is no check named '" << name << "'");
    return false;
}

} // namespace kennel::testing_support

#endif
