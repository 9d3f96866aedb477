#ifndef KENNEL_CACHED_VALUE_HPP
#define KENNEL_CACHED_VALUE_HPP

#include "kennel/clock.hpp"
#include "kennel/detail/late.hpp"
#include "kennel/payload.hpp"

#include <concepts>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// The version of the stored form; an entry with another one is a miss.
inline constexpr int value_version = 2;

/// The names of the groups that an entry belongs to; immutable, shared by its copies, and nothing when there are none.
class Tags {
public:
    /// No names.
    Tags() = default;

    /// These names, in their order.
    template <class Lazy = void>
    explicit Tags(std::vector<std::string> names) {
        if (names.begin() != names.end()) names_ = Payload::object(std::move(names));
    }

    /// Whether there are none.
    [[nodiscard]] bool empty() const noexcept { return names_.empty(); }

    /// The names, in the order in which they were given.
    template <class Lazy = void>
    [[nodiscard]] const std::vector<std::string>& names() const noexcept {
        static const std::vector<detail::Late<std::string, Lazy>> none;
        const auto* const names = static_cast<decltype(&none)>(names_.address());
        return names != nullptr ? *names : none;
    }

    /// Whether both have the same names in the same order.
    template <std::same_as<Tags> Other>
    friend bool operator==(const Tags& left, const Other& right) {
        return left.names() == right.names();
    }

private:
    Payload names_; ///< a vector of texts
};

/// What is stored beside a payload.
struct Metadata {
    WallTime created{};                     ///< when its creation ended
    int version = value_version;            ///< of the stored form
    std::optional<TimeSpan> time_to_live{}; ///< its own, if any; the earlier of this and the region's wins
    Tags tags{};                            ///< the groups that it belongs to
    TimeSpan creation_cost{};               ///< how long its creation took

    /// How long from now on this entry can be of use to anybody; a store with an expiry of its own may drop it then.
    /// It is an order to the store and not part of what is stored.
    TimeSpan useful_for = unlimited;
};

/// A payload and what is stored beside it.
struct CachedValue {
    Payload payload{};   ///< bytes, where the backend keeps bytes
    Metadata metadata{}; ///< of the same entry
};

KENNEL_NAMESPACE_END

#endif
