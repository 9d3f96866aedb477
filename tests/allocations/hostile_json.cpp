// needs: json
// Whatever the bytes are, reading a value from JSON allocates no more than a fixed multiple of their length.

#include <kennel/serializers/json.hpp>

#include "support/allocation_meter.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

/// Read by its own function, and written again in order to compare the numbers.
struct Measured {
    std::vector<std::int64_t> numbers;
    std::vector<double> fractions;
    std::map<std::string, std::vector<bool>> flags;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE_WITH_DEFAULT(Measured, numbers, fractions, flags)
};

template <class Type>
bool exceeds(const char* name, std::string_view good) {
    test::AllocationMeter meter(name, 128);
    const auto decode = [](std::string_view bytes) { (void)kennel::JsonSerializer().deserialize<Type>(bytes); };
    meter.measure_shapes({{"[", "[],", "[]]"},
                          {"[", "{},", "{}]"},
                          {"[", "0,", "0]"},
                          {"[", "0,", ""},
                          {"[", "null,", "null]"},
                          {"[", "[0],", "[0]]"},
                          {"[", R"("",)", R"(""]")"},
                          {"[", R"("a text that is too long to be kept in place",)", R"(""]")"},
                          {"[", "[true,0.5],", "[true,0.5]]"},
                          {"[", R"({"":0},)", "0]"},
                          {"[", R"([[[[[[[[0]]]]]]]],)", "0]"},
                          {"[", R"({"":{"":{"":{"":{}}}}},)", "0]"},
                          {R"({"a":[)", "0,", "0]}"},
                          {"{", R"("a":0,)", R"("a":0})"},
                          {"{", R"("a":[],)", R"("a":[]})"},
                          {"", "[", ""},
                          {"", "{", ""},
                          {"", R"({"":)", ""},
                          {"\"", "a", "\""},
                          {"\"", "a", ""},
                          {"\"", "\x01", "\""},
                          {"\"", "\xff", "\""},
                          {"\"", R"(\u0001)", "\""},
                          {"\"", R"(\ud83d\ude00)", "\""},
                          {"\"", R"(\ud83d)", "\""},
                          {"", "9", ""},
                          {"0.", "0", "1"},
                          {"1e", "9", ""},
                          {"-", "1", ""},
                          {"", " ", ""},
                          {"", " ", "0"},
                          {"", "nul", "l"}},
                         decode);
    meter.measure_damage(good, decode);
    return meter.is_exceeded();
}

/// An object with as many different names as there is room for.
bool exceeds_by_names() {
    test::AllocationMeter meter("different names", 128);
    for (const int count : {10, 1'000, 100'000}) {
        std::string bytes = "{";
        for (int number = 0; number != count; ++number) bytes += "\"" + std::to_string(number) + "\":0,";
        bytes.back() = '}';
        meter.measure(bytes,
                      [](std::string_view json) { (void)kennel::JsonSerializer().deserialize<nlohmann::json>(json); });
        meter.measure(bytes, [](std::string_view json) {
            (void)kennel::JsonSerializer().deserialize<std::map<std::string, int>>(json);
        });
    }
    return meter.is_exceeded();
}

} // namespace

int main() {
    int failures = exceeds_by_names() ? 1 : 0;
    failures += exceeds<nlohmann::json>("a document", R"({"a": [1, 2.5, null, "\u00e9"], "b": {}})") ? 1 : 0;
    failures += exceeds<std::optional<std::int64_t>>("an integer or null", "-123") ? 1 : 0;
    failures += exceeds<std::vector<std::string>>("texts", R"(["one", "", "three"])") ? 1 : 0;
    failures += exceeds<std::map<std::string, std::vector<std::int64_t>>>("a map", R"({"a": [1], "b": []})") ? 1 : 0;
    failures += exceeds<Measured>("a type with from_json",
                                  R"({"numbers": [1, 2, -3], "fractions": [1, 0.5], "flags": {"": [true], "b": []}})")
                    ? 1
                    : 0;
    return failures;
}
