#ifndef KENNEL_TESTING_UNIQUE_CONTRACT_KEY_HPP
#define KENNEL_TESTING_UNIQUE_CONTRACT_KEY_HPP

#include "kennel/clock.hpp"

#include <atomic>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A key that no other check and no earlier run has used: a server may keep what they left behind.
[[nodiscard]] inline std::string unique_contract_key(std::string_view purpose) {
    static std::atomic<int> count = 0;
    const auto now = SystemClock::shared()->wall_now().time_since_epoch().count();
    return "kennel-contract:" + std::to_string(now) + ':' + std::to_string(++count) + ':' + std::string(purpose);
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
