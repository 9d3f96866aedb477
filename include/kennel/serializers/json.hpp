#ifndef KENNEL_SERIALIZERS_JSON_HPP
#define KENNEL_SERIALIZERS_JSON_HPP

#include "kennel/serializers/json/json_containers.hpp"
#include "kennel/serializers/json/json_form.hpp"
#include "kennel/serializers/json/json_nullable.hpp"
#include "kennel/serializers/json/json_tree.hpp"

#include <exception>
#include <new>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

/// A type whose values `JsonSerializer` turns into JSON and back.
template <class Type>
concept JsonSerializable = detail::is_json_type<Type>;

/// Turns values into compact JSON in UTF-8 and back, so that programs in other languages read them and write them.
///
/// It knows `nlohmann::json`, text, truth values, numbers, enumerations (as integers, unless they have functions of
/// their own), the standard containers, tuples, optionals and shared pointers (as the value or null) of these, and
/// every type with `to_json` and `from_json`, for example by `NLOHMANN_DEFINE_TYPE_INTRUSIVE`. A map from text is an
/// object, any other an array of pairs.
///
/// Reading is strict: an integer is not read from a fraction or a truth value, a number not from text, and everything
/// must be in range. That holds within a type with `from_json`, too: what was read is turned into JSON once more, by
/// its `to_json`, and a number that does not come out as it went in is refused; all else is what that function makes of
/// it. Of repeated names in an object the last counts.
class JsonSerializer {
public:
    /// What to do about a type that it does not know, for error messages.
    static constexpr std::string_view remedy =
        "give the type to_json and from_json, for example by NLOHMANN_DEFINE_TYPE_INTRUSIVE, or the region a serializer that knows it";

    /// Throws `SerializationError` for what JSON cannot express: numbers that are not finite, text that is not UTF-8,
    /// null within an optional, and values nested more than 64 levels deep.
    template <JsonSerializable Type>
    [[nodiscard]] std::string serialize(const Type& value) const {
        try {
            const nlohmann::json tree = detail::JsonForm<Type>::write(value);
            detail::check_json(tree);
            return tree.dump();
        } catch (const nlohmann::json::type_error& error) {
            constexpr int invalid_utf8 = 316;
            throw SerializationError(error.id == invalid_utf8 ? "in JSON, text must be valid UTF-8"
                                                              : "the value's to_json failed");
        } catch (const nlohmann::json::exception&) {
            throw SerializationError("the value's to_json failed");
        }
    }

    /// Throws `CantDeserializeException` for bytes that are not JSON, or whose JSON is not a `Type`.
    template <JsonSerializable Type>
    [[nodiscard]] Type deserialize(std::string_view bytes) const {
        const nlohmann::json tree = detail::parse_json(bytes);
        try {
            return detail::JsonForm<Type>::read(tree);
        } catch (const CantDeserializeException&) {
            throw;
        } catch (const std::bad_alloc&) {
            throw;
        } catch (const std::exception&) {
            detail::refuse_json("the type's from_json does not take it");
        }
    }
};

KENNEL_NAMESPACE_END

#endif
