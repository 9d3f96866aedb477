#ifndef KENNEL_TESTS_SUPPORT_CONTRACT_HPP
#define KENNEL_TESTS_SUPPORT_CONTRACT_HPP

#include "kennel/testing/contract.hpp"
#include "support/catch.hpp"

#include <string>
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

} // namespace kennel::testing_support

#endif
