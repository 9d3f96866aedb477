#ifndef KENNEL_TESTING_HOSTILE_BYTES_HPP
#define KENNEL_TESTING_HOSTILE_BYTES_HPP

#include "kennel/version.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

namespace detail {

/// All beginnings of `bytes` that are shorter than it.
[[nodiscard]] inline std::vector<std::string> truncations(std::string_view bytes) {
    std::vector<std::string> results;
    for (std::size_t size = 0; size != bytes.size(); ++size) results.emplace_back(bytes.substr(0, size));
    return results;
}

/// `bytes` with each of its bits turned over in turn.
[[nodiscard]] inline std::vector<std::string> flipped_bits(std::string_view bytes) {
    std::vector<std::string> results;
    for (std::size_t index = 0; index != 8 * bytes.size(); ++index) {
        std::string result(bytes);
        result[index / 8] = static_cast<char>(result[index / 8] ^ (1 << (index % 8)));
        results.push_back(std::move(result));
    }
    return results;
}

/// `bytes` with runs of each of several bytes in every place, which make huge lengths and deep nesting in many formats.
[[nodiscard]] inline std::vector<std::string> overwritten_runs(std::string_view bytes) {
    std::vector<std::string> results;
    for (const char filler : {'\0', '\x01', '\x7f', '\x80', '\xdd', '\xff', '[', '{', '"', '9'}) {
        for (std::size_t begin = 0; begin != bytes.size(); ++begin) {
            for (const std::size_t size : {std::size_t{1}, std::size_t{4}, std::size_t{8}, std::size_t{10'000}}) {
                std::string result(bytes.substr(0, begin));
                result.append(size, filler);
                result.append(bytes.substr(std::min(begin + size, bytes.size())));
                results.push_back(std::move(result));
            }
        }
    }
    return results;
}

/// Beginnings of `bytes`, each followed by several tails of bytes that look random but are the same every time.
[[nodiscard]] inline std::vector<std::string> random_tails(std::string_view bytes) {
    std::vector<std::string> results;
    std::uint64_t state = 0x9e3779b97f4a7c15;
    const auto next = [&state] {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state;
    };
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        for (int round = 0; round != 32; ++round) {
            std::string result(bytes.substr(0, size));
            for (std::uint64_t count = next() % 40; count != 0; --count)
                result.push_back(static_cast<char>(next() >> 56));
            results.push_back(std::move(result));
        }
    }
    return results;
}

} // namespace detail

KENNEL_NAMESPACE_END

#endif
