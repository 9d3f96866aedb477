#ifndef KENNEL_CREATION_HPP
#define KENNEL_CREATION_HPP

#include "kennel/cached_value.hpp"

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// What a creator may know of its creation, and how it says what is to become of the value.
///
/// A creator takes a `Creation&` when it wants one; it is valid during the creator's call and used by one thread.
class Creation {
public:
    /// What is known before the creator runs.
    struct Circumstances {
        std::string_view key;              ///< as the caller wrote it
        const Clock* clock;                ///< on which `deadline` is meant; never null
        SteadyTime deadline = no_deadline; ///< when the caller stops waiting
        Payload previous{};                ///< the value that is replaced; empty when there is none
        TimeSpan previous_age{};           ///< how old that is
    };

    /// Regions make these, and tests of creators.
    explicit Creation(Circumstances circumstances) : circumstances_(std::move(circumstances)) {}
    Creation(const Creation&) = delete;
    Creation& operator=(const Creation&) = delete;

    /// The key as the caller wrote it.
    [[nodiscard]] std::string_view key() const noexcept { return circumstances_.key; }

    /// Gives the entry a time to live of its own; the earlier of this and the region's expiration time wins.
    Creation& expire_after(TimeSpan span) {
        time_to_live_ = span;
        return *this;
    }

    /// The value goes to everybody who waits for it, and is then forgotten.
    Creation& do_not_store() {
        is_to_be_stored_ = false;
        return *this;
    }

    /// Makes the entry a member of the group `name`.
    template <std::convertible_to<std::string> Name>
    Creation& tag(Name name) {
        detail::Late<std::string, Name> text(std::move(name));
        for (const auto& known : tags_)
            if (known == text) return *this;
        tags_.push_back(std::move(text));
        return *this;
    }

    /// The value that this creation replaces, for a conditional refresh; null when there is none or it is not a `Type`.
    template <class Type>
    [[nodiscard]] const Type* previous() const noexcept {
        return circumstances_.previous.get_if<Type>();
    }

    /// How old the previous value is; zero when there is none.
    [[nodiscard]] TimeSpan previous_age() const noexcept { return circumstances_.previous_age; }

    /// When the caller stops waiting for the value; nothing when it waits as long as it takes.
    template <class Lazy = void>
    [[nodiscard]] std::optional<detail::Late<SteadyTime, Lazy>> deadline() const noexcept {
        if (circumstances_.deadline == no_deadline) return std::nullopt;
        return circumstances_.deadline;
    }

    /// The time that is left until the deadline.
    [[nodiscard]] TimeSpan time_left() const {
        if (circumstances_.deadline == no_deadline) return unlimited;
        const auto left = circumstances_.deadline - circumstances_.clock->steady_now();
        return left.count() > 0 ? left : TimeSpan::Nanoseconds(0);
    }

    /// Whether `do_not_store` has not been called.
    [[nodiscard]] bool is_to_be_stored() const noexcept { return is_to_be_stored_; }

    /// What `expire_after` was given last; nothing when it has not been called.
    [[nodiscard]] std::optional<TimeSpan> time_to_live() const noexcept { return time_to_live_; }

    /// The groups that `tag` has named.
    template <class Lazy = void>
    [[nodiscard]] Tags tags() const {
        return Tags(tags_);
    }

private:
    Circumstances circumstances_;
    std::optional<TimeSpan> time_to_live_;
    std::vector<std::string> tags_;
    bool is_to_be_stored_ = true;
};

KENNEL_NAMESPACE_END

#endif
