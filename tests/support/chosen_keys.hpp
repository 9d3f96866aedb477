#ifndef KENNEL_TESTS_SUPPORT_CHOSEN_KEYS_HPP
#define KENNEL_TESTS_SUPPORT_CHOSEN_KEYS_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace test {

/// As many keys as an attacker would choose: in a hash table of that many elements, all are in one bucket.
template <class Key, class MakeKey>
std::vector<Key> chosen_keys(std::size_t count, MakeKey make_key) {
    std::unordered_set<std::size_t> table;
    for (std::size_t number = 0; number != count; ++number) table.insert(number);
    std::vector<Key> keys;
    for (std::uint64_t number = 0; keys.size() != count; ++number) {
        Key key = make_key(number);
        if (std::hash<Key>()(key) % table.bucket_count() == 0) keys.push_back(std::move(key));
    }
    return keys;
}

/// The same, numbers.
inline std::vector<std::uint64_t> chosen_numbers(std::size_t count) {
    return chosen_keys<std::uint64_t>(count, [](std::uint64_t number) { return number; });
}

/// The same, texts.
inline std::vector<std::string> chosen_texts(std::size_t count) {
    return chosen_keys<std::string>(count, [](std::uint64_t number) { return std::to_string(number); });
}

} // namespace test

#endif
