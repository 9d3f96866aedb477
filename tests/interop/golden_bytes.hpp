#ifndef KENNEL_TESTS_INTEROP_GOLDEN_BYTES_HPP
#define KENNEL_TESTS_INTEROP_GOLDEN_BYTES_HPP

#include "kennel/cache_region.hpp"
#include "kennel/serializers/json.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/fault_proxy.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// Bytes that a region of dogpile.cache wrote at this moment, with a serializer of JSON.
inline constexpr std::chrono::milliseconds golden_moment{1'795'243'568'250};
inline constexpr const char* golden_entry =
    R"({"ct": 1795243568.25, "v": 2}|{"foo": ["bar", 1, false, null], "u": "\u00e9", "x": 1.5})";

/// The same value as Kennel writes it at that moment; Python reads both.
inline constexpr const char* kennel_entry =
    "{\"ct\": 1795243568.25, \"v\": 2}|{\"foo\":[\"bar\",1,false,null],\"u\":\"\xc3\xa9\",\"x\":1.5}";

inline nlohmann::json golden_value() { return {{"foo", {"bar", 1, false, nullptr}}, {"u", "\xc3\xa9"}, {"x", 1.5}}; }

/// A region whose clock stands at that moment.
inline kennel::CacheRegion<kennel::JsonSerializer> golden_region(const std::string& backend, const std::string& url) {
    const auto clock = std::make_shared<kennel::testing::ManualClock>(kennel::WallTime(golden_moment));
    kennel::CacheRegion<kennel::JsonSerializer> region({.clock = clock}, {});
    region.configure(backend, {.expiration_time = std::chrono::hours(1),
                               .arguments = {{"url", url}, {"distributed_lock", true}, {"lock_timeout", 30}}});
    return region;
}

/// The first request that contains this text; empty when none does.
inline std::string request_with(const FaultProxy& proxy, std::string_view text) {
    for (const std::string& request : proxy.requests())
        if (request.find(text) != std::string::npos) return request;
    return {};
}

/// Whether the text is as long as the pattern and differs from it only where that has a question mark; there it has
/// lower-case hexadecimal digits.
inline bool is_like(std::string_view text, std::string_view pattern) {
    const auto is_alike = [](char character, char wanted) {
        if (wanted != '?') return character == wanted;
        return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f');
    };
    return text.size() == pattern.size() && std::equal(text.begin(), text.end(), pattern.begin(), is_alike);
}

} // namespace test

#endif
