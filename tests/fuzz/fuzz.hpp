#ifndef KENNEL_TESTS_FUZZ_FUZZ_HPP
#define KENNEL_TESTS_FUZZ_FUZZ_HPP

#include "kennel/errors.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a program in this directory does with bytes, which is libFuzzer's entry point: it aborts when a promise is
/// broken.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

/// Good inputs of the program, for the driver to damage.
[[nodiscard]] std::vector<std::string> samples();

/// What can be read must be written again to bytes that are read as an equal value, and nothing but
/// `CantDeserializeException` may be thrown.
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

} // namespace fuzz

#endif
