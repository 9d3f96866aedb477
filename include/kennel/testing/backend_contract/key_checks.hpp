#ifndef KENNEL_TESTING_BACKEND_CONTRACT_KEY_CHECKS_HPP
#define KENNEL_TESTING_BACKEND_CONTRACT_KEY_CHECKS_HPP

#include "kennel/testing/backend_contract/backend_probe.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Keys that break stores which take keys for words, lines or C strings; many differ from another one in a byte only.
[[nodiscard]] inline std::vector<std::string> difficult_keys() {
    using namespace std::string_literals;
    // clang-format off
    return {""s,          "\0"s,           "a"s,         "A"s,          "a\0"s,        "a\0b"s,
            "a\0c"s,      " "s,            "a "s,        " a"s,         "a b"s,        "a  b"s,
            "a\tb"s,      "a\nb"s,         "a\r\nb"s,    "\r\n"s,       "a\x7f"s,      "\x01"s,
            "a|b 1 2"s,   "{a}"s,          "a*"s,        "a%20b"s,      "'\"\\"s,      "gr\xc3\xbc\xc3\x9f"s,
            "\xe6\xbc\xa2\xf0\x9f\x90\x95"s,             "\xff\xfe"s,
            std::string(300, 'k'),                       std::string(299, 'k') + 'l',
            std::string(65'536, 'k'),                    std::string(65'535, 'k') + 'l'};
    // clang-format on
}

inline void keys_of_all_kinds_are_kept_apart(const BackendProbe& probe) {
    std::vector<std::string> keys;
    BackendProbe::Texts texts;
    for (const std::string& key : difficult_keys()) {
        keys.push_back(probe.mangled(key));
        texts.emplace_back("value " + std::to_string(keys.size()));
        probe.set(keys.back(), *texts.back());
    }
    for (std::size_t index = 0; index != keys.size(); ++index)
        probe.expect_text(keys[index], texts[index],
                          "the value of difficult key number " + std::to_string(index) + " is not found as it was set");
    expect(probe.get_multi(keys) == texts, "get_multi mixes difficult keys up");
    for (const std::string& key : keys) probe.backend().erase(key);
    expect(probe.get_multi(keys) == BackendProbe::Texts(keys.size()), "a difficult key cannot be erased");
}

inline void keys_of_all_kinds_may_be_in_lists(const BackendProbe& probe) {
    std::vector<std::string> keys;
    std::vector<std::pair<std::string, std::string>> texts;
    BackendProbe::Texts expected;
    for (const std::string& key : difficult_keys()) {
        keys.push_back(probe.mangled(key));
        expected.emplace_back("value " + std::to_string(keys.size()));
        texts.emplace_back(keys.back(), *expected.back());
    }
    probe.set_multi(texts);
    expect(probe.get_multi(keys) == expected, "a difficult key cannot be in a list");
    probe.erase_multi(keys);
    expect(probe.get_multi(keys) == BackendProbe::Texts(keys.size()), "erase_multi leaves a difficult key");
}

inline void keys_are_copied(const BackendProbe& probe) {
    const std::string key = probe.own("a key that is too long for the short string optimization");
    std::string buffer = key;
    probe.set(buffer, "value");
    buffer.assign(buffer.size(), '?');
    probe.expect_text(key, "value", "a value is lost when the buffer of its key is used for something else");
    probe.expect_text(buffer, std::nullopt, "a value follows the buffer of its key");
}

inline constexpr BackendCheck key_checks[] = {
    {"keys of all bytes and lengths are kept apart", keys_of_all_kinds_are_kept_apart},
    {"keys of all bytes and lengths may be in lists", keys_of_all_kinds_may_be_in_lists},
    {"a key may die after the call", keys_are_copied},
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
