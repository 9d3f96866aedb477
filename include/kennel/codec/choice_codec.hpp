#ifndef KENNEL_CODEC_CHOICE_CODEC_HPP
#define KENNEL_CODEC_CHOICE_CODEC_HPP

#include "kennel/codec/decoder.hpp"
#include "kennel/codec/encoder.hpp"
#include "kennel/codec/number_codec.hpp"
#include "kennel/codec/signature.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

KENNEL_NAMESPACE_BEGIN

/// A value or nothing: a truth value, then the value if there is one.
template <class Value>
struct Codec<std::optional<Value>> {
    using Parts = CodecParts<Value>;

    static void encode(const std::optional<Value>& value, Encoder& encoder) {
        encoder.write(value.has_value());
        if (value) encoder.write(*value);
    }

    static std::optional<Value> decode(Decoder& decoder) {
        if (!decoder.read<bool>()) return std::nullopt;
        return std::optional<Value>(std::in_place, decoder.read<Value>());
    }

    static void describe(Signature& signature) { signature.add<Value>("optional"); }
};

/// The value that is pointed to, or nothing; whoever reads it gets a value of his own.
///
/// A pointer to a polymorphic type has no codec, because what it points to may be of a derived type.
template <class Value>
    requires(!std::is_array_v<Value> && !std::is_void_v<Value> &&
             (!std::is_polymorphic_v<Value> || std::is_final_v<Value>))
struct Codec<std::shared_ptr<Value>> {
    using Pointee = std::remove_const_t<Value>;
    using Parts = CodecParts<Pointee>;

    static void encode(const std::shared_ptr<Value>& pointer, Encoder& encoder) {
        encoder.write(pointer != nullptr);
        if (pointer != nullptr) encoder.write<Pointee>(*pointer);
    }

    static std::shared_ptr<Value> decode(Decoder& decoder) {
        if (!decoder.read<bool>()) return nullptr;
        return std::make_shared<Pointee>(decoder.read<Pointee>());
    }

    static void describe(Signature& signature) { signature.add<Pointee>("pointer"); }
};

/// No value.
template <>
struct Codec<std::monostate> {
    using Parts = CodecParts<>;

    static void encode(std::monostate, Encoder&) {}
    static std::monostate decode(Decoder&) { return {}; }
    static void describe(Signature& signature) { signature.add("nothing"); }
};

/// One of several: its index in one byte, then the value.
template <class... Alternatives>
    requires(sizeof...(Alternatives) <= 256)
struct Codec<std::variant<Alternatives...>> {
    using Variant = std::variant<Alternatives...>;
    using Parts = CodecParts<Alternatives...>;

    static void encode(const Variant& variant, Encoder& encoder) {
        if (variant.valueless_by_exception()) throw SerializationError("a variant lost its value to an exception");
        encoder.write_number(variant.index(), 1);
        std::visit([&](const auto& value) { encoder.write(value); }, variant);
    }

    static Variant decode(Decoder& decoder) {
        const std::uint64_t index = decoder.read_number(1);
        if (index >= sizeof...(Alternatives)) decoder.refuse("a variant has no such alternative");
        return decode_alternative(index, decoder, std::index_sequence_for<Alternatives...>());
    }

    static void describe(Signature& signature) { signature.add<Alternatives...>("variant"); }

private:
    template <std::size_t index>
    static Variant decode_at(Decoder& decoder) {
        using Alternative = std::variant_alternative_t<index, Variant>;
        return Variant(std::in_place_index<index>, decoder.read<Alternative>());
    }

    template <std::size_t... indices>
    static Variant decode_alternative(std::uint64_t index, Decoder& decoder, std::index_sequence<indices...>) {
        using Decode = Variant (*)(Decoder&);
        static constexpr Decode decoders[] = {&decode_at<indices>...};
        return decoders[index](decoder);
    }
};

KENNEL_NAMESPACE_END

#endif
