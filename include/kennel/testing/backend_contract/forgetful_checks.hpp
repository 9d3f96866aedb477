#ifndef KENNEL_TESTING_BACKEND_CONTRACT_FORGETFUL_CHECKS_HPP
#define KENNEL_TESTING_BACKEND_CONTRACT_FORGETFUL_CHECKS_HPP

#include "kennel/testing/backend_contract/key_checks.hpp"

#include <optional>
#include <string>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

inline void set_keeps_nothing(const BackendProbe& probe) {
    for (const std::string& difficult : difficult_keys()) {
        const std::string key = probe.mangled(difficult);
        probe.set(key, "value");
        probe.expect_text(key, std::nullopt, "a backend that forgets everything has kept a value");
    }
}

inline void set_multi_keeps_nothing(const BackendProbe& probe) {
    const std::vector<std::string> keys = probe.own_multi({"a", "b"});
    probe.set_multi({{keys[0], "1"}, {keys[1], "2"}});
    probe.set_multi({});
    expect(probe.get_multi(keys) == BackendProbe::Texts(2), "a backend that forgets everything has kept values");
    expect(probe.get_multi({}).empty(), "get_multi of no keys finds something");
}

inline void erase_multi_is_fine(const BackendProbe& probe) {
    const std::vector<std::string> keys = probe.own_multi({"a", "b", "a"});
    probe.set(keys[0], "value");
    probe.erase_multi(keys);
    probe.erase_multi({});
    expect(probe.get_multi(keys) == BackendProbe::Texts(3), "a backend that forgets everything has kept a value");
}

inline constexpr BackendCheck forgetful_checks[] = {
    {"what was set is not found", set_keeps_nothing},
    {"what was set at once is not found", set_multi_keeps_nothing},
    {"keys are erased at once", erase_multi_is_fine},
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
