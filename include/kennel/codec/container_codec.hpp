#ifndef KENNEL_CODEC_CONTAINER_CODEC_HPP
#define KENNEL_CODEC_CONTAINER_CODEC_HPP

#include "kennel/codec/container_kinds.hpp"
#include "kennel/codec/decoder.hpp"
#include "kennel/codec/encoder.hpp"
#include "kennel/codec/signature.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// Text or any other bytes: their number, then they themselves.
template <class Allocator>
struct Codec<std::basic_string<char, std::char_traits<char>, Allocator>> {
    using Text = std::basic_string<char, std::char_traits<char>, Allocator>;
    using Parts = CodecParts<>;

    static void encode(const Text& text, Encoder& encoder) {
        encoder.write_length(text.size());
        encoder.write_bytes(text);
    }

    static Text decode(Decoder& decoder) { return Text(decoder.read_bytes(decoder.read_length())); }

    static void describe(Signature& signature) { signature.add("text"); }
};

/// The codec of containers that are filled at their end: the number of elements, then each of them.
///
/// Derive from it to make another such container known: `struct kennel::Codec<Ring<Type>> : SequenceCodec<Ring<Type>>
/// {}`.
template <class Container>
struct SequenceCodec {
    using Element = typename Container::value_type;
    using Parts = CodecParts<Element>;

    static void encode(const Container& container, Encoder& encoder) {
        encoder.write_length(container.size());
        for (const Element& element : container) encoder.write(element);
    }

    static Container decode(Decoder& decoder) {
        Container container;
        const std::size_t count = decoder.read_length();
        const std::size_t likely = 1 + decoder.remaining() / sizeof(Element);
        if constexpr (requires { container.reserve(count); }) container.reserve(count < likely ? count : likely);
        for (std::size_t index = 0; index != count; ++index) container.push_back(decoder.read<Element>());
        return container;
    }

    static void describe(Signature& signature) { signature.add<Element>("list"); }
};

/// The codec of sets: the number of elements, then each of them in the order of the set. A repeated element is refused.
template <class Container>
struct SetCodec {
    using Element = typename Container::value_type;
    using Parts = CodecParts<Element>;

    static void encode(const Container& container, Encoder& encoder) {
        encoder.write_length(container.size());
        for (const Element& element : container) encoder.write(element);
    }

    static Container decode(Decoder& decoder) {
        Container container;
        const std::size_t count = decoder.read_length();
        for (std::size_t index = 0; index != count; ++index) {
            const auto [element, is_new] = container.insert(decoder.read<Element>());
            if (!is_new) decoder.refuse("an element of a set is repeated");
            if (detail::is_overcrowded(container, *element)) decoder.refuse("too many elements share a hash");
        }
        return container;
    }

    static void describe(Signature& signature) { signature.add<Element>("set"); }
};

/// The codec of maps: the number of entries, then key and value of each in the order of the map. A repeated key is
/// refused.
template <class Container>
struct MapCodec {
    using Key = typename Container::key_type;
    using Value = typename Container::mapped_type;
    using Parts = CodecParts<Key, Value>;

    static void encode(const Container& container, Encoder& encoder) {
        encoder.write_length(container.size());
        for (const auto& [key, value] : container) {
            encoder.write(key);
            encoder.write(value);
        }
    }

    static Container decode(Decoder& decoder) {
        Container container;
        const std::size_t count = decoder.read_length();
        for (std::size_t index = 0; index != count; ++index) {
            Key key = decoder.read<Key>();
            const auto [entry, is_new] = container.emplace(std::move(key), decoder.read<Value>());
            if (!is_new) decoder.refuse("a key of a map is repeated");
            if (detail::is_overcrowded(container, entry->first)) decoder.refuse("too many keys share a hash");
        }
        return container;
    }

    static void describe(Signature& signature) { signature.add<Key, Value>("map"); }
};

template <class Type>
    requires detail::is_sequence<Type>
struct Codec<Type> : SequenceCodec<Type> {};

template <class Type>
    requires detail::is_set<Type>
struct Codec<Type> : SetCodec<Type> {};

template <class Type>
    requires detail::is_map<Type>
struct Codec<Type> : MapCodec<Type> {};

/// A fixed number of elements, one after the other.
template <class Element, std::size_t size>
    requires std::default_initializable<Element>
struct Codec<std::array<Element, size>> {
    using Parts = CodecParts<Element>;

    static void encode(const std::array<Element, size>& array, Encoder& encoder) {
        for (const Element& element : array) encoder.write(element);
    }

    static std::array<Element, size> decode(Decoder& decoder) {
        std::array<Element, size> array{};
        for (Element& element : array) element = decoder.read<Element>();
        return array;
    }

    static void describe(Signature& signature) { signature.add<Element>("array " + std::to_string(size)); }
};

KENNEL_NAMESPACE_END

#endif
