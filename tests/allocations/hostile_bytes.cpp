// Whatever the bytes are, decoding them allocates no more than a fixed multiple of their length: the metadata of an
// entry, and values in the default binary form.

#include <kennel/default_serializer.hpp>
#include <kennel/envelope.hpp>

#include "support/allocation_meter.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using namespace std::string_view_literals;

struct Tree {
    std::string name;
    std::vector<Tree> children;
};

bool exceeds_in_envelopes() {
    constexpr auto good =
        R"({"ct": 1795243567.8039305, "v": 2, "ttl": 1.5, "tags": ["a\u00e9", "\ud83d\ude00"], "x": {"y": [null, -1e5]}}|p)"sv;
    constexpr auto tags = R"({"ct": 1800000000, "v": 2, "tags": [)"sv;
    constexpr auto field = R"({"ct": 1800000000, "v": 2, "x": )"sv;
    test::AllocationMeter meter("an envelope", 50);
    const auto decode = [](std::string_view bytes) { (void)kennel::decode_envelope(bytes); };
    meter.measure_shapes(
        {{tags, R"("",)", R"(""]}|)"},
         {tags, R"("",)", "|"},
         {tags, R"("a",)", R"("a"]}|)"},
         {tags, R"("a tag that is too long to be kept in place",)", R"(""]}|)"},
         {tags, R"("\u0061",)", R"(""]}|)"},
         {tags, "1,", "1]}|"},
         {tags, "[],", "[]]}|"},
         {R"({"ct": 1800000000, "v": 2, "tags": [")", "a", R"("]}|)"},
         {R"({"ct": 1800000000, "v": 2, "tags": [")", R"(\ud83d\ude00)", R"("]}|)"},
         {R"({"ct": 1800000000, "v": 2)", R"(, "tags": ["",""])", "}|"},
         {R"({"ct": 1800000000, "v": 2)", R"(, "tags": ["a tag that is too long to be kept in place"])", "}|"},
         {R"({"ct": 1800000000, "v": 2)", R"(, "x": "a text that is too long to be kept in place")", "}|"},
         {R"({"ct": 1800000000, "v": 2)", R"(, "":"")", "}|"},
         {field, "[", "|"},
         {field, R"({"":)", "|"},
         {field, R"({"a name that is too long to be kept in place":)", "|"},
         {R"({"ct": 1800000000, "v": 2, "x": [)", R"("a text that is too long to be kept in place",)", "0]}|"},
         {R"({"ct": )", "9", R"(, "v": 2}|)"},
         {R"({"ct": 0.)", "0", R"(1, "v": 2}|)"},
         {R"({")", "a", "|"},
         {"", " ", "|"},
         {R"({"ct": 1800000000, "v": 2}|)", "x", ""}},
        decode);
    meter.measure_damage(good, decode);
    return meter.is_exceeded();
}

/// The bytes of a `Type` as an attacker may make them: its fingerprint, a number of elements, and so many times
/// `piece`.
template <class Type>
std::string forged(std::size_t claimed, std::string_view piece, std::size_t count) {
    kennel::Encoder encoder;
    encoder.write_number(kennel::fingerprint_of<Type>(), 8);
    encoder.write_length(claimed);
    for (std::size_t number = 0; number != count; ++number) encoder.write_bytes(piece);
    return std::move(encoder).take();
}

/// A tree of which each node claims to have as many children as there are bytes.
std::string greedy_tree(std::size_t length) {
    kennel::Encoder encoder;
    encoder.write_number(kennel::fingerprint_of<Tree>(), 8);
    for (int level = 0; level != 64; ++level) {
        encoder.write_length(0); // the name
        encoder.write_length(length - 64 * 5);
    }
    encoder.write_bytes(std::string(length, '\0'));
    return std::move(encoder).take();
}

template <class Type>
bool exceeds(const char* name, double most, const Type& good, const Type& large = {}) {
    const kennel::DefaultSerializer serializer;
    test::AllocationMeter meter(name, most);
    const auto decode = [&](std::string_view bytes) { (void)serializer.deserialize<Type>(bytes); };
    for (const std::string_view piece :
         {"\0"sv, "\1"sv, "\2"sv, "\1\0"sv, "\0\1"sv, "\1\1"sv, "\x7f"sv, "\xff"sv, "\x0fxxxxxxxxxxxxxxx"sv})
        for (const std::size_t count : {10U, 1'000U, 10'000U})
            for (const std::size_t claimed : {count, count / 2, count * piece.size(), std::size_t{1} << 40U})
                meter.measure(forged<Type>(claimed, piece, count), decode);
    meter.measure_damage(serializer.serialize(good), decode);
    meter.measure(serializer.serialize(large), decode);
    if constexpr (std::is_same_v<Type, Tree>) meter.measure(greedy_tree(10'000), decode);
    return meter.is_exceeded();
}

} // namespace

int main() {
    std::map<std::string, std::vector<int>> large_map;
    std::unordered_map<int, std::optional<std::string>> large_hash_map;
    for (int number = 0; number != 5'000; ++number) {
        large_map.try_emplace(std::to_string(number));
        large_hash_map.try_emplace(number);
    }
    int failures = exceeds_in_envelopes() ? 1 : 0;
    failures += exceeds<std::string>("text", 3, "some text") ? 1 : 0;
    failures += exceeds<std::vector<std::string>>("texts", 100, {"one", "", "three"}) ? 1 : 0;
    failures += exceeds<std::vector<bool>>("flags", 3, {true, false}) ? 1 : 0;
    failures += exceeds<std::map<std::string, std::vector<int>>>("a map", 100, {{"a", {1, 2}}, {"b", {}}}, large_map)
                    ? 1
                    : 0;
    failures += exceeds<std::unordered_map<int, std::optional<std::string>>>("a hash map", 100, {{1, "x"}, {2, {}}},
                                                                             large_hash_map)
                    ? 1
                    : 0;
    failures += exceeds<std::vector<std::shared_ptr<int>>>("pointers", 100, {std::make_shared<int>(1), nullptr}) ? 1
                                                                                                                 : 0;
    failures += exceeds<Tree>("a tree", 100, {"root", {{"leaf", {}}, {"", {{"x", {}}}}}}) ? 1 : 0;
    return failures;
}
