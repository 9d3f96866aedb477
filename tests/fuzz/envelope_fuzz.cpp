// Feeds arbitrary bytes to the reader of stored entries.

#include "kennel/envelope.hpp"

#include "fuzz/fuzz.hpp"

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

std::vector<std::string> fuzz::samples() {
    return {
        R"({"ct": 1795243567.8039305, "v": 2}|payload)",
        R"({"ct": 1800000000.5, "v": 2, "ttl": 90.0, "tags": ["team:1", "a\u007cb", "\ud83d\ude00"], "cost": 0.25}|)",
        R"({"x": {"y": [null, -1e5, "\u00e9"]}, "v": 2.0, "ct": 18e8, "tags": null, "ttl": null} |p|q)",
        R"({"ct": 1, "v": 1, "tags": []}|)"};
}

/// An entry that is understood is written again to bytes that are understood in the same way.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto found = kennel::decode_envelope(bytes);
    if (!found) return 0;
    const std::string written = kennel::encode_envelope(*found);
    const auto again = kennel::decode_envelope(written);
    const bool is_same = again && again->payload.as_bytes() == found->payload.as_bytes() &&
                         again->metadata.version == found->metadata.version &&
                         again->metadata.tags == found->metadata.tags;
    if (!is_same || kennel::encode_envelope(*again) != written) std::abort();
    return 0;
}
