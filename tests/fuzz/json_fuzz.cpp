// needs: json
// Feeds arbitrary bytes to the JSON serializer.

#include "kennel/serializers/json.hpp"

#include "fuzz/fuzz.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <vector>

namespace {

struct Measured {
    std::vector<std::int64_t> numbers;
    std::vector<float> fractions;
    std::unordered_set<int> set;
    bool flag = false;
    bool operator==(const Measured&) const = default;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE_WITH_DEFAULT(Measured, numbers, fractions, set, flag)
};

} // namespace

std::vector<std::string> fuzz::samples() {
    return {R"({"a": [1, 2.5, null, true, "\u00e9\ud83d\ude00"], "b": {"c": {}}, "": -1e-5})",
            R"("some t\u00e4xt")",
            "null",
            R"({"a": [1, -1], "b": [], "c": [9223372036854775807]})",
            "[[true, 0.5], [false, 1e300]]",
            R"({"numbers": [1, -2], "fractions": [1, 0.1], "set": [3, 1, 2], "flag": true})",
            "[[[[[[[[[[]]]]]]]]]]"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const kennel::JsonSerializer serializer;
    fuzz::read_and_write<nlohmann::json>(serializer, bytes);
    fuzz::read_and_write<std::optional<std::string>>(serializer, bytes);
    fuzz::read_and_write<std::map<std::string, std::vector<std::int64_t>>>(serializer, bytes);
    fuzz::read_and_write<std::vector<std::tuple<bool, double>>>(serializer, bytes);
    fuzz::read_and_write<Measured>(serializer, bytes);
    return 0;
}
