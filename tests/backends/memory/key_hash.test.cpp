#include "kennel/backends/memory/key_hash.hpp"

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>

namespace {

using kennel::detail::KeyHash;

/// Constants that well-known hashes of this kind multiply with.
constexpr std::uint64_t constants[] = {0,
                                       0xa0761d6478bd642fU,
                                       0xe7037ed1a0b428dbU,
                                       0x8ebc6af09c88c6e3U,
                                       0x589965cc75374cc3U,
                                       0x1d8e4e27c47d124fU,
                                       0xeb44accab455d165U};

/// A key of so many bytes with a word that somebody has chosen at every place but one.
std::string chosen_key(std::size_t size, std::uint64_t word, std::size_t free_place, std::uint64_t number) {
    std::string key(size, '\0');
    for (std::size_t place = 0; place + 8 <= size; ++place)
        if (place % 8 == 0 || place + 8 == size) std::memcpy(key.data() + place, &word, 8);
    std::memcpy(key.data() + free_place, &number, 8);
    return key;
}

} // namespace

TEST_CASE("whoever knows the constants of the hash cannot choose keys that meet", "[memory]") {
    const KeyHash hash;
    for (const std::size_t size : {std::size_t{15}, std::size_t{16}, std::size_t{24}, std::size_t{32}, std::size_t{64}})
        for (const std::uint64_t word : constants)
            for (std::size_t place = 0; place + 8 <= size; place += 8) {
                std::set<std::uint64_t> hashes;
                for (std::uint64_t number = 0; number != 200; ++number)
                    hashes.insert(hash(chosen_key(size, word, place, number)));
                INFO("size " << size << ", word " << word << ", place " << place);
                CHECK(hashes.size() == 200);
            }
}

TEST_CASE("keys of all lengths have hashes of their own", "[memory]") {
    const KeyHash hash;
    std::set<std::uint64_t> hashes;
    for (std::size_t size = 0; size != 200; ++size) hashes.insert(hash(std::string(size, 'k')));
    CHECK(hashes.size() == 200);
}

TEST_CASE("all hashes of a process are the same function", "[memory]") { CHECK(KeyHash()("key") == KeyHash()("key")); }
