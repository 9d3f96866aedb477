#ifndef KENNEL_CODEC_NUMBER_CODEC_HPP
#define KENNEL_CODEC_NUMBER_CODEC_HPP

#include "kennel/codec/decoder.hpp"
#include "kennel/codec/encoder.hpp"
#include "kennel/codec/signature.hpp"

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <typeinfo>

KENNEL_NAMESPACE_BEGIN

namespace detail {

template <class Type>
concept Integer = std::integral<Type> && !std::same_as<Type, bool> && sizeof(Type) <= 8;

/// `int` and `std::int32_t` are the same word, `char` and `std::int8_t` are not: a character is no number.
template <Integer Type>
std::string integer_word() {
    constexpr bool is_character = std::same_as<Type, char8_t> || std::same_as<Type, char16_t> ||
                                  std::same_as<Type, char32_t>;
    const std::string bits = std::to_string(8 * sizeof(Type));
    if constexpr (std::same_as<Type, char>) return "char";
    else if constexpr (std::same_as<Type, wchar_t>) return joined({"wchar", bits});
    else if constexpr (is_character) return joined({"utf", bits});
    else return joined({std::is_signed_v<Type> ? "i" : "u", bits});
}

} // namespace detail

/// A truth value: one byte, 0 or 1.
template <>
struct Codec<bool> {
    using Parts = CodecParts<>;

    static void encode(bool value, Encoder& encoder) { encoder.write_number(value ? 1 : 0, 1); }

    static bool decode(Decoder& decoder) {
        const std::uint64_t number = decoder.read_number(1);
        if (number > 1) decoder.refuse("a truth value is neither 0 nor 1");
        return number == 1;
    }

    static void describe(Signature& signature) { signature.add("bool"); }
};

/// An integer or a character: as many bytes as it has, the lowest first.
template <detail::Integer Type>
struct Codec<Type> {
    using Parts = CodecParts<>;

    static void encode(Type value, Encoder& encoder) {
        encoder.write_number(static_cast<std::uint64_t>(value), sizeof(Type));
    }

    static Type decode(Decoder& decoder) { return static_cast<Type>(decoder.read_number(sizeof(Type))); }

    static void describe(Signature& signature) { signature.add(detail::integer_word<Type>()); }
};

/// `float` or `double`: the bits of its IEEE 754 form, the lowest byte first.
template <class Type>
    requires(std::same_as<Type, float> || std::same_as<Type, double>)
struct Codec<Type> {
    static_assert(std::numeric_limits<Type>::is_iec559);
    using Parts = CodecParts<>;
    using Bits = std::conditional_t<std::same_as<Type, float>, std::uint32_t, std::uint64_t>;

    static void encode(Type value, Encoder& encoder) { encoder.write_number(std::bit_cast<Bits>(value), sizeof(Bits)); }

    static Type decode(Decoder& decoder) {
        return std::bit_cast<Type>(static_cast<Bits>(decoder.read_number(sizeof(Bits))));
    }

    static void describe(Signature& signature) { signature.add(std::same_as<Type, float> ? "f32" : "f64"); }
};

/// An enumeration: its underlying integer, whether or not an enumerator has that value.
template <class Type>
    requires std::is_enum_v<Type>
struct Codec<Type> {
    using Underlying = std::underlying_type_t<Type>;
    using Parts = CodecParts<Underlying>;

    static void encode(Type value, Encoder& encoder) { encoder.write(static_cast<Underlying>(value)); }

    static Type decode(Decoder& decoder) { return static_cast<Type>(decoder.read<Underlying>()); }

    static void describe(Signature& signature) {
        signature.add<Underlying>(std::string("enum ") + typeid(Type).name());
    }
};

KENNEL_NAMESPACE_END

#endif
