#ifndef KENNEL_TESTING_BACKEND_CONTRACT_HPP
#define KENNEL_TESTING_BACKEND_CONTRACT_HPP

#include "kennel/testing/backend_contract/failure_checks.hpp"
#include "kennel/testing/backend_contract/forgetful_checks.hpp"
#include "kennel/testing/backend_contract/key_checks.hpp"
#include "kennel/testing/backend_contract/metadata_checks.hpp"
#include "kennel/testing/backend_contract/multi_key_checks.hpp"
#include "kennel/testing/backend_contract/payload_checks.hpp"
#include "kennel/testing/backend_contract/single_key_checks.hpp"
#include "kennel/testing/backend_contract/thread_checks.hpp"
#include "kennel/testing/contract.hpp"

#include <functional>
#include <memory>
#include <span>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// Makes the backend that a check is about.
using MakeBackend = std::function<std::shared_ptr<CacheBackend>()>;

namespace detail {

inline void add_checks(std::vector<ContractCheck>& checks, const MakeBackend& make_backend,
                       std::span<const BackendCheck> added) {
    for (const BackendCheck& check : added)
        checks.push_back({check.promise, [make_backend, run = check.run] { run(BackendProbe(make_backend)); }});
}

} // namespace detail

/// What every backend promises that keeps what it is given.
///
/// Each check calls `make_backend` once. The backends may share a store, in which other entries may lie, but nobody
/// else may write to it meanwhile; it has room for a hundred entries and runs on the machine's clock, not on one that
/// stands still. A backend that cannot take every key names one that can in `key_mangler()`, through which every key
/// then goes. What is asked of objects is left out for a backend of `PayloadForm::bytes`. The checks may be run in any
/// order, any number of times; run them under ThreadSanitizer, too.
[[nodiscard]] inline std::vector<ContractCheck> backend_contract(const MakeBackend& make_backend) {
    std::vector<ContractCheck> checks;
    detail::add_checks(checks, make_backend, detail::single_key_checks);
    detail::add_checks(checks, make_backend, detail::multi_key_checks);
    detail::add_checks(checks, make_backend, detail::key_checks);
    detail::add_checks(checks, make_backend, detail::payload_checks);
    detail::add_checks(checks, make_backend, detail::metadata_checks);
    detail::add_checks(checks, make_backend, detail::failure_checks);
    detail::add_checks(checks, make_backend, detail::thread_checks);
    return checks;
}

/// What a backend promises that never keeps anything.
[[nodiscard]] inline std::vector<ContractCheck> forgetful_backend_contract(const MakeBackend& make_backend) {
    constexpr detail::BackendCheck of_every_backend[] = {
        {"a key that was never set has no value", detail::absent_key_has_no_value},
        {"erasing an absent key does nothing", detail::erasing_absent_key_does_nothing},
    };
    std::vector<ContractCheck> checks;
    detail::add_checks(checks, make_backend, of_every_backend);
    detail::add_checks(checks, make_backend, detail::forgetful_checks);
    return checks;
}

KENNEL_NAMESPACE_END

#endif
