#ifndef KENNEL_LOOKUP_HPP
#define KENNEL_LOOKUP_HPP

#include "kennel/clock.hpp"
#include "kennel/detail/joined.hpp"
#include "kennel/errors.hpp"

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// How a look-up was answered.
enum class LookupState {
    hit,   ///< with a fresh value
    stale, ///< with a value that has expired or was soft-invalidated
    miss,  ///< with nothing that could be served
    error, ///< not at all: the backend could not be read
};

/// The name of the state, such as "hit".
[[nodiscard]] inline std::string_view to_string(LookupState state) {
    switch (state) {
    case LookupState::hit: return "hit";
    case LookupState::stale: return "stale";
    case LookupState::miss: return "miss";
    case LookupState::error: return "error";
    }
    return "error";
}

/// The answer to a look-up: how it was answered, by which backend, and the value if there is one.
///
/// It converts to no `bool`, because "found" and "true" are different questions, and its text never shows the value.
template <class Value>
class Lookup {
public:
    /// What is known of an answer beside its value; see the functions of these names.
    struct Answer {
        LookupState state = LookupState::miss;
        TimeSpan age{};
        WallTime created{};
        std::string backend{};
        std::string error{};
    };

    /// `CacheRegion::look_up` calls it, and so may tests.
    Lookup(Answer answer, std::optional<Value> value) : answer_(std::move(answer)), value_(std::move(value)) {}

    /// How the look-up was answered.
    [[nodiscard]] LookupState state() const noexcept { return answer_.state; }

    /// Whether that is with a fresh value, with an old one, with none, or not at all.
    [[nodiscard]] bool is_hit() const noexcept { return answer_.state == LookupState::hit; }
    [[nodiscard]] bool is_stale() const noexcept { return answer_.state == LookupState::stale; }
    [[nodiscard]] bool is_miss() const noexcept { return answer_.state == LookupState::miss; }
    [[nodiscard]] bool is_error() const noexcept { return answer_.state == LookupState::error; }

    /// Whether there is a value, fresh or stale.
    [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }

    /// The value. Throws `DogpileCacheException` when there is none.
    [[nodiscard]] const Value& value() const& { return checked(), *value_; }
    [[nodiscard]] Value&& value() && { return checked(), *std::move(value_); }

    /// The value, or `fallback` when there is none.
    template <class Default>
    [[nodiscard]] Value value_or(Default&& fallback) const& {
        return value_.value_or(std::forward<Default>(fallback));
    }

    /// How old the entry is; zero when there is none.
    [[nodiscard]] TimeSpan age() const noexcept { return answer_.age; }

    /// When the entry was created; the epoch when there is none.
    [[nodiscard]] WallTime created() const noexcept { return answer_.created; }

    /// The name under which the region was given its backend.
    [[nodiscard]] const std::string& backend() const noexcept { return answer_.backend; }

    /// What the backend said when it could not be read, or of which type the entry is when that is not the one asked
    /// for.
    [[nodiscard]] const std::string& error() const noexcept { return answer_.error; }

    /// "hit from memory, 1.500000 s old": everything but the value.
    [[nodiscard]] friend std::string to_string(const Lookup& lookup) {
        std::string text = detail::joined({to_string(lookup.state()), " from ", lookup.backend()});
        if (lookup.has_value()) text.append(", ").append(std::to_string(lookup.age().seconds())).append(" s old");
        if (!lookup.error().empty()) text.append(": ").append(lookup.error());
        return text;
    }

    explicit operator bool() const = delete;

private:
    void checked() const {
        if (!value_) throw DogpileCacheException(detail::joined({"a look-up (", to_string(*this), ") has no value"}));
    }

    Answer answer_;
    std::optional<Value> value_;
};

/// A value and when it was created.
template <class Value>
struct ValueMetadata {
    Value value;
    WallTime created; ///< when its creation ended
    TimeSpan age;     ///< how long ago that is
};

KENNEL_NAMESPACE_END

#endif
