#ifndef KENNEL_REGION_REQUESTS_HPP
#define KENNEL_REGION_REQUESTS_HPP

#include "kennel/creation.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What the region's untyped part asks of the typed caller of `get_or_create`.
class ValueRequest {
public:
    /// Takes the value out of a payload, object or bytes; false when it is not a value of the type asked for.
    [[nodiscard]] virtual bool take(const Payload& payload) = 0;

    /// Calls the creator and gives its value as an object.
    [[nodiscard]] virtual Payload create(Creation& creation) = 0;

    /// Whether `should_cache_fn` lets a created object be stored.
    [[nodiscard]] virtual bool is_to_be_stored(const Payload& object, std::string_view key) const = 0;

    /// The object as bytes.
    [[nodiscard]] virtual Payload serialized(const Payload& object) const = 0;

    /// The value of an entry as an object, for `Creation::previous`; empty when nobody will look at it.
    [[nodiscard]] virtual Payload previous(const Payload& payload) const = 0;

    /// A request that owns all that its creator needs, so that it may outlive the call; null when there can be none.
    [[nodiscard]] virtual std::unique_ptr<ValueRequest> detached() = 0;

    virtual ~ValueRequest() = default;
};

/// What the untyped part asks of the typed caller of `get_or_create_multi`; an index is a position among the call's
/// keys.
class MultiRequest {
public:
    /// Takes the value of a key out of a payload; false when it is not a value of the type asked for.
    [[nodiscard]] virtual bool take(std::size_t index, const Payload& payload) = 0;

    /// Forgets what was taken for a key, which turns out to have no value.
    virtual void take_nothing(std::size_t index) = 0;

    /// Whether the creator can say that a key has no value.
    [[nodiscard]] virtual bool knows_absence() const = 0;

    /// Calls the creator once for these keys; an empty payload for each key that has no value.
    [[nodiscard]] virtual std::vector<Payload> create(std::span<const std::size_t> indexes, Creation& creation) = 0;

    [[nodiscard]] virtual bool is_to_be_stored(const Payload& object, std::string_view key) const = 0;
    [[nodiscard]] virtual Payload serialized(const Payload& object) const = 0;

    virtual ~MultiRequest() = default;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
