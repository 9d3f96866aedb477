// Feeds arbitrary bytes to the serializers. Build it with clang and run it with a directory for what it finds:
//
//     clang++-16 -std=c++20 -O1 -g -Iinclude -DKENNEL_HAS_JSON -fsanitize=fuzzer,address,undefined
//         tests/fuzz/serializer_fuzz.cpp -o serializer_fuzz
//     ./serializer_fuzz -max_len=4096 -rss_limit_mb=512 -max_total_time=60 corpus/
//
// What is read must be written again to bytes that are read as an equal value, and nothing but
// CantDeserializeException may be thrown. Leave KENNEL_HAS_JSON out where nlohmann/json is missing.

#include "kennel/default_serializer.hpp"

#ifdef KENNEL_HAS_JSON
#include "kennel/serializers/json.hpp"
#endif

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
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

template <class Type, class Serializer>
void read_and_write(const Serializer& serializer, std::string_view bytes) {
    std::optional<Type> value;
    try {
        value.emplace(serializer.template deserialize<Type>(bytes));
    } catch (const kennel::CantDeserializeException&) {
        return;
    }
    if (serializer.template deserialize<Type>(serializer.serialize(*value)) != *value) std::abort();
}

/// The fingerprint is put in front, because no fuzzer would guess it.
template <class Type>
void read_default(std::string_view bytes) {
    kennel::Encoder encoder;
    encoder.write_number(kennel::fingerprint_of<Type>(), 8);
    encoder.write_bytes(bytes);
    read_and_write<Type>(kennel::DefaultSerializer(), std::move(encoder).take());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    read_and_write<Record>(kennel::DefaultSerializer(), bytes);
    read_default<std::string>(bytes);
    read_default<std::vector<std::string>>(bytes);
    read_default<std::map<std::string, std::vector<bool>>>(bytes);
    read_default<Tree>(bytes);
    read_default<Record>(bytes);
#ifdef KENNEL_HAS_JSON
    const kennel::JsonSerializer json;
    read_and_write<nlohmann::json>(json, bytes);
    read_and_write<std::optional<std::string>>(json, bytes);
    read_and_write<std::map<std::string, std::vector<std::int64_t>>>(json, bytes);
    read_and_write<std::vector<std::tuple<bool, double>>>(json, bytes);
#endif
    return 0;
}
