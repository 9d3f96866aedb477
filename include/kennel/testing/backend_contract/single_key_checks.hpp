#ifndef KENNEL_TESTING_BACKEND_CONTRACT_SINGLE_KEY_CHECKS_HPP
#define KENNEL_TESTING_BACKEND_CONTRACT_SINGLE_KEY_CHECKS_HPP

#include "kennel/testing/backend_contract/backend_probe.hpp"

#include <optional>
#include <string>

KENNEL_NAMESPACE_BEGIN
namespace detail {

inline void absent_key_has_no_value(const BackendProbe& probe) {
    probe.expect_text(probe.own("absent"), std::nullopt, "a key that was never set has a value");
}

inline void set_value_is_found(const BackendProbe& probe) {
    const std::string key = probe.own("key");
    probe.set(key, "value");
    for (int reading = 0; reading != 2; ++reading)
        probe.expect_text(key, "value", "a value that was set is not found as it was");
    probe.expect_text(probe.own("other"), std::nullopt, "setting one key gives another a value");
}

inline void value_is_replaced(const BackendProbe& probe) {
    const std::string key = probe.own("key");
    for (const char* const text : {"first", "the second, which is longer", "3rd", ""}) {
        probe.set(key, text);
        probe.expect_text(key, text, "a value is not replaced by the next one");
    }
}

inline void erased_value_is_gone(const BackendProbe& probe) {
    const std::string key = probe.own("key");
    const std::string other = probe.own("other");
    probe.set(key, "value");
    probe.set(other, "stays");
    probe.backend().erase(key);
    probe.expect_text(key, std::nullopt, "a value is found after it was erased");
    probe.expect_text(other, "stays", "erasing one key takes the value of another");
    probe.set(key, "again");
    probe.expect_text(key, "again", "a key cannot be set again after it was erased");
}

inline void erasing_absent_key_does_nothing(const BackendProbe& probe) {
    const std::string key = probe.own("key");
    probe.backend().erase(key);
    probe.backend().erase(key);
    probe.expect_text(key, std::nullopt, "erasing an absent key makes a value");
}

inline constexpr BackendCheck single_key_checks[] = {
    {"a key that was never set has no value", absent_key_has_no_value},
    {"a value that was set is found by get, visit and get_multi", set_value_is_found},
    {"a value is replaced by the next one", value_is_replaced},
    {"an erased value is gone, and only that", erased_value_is_gone},
    {"erasing an absent key does nothing", erasing_absent_key_does_nothing},
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
