// Feeds arbitrary bytes to the default serializer.

#include "kennel/default_serializer.hpp"

#include "fuzz/fuzz.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace {

struct Tree {
    std::string name;
    std::vector<Tree> children;
    bool operator==(const Tree&) const = default;
};

struct Record {
    std::optional<std::string> note;
    std::variant<std::monostate, bool, std::vector<Tree>> choice;
    std::unordered_map<std::string, std::tuple<bool, std::int16_t>> entries;
    std::chrono::milliseconds delay{};
    bool operator==(const Record&) const = default;
};

const kennel::DefaultSerializer serializer;

/// The fingerprint is put in front, because no fuzzer would guess it.
template <class Type>
void read_as(std::string_view bytes) {
    kennel::Encoder encoder;
    encoder.write_number(kennel::fingerprint_of<Type>(), 8);
    encoder.write_bytes(bytes);
    fuzz::read_and_write<Type>(serializer, std::move(encoder).take());
}

template <class Type>
std::string without_fingerprint(const Type& value) {
    return serializer.serialize(value).substr(8);
}

} // namespace

std::vector<std::string> fuzz::samples() {
    const Tree tree{"root", {{"leaf", {}}, {"branch", {{"", {}}}}}};
    const Record record{
        "note", std::vector<Tree>{tree}, {{"a", {true, std::int16_t{-1}}}, {"b", {}}}, std::chrono::milliseconds(5)};
    return {serializer.serialize(record),
            without_fingerprint(record),
            without_fingerprint(tree),
            without_fingerprint(std::string(200, 'x')),
            without_fingerprint(std::vector<std::string>{"one", "", "three"}),
            without_fingerprint(std::map<std::string, std::vector<bool>>{{"", {}}, {"b", {true, false}}})};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    fuzz::read_and_write<Record>(serializer, bytes);
    read_as<std::string>(bytes);
    read_as<std::vector<std::string>>(bytes);
    read_as<std::map<std::string, std::vector<bool>>>(bytes);
    read_as<Tree>(bytes);
    read_as<Record>(bytes);
    return 0;
}
