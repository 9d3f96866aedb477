#ifndef KENNEL_CODEC_AGGREGATE_CODEC_HPP
#define KENNEL_CODEC_AGGREGATE_CODEC_HPP

#include "kennel/codec/aggregate_members.hpp"
#include "kennel/codec/decoder.hpp"
#include "kennel/codec/encoder.hpp"
#include "kennel/codec/signature.hpp"

#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

KENNEL_NAMESPACE_BEGIN

namespace detail {

struct MemberTypes {
    template <class... Members>
    CodecParts<Members...> operator()(const Members&...) const {
        return {};
    }
};

template <class Type>
using MemberTypesOf = decltype(visit_members(std::declval<const Type&>(), MemberTypes()));

} // namespace detail

/// A plain struct of up to 24 members: these, one after the other, in their order.
///
/// It must be assignable and have no base class, and no member that is an array in the manner of C, a union or a
/// reference. The name of the struct and the types of its members are part of the description; the names of the members
/// are not, nor is the file in whose unnamed namespace it is.
template <detail::CountedAggregate Type>
struct Codec<Type> {
    using Members = detail::MemberTypesOf<Type>;

    static void encode(const Type& value, [[maybe_unused]] Encoder& encoder) {
        detail::visit_members(value, [&](const auto&... members) { (encoder.write(members), ...); });
    }

    static Type decode(Decoder& decoder) { return decode_members(decoder, Members()); }

    static void describe(Signature& signature) {
        signature.add(std::string("struct ") + typeid(Type).name(), Members());
    }

private:
    template <class... Types>
    static Type decode_members([[maybe_unused]] Decoder& decoder, CodecParts<Types...>) {
        return Type{decoder.read<Types>()...};
    }
};

KENNEL_NAMESPACE_END

#endif
