#ifndef KENNEL_DEFAULT_SERIALIZER_HPP
#define KENNEL_DEFAULT_SERIALIZER_HPP

#include "kennel/codec.hpp"
#include "kennel/serializer.hpp"

#include <cstddef>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// Turns values into a compact binary form that is the same on every platform: an eight-byte fingerprint of the type,
/// then the value by its `Codec`, all numbers with the lowest byte first.
///
/// It knows text, truth values, numbers, enumerations, times, the standard containers, tuples, optionals, variants,
/// shared pointers and plain structs of these, and every type with a `Codec` of its own. For any other type it is no
/// serializer: `SerializerFor<DefaultSerializer, Type>` is false. Bytes of one type are never read as a value of
/// another, where types of one name whose members have the same types are one: in other programs, or in unnamed
/// namespaces of other files.
class DefaultSerializer {
public:
    /// What to do about a type that it does not know, for error messages.
    static constexpr std::string_view remedy =
        "specialise kennel::Codec for the type, or give the region a serializer that knows it";

    /// Throws `SerializationError` for a value that is nested too deeply (or that its codec refuses).
    template <Encodable Type>
    [[nodiscard]] std::string serialize(const Type& value) const {
        Encoder encoder;
        encoder.write_number(fingerprint_of<Type>(), fingerprint_size);
        encoder.write(value);
        return std::move(encoder).take();
    }

    /// Throws `CantDeserializeException` for bytes that are not a `Type`, also when a codec reports it by another
    /// exception.
    template <Encodable Type>
    [[nodiscard]] Type deserialize(std::string_view bytes) const {
        Decoder decoder(bytes);
        if (decoder.read_number(fingerprint_size) != fingerprint_of<Type>()) decoder.refuse("they are of another type");
        try {
            Type value = decoder.read<Type>();
            decoder.finish();
            return value;
        } catch (const CantDeserializeException&) {
            throw;
        } catch (const std::bad_alloc&) {
            throw;
        } catch (const std::exception&) {
            decoder.refuse("its codec does not take them");
        }
    }

private:
    static constexpr std::size_t fingerprint_size = 8;
};

KENNEL_NAMESPACE_END

#endif
