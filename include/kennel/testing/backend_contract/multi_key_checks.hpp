#ifndef KENNEL_TESTING_BACKEND_CONTRACT_MULTI_KEY_CHECKS_HPP
#define KENNEL_TESTING_BACKEND_CONTRACT_MULTI_KEY_CHECKS_HPP

#include "kennel/testing/backend_contract/backend_probe.hpp"

#include <optional>
#include <string>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

inline void many_values_are_set_at_once(const BackendProbe& probe) {
    const std::vector<std::string> keys = probe.own_multi({"c", "a", "b"});
    probe.set(keys[1], "replaced");
    probe.set_multi({{keys[0], "3"}, {keys[1], "1"}, {keys[2], "2"}});
    probe.expect_text(keys[0], "3", "a value of set_multi is not found");
    probe.expect_text(keys[1], "1", "a value of set_multi does not replace the one before");
    probe.expect_text(keys[2], "2", "a value of set_multi is not found");
}

inline void many_values_are_read_at_once(const BackendProbe& probe) {
    const std::vector<std::string> keys = probe.own_multi({"absent 1", "a", "absent 2", "b", "absent 3"});
    probe.set(keys[1], "1");
    probe.set(keys[3], "2");
    expect(probe.get_multi(keys) == BackendProbe::Texts{std::nullopt, "1", std::nullopt, "2", std::nullopt},
           "get_multi does not give each value with the position of its key");
    expect(probe.get_multi({keys[3], keys[2], keys[1]}) == BackendProbe::Texts{"2", std::nullopt, "1"},
           "get_multi depends on the order of the keys");
    expect(probe.get_multi({keys[0], keys[2]}) == BackendProbe::Texts(2),
           "get_multi finds values where there are none");
}

inline void many_values_are_erased_at_once(const BackendProbe& probe) {
    const std::vector<std::string> keys = probe.own_multi({"a", "absent", "b", "stays"});
    probe.set_multi({{keys[0], "1"}, {keys[2], "2"}, {keys[3], "3"}});
    probe.erase_multi({keys[2], keys[1], keys[0]});
    expect(probe.get_multi(keys) == BackendProbe::Texts{std::nullopt, std::nullopt, std::nullopt, "3"},
           "erase_multi does not remove exactly the keys that it was given");
    probe.erase_multi({keys[2], keys[1], keys[0]});
}

inline void lists_may_be_empty(const BackendProbe& probe) {
    const std::string key = probe.own("key");
    probe.set(key, "value");
    probe.set_multi({});
    probe.erase_multi({});
    expect(probe.get_multi({}).empty(), "get_multi of no keys finds something");
    probe.expect_text(key, "value", "an operation on no keys changes a value");
}

inline void lists_may_repeat_a_key(const BackendProbe& probe) {
    const std::vector<std::string> keys = probe.own_multi({"a", "absent"});
    probe.set_multi({{keys[0], "one"}, {keys[0], "two"}});
    const std::optional<std::string> text = probe.get(keys[0]);
    expect(text == "one" || text == "two", "set_multi with one key twice stores neither value");
    expect(probe.get_multi({keys[0], keys[1], keys[0], keys[1]}) ==
               BackendProbe::Texts{text, std::nullopt, text, std::nullopt},
           "get_multi does not answer for each of several equal keys");
    probe.erase_multi({keys[0], keys[1], keys[0], keys[1]});
    probe.expect_text(keys[0], std::nullopt, "erase_multi with one key twice does not remove it");
}

inline void long_lists_are_fine(const BackendProbe& probe) {
    std::vector<std::pair<std::string, std::string>> texts;
    std::vector<std::string> keys;
    BackendProbe::Texts expected;
    for (int number = 0; number != 64; ++number) {
        keys.push_back(probe.own("key " + std::to_string(number)));
        expected.emplace_back(std::string(static_cast<std::size_t>(number), 'x'));
        texts.emplace_back(keys.back(), *expected.back());
    }
    probe.set_multi(texts);
    expect(probe.get_multi(keys) == expected, "of 64 values that were set at once, some are not found");
    probe.erase_multi(keys);
    expect(probe.get_multi(keys) == BackendProbe::Texts(64), "64 keys are not erased at once");
}

inline constexpr BackendCheck multi_key_checks[] = {
    {"many values are set at once", many_values_are_set_at_once},
    {"many values are read at once, each by the position of its key", many_values_are_read_at_once},
    {"many values are erased at once, whether they are there or not", many_values_are_erased_at_once},
    {"lists of keys may be empty", lists_may_be_empty},
    {"lists of keys may have a key twice", lists_may_repeat_a_key},
    {"lists of keys may be long", long_lists_are_fine},
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
