#ifndef KENNEL_CODEC_TUPLE_CODEC_HPP
#define KENNEL_CODEC_TUPLE_CODEC_HPP

#include "kennel/codec/decoder.hpp"
#include "kennel/codec/encoder.hpp"
#include "kennel/codec/signature.hpp"

#include <tuple>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// Its elements, one after the other.
template <class... Elements>
struct Codec<std::tuple<Elements...>> {
    using Tuple = std::tuple<Elements...>;
    using Parts = CodecParts<Elements...>;

    static void encode(const Tuple& tuple, [[maybe_unused]] Encoder& encoder) {
        std::apply([&](const Elements&... elements) { (encoder.write(elements), ...); }, tuple);
    }

    static Tuple decode([[maybe_unused]] Decoder& decoder) { return Tuple{decoder.read<Elements>()...}; }

    static void describe(Signature& signature) { signature.add<Elements...>("tuple"); }
};

/// Its two elements, one after the other: a pair is a tuple of two.
template <class First, class Second>
struct Codec<std::pair<First, Second>> {
    using Parts = CodecParts<First, Second>;

    static void encode(const std::pair<First, Second>& pair, Encoder& encoder) {
        encoder.write(pair.first);
        encoder.write(pair.second);
    }

    static std::pair<First, Second> decode(Decoder& decoder) {
        return std::pair<First, Second>{decoder.read<First>(), decoder.read<Second>()};
    }

    static void describe(Signature& signature) { signature.add<First, Second>("tuple"); }
};

KENNEL_NAMESPACE_END

#endif
