#include "kennel/kennel.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace {

using kennel::MemoryBackend;
using kennel::MemorySettings;
using namespace test;

constexpr std::size_t too_long = std::size_t{16} << 20U;

/// Stores a number of its own under each key, and finds each of them again.
void check_distinct(MemoryBackend& backend, const std::vector<std::string>& keys) {
    for (int round = 0; round != 2; ++round) {
        for (std::size_t number = 0; number != keys.size(); ++number) store(backend, keys[number], number);
        std::size_t wrong = 0;
        for (std::size_t number = 0; number != keys.size(); ++number)
            wrong += found<std::size_t>(backend, keys[number]) == number ? 0U : 1U;
        CHECK(wrong == 0);
        CHECK(backend.size() == keys.size());
    }
    for (const std::string& key : keys) backend.erase(key);
    CHECK(backend.size() == 0);
}

} // namespace

TEST_CASE("keys of every length are told apart by their last byte, their first and their length", "[memory]") {
    MemoryBackend backend;
    std::vector<std::string> keys;
    for (std::size_t size = 0; size != 200; ++size) {
        keys.emplace_back(size, 'k');
        for (std::size_t at : {std::size_t{0}, size / 2, size - 1}) {
            if (size < 4) break;
            keys.emplace_back(size, 'k');
            keys.back()[at] = 'l';
        }
    }
    check_distinct(backend, keys);
}

TEST_CASE("keys may have NULs and any other byte, anywhere", "[memory]") {
    MemoryBackend backend;
    std::vector<std::string> keys;
    for (std::size_t size = 0; size != 70; ++size) keys.emplace_back(size, '\0');
    for (int byte = 1; byte != 256; ++byte) keys.emplace_back(1, static_cast<char>(byte));
    for (std::size_t at = 0; at != 24; ++at) {
        keys.emplace_back(24, 'k');
        keys.back()[at] = '\0';
    }
    check_distinct(backend, keys);
}

TEST_CASE("each byte of a key counts", "[memory]") {
    MemoryBackend backend;
    std::vector<std::string> keys;
    for (const std::size_t size : {7U, 8U, 9U, 16U, 17U, 24U, 32U, 33U, 63U, 64U, 65U, 100U})
        for (std::size_t at = 0; at != size; ++at) {
            keys.emplace_back(size, 'k');
            keys.back()[at] = 'l';
        }
    check_distinct(backend, keys);
}

TEST_CASE("a key may have a mebibyte", "[memory]") {
    const bool has_limit = GENERATE(true, false);
    MemoryBackend backend(has_limit ? MemorySettings{.max_entries = 10} : MemorySettings{});
    const std::string key(std::size_t{1} << 20U, 'k');
    check_distinct(backend, {key, key + 'k', key.substr(1), key.substr(1) + 'l', ""});
}

TEST_CASE("a key of 16 MiB is refused and counted, and nothing else happens", "[memory]") {
    MemoryBackend backend;
    store(backend, "key", 1);
    const std::string longest(too_long - 1, 'k');
    store(backend, longest, 2);
    CHECK(found(backend, longest) == 2);
    backend.erase(longest);
    const std::string key(too_long, 'k');
    CHECK_NOTHROW(store(backend, key, 1));
    CHECK_NOTHROW(store(backend, key, std::string("text")));
    CHECK_NOTHROW(store_bytes(backend, key, "bytes"));
    CHECK_FALSE(has(backend, key));
    CHECK_NOTHROW(backend.erase(key));
    CHECK(backend.statistics().refused == 3);
    CHECK(backend.size() == 1);
    CHECK(found(backend, "key") == 1);
}

TEST_CASE("a region gives its caller the value of a key that its memory refuses", "[memory]") {
    kennel::CacheRegion region;
    region.configure("memory");
    const std::string key(too_long, 'k');
    CHECK(region.get_or_create(key, [] { return 1; }) == 1);
    CHECK(region.get_or_create(key, [] { return 2; }) == 2);
    CHECK_FALSE(region.get<int>(key).has_value());
}

TEST_CASE("of a hundred thousand keys, many of which share a bucket and a tag, none is taken for another", "[memory]") {
    const std::size_t count = rounds(100'000);
    MemoryBackend backend;
    for (std::size_t number = 0; number != count; ++number) store(backend, key_of(number), number);
    std::size_t wrong = 0;
    for (std::size_t number = 0; number != count; ++number)
        wrong += found<std::size_t>(backend, key_of(number)) == number ? 0U : 1U;
    CHECK(wrong == 0);
    for (std::size_t number = 0; number < count; number += 2) backend.erase(key_of(number));
    for (std::size_t number = 0; number != count; ++number) {
        const auto value = found<std::size_t>(backend, key_of(number));
        wrong += (number % 2 == 0 ? !value : value == number) ? 0U : 1U;
        wrong += has(backend, "no " + key_of(number)) ? 1U : 0U;
    }
    CHECK(wrong == 0);
    CHECK(backend.size() == count / 2);
}
