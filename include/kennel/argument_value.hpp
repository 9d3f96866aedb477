#ifndef KENNEL_ARGUMENT_VALUE_HPP
#define KENNEL_ARGUMENT_VALUE_HPP

#include "kennel/detail/joined.hpp"
#include "kennel/detail/late.hpp"
#include "kennel/detail/type_name.hpp"
#include "kennel/payload.hpp"
#include "kennel/time_span.hpp"

#include <charconv>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

template <class Type>
inline constexpr bool is_std_function = false;
template <class Signature>
inline constexpr bool is_std_function<std::function<Signature>> = true;

/// What can be called, as far as that is seen without a call: not an object whose call operator is overloaded or
/// generic.
template <class Type>
concept PlainFunction = std::is_function_v<std::remove_pointer_t<Type>> || requires { &Type::operator(); };

} // namespace detail

/// One setting: null, a bool, a number, text, a list of texts, or an object that is handed over as it is.
///
/// Text turns into whatever type is asked for, so a setting from a file or the environment needs no types: "300" is
/// text for who asks for text (a password) and a number for who asks for a number. `Lazy` is void (see
/// docs/compile_time.md).
template <class Lazy>
class BasicArgumentValue {
public:
    /// A list of texts.
    using List = std::vector<detail::Late<std::string, Lazy>>;

    /// Null.
    BasicArgumentValue() = default;
    BasicArgumentValue(std::nullptr_t) {} // NOLINT(*-explicit-*): a setting is written as a plain value

    /// A text, a list of texts, or a length of time.
    BasicArgumentValue(const char* text) : value_(Payload::object(std::string(text))) {}      // NOLINT(*-explicit-*)
    BasicArgumentValue(std::string_view text) : value_(Payload::object(std::string(text))) {} // NOLINT(*-explicit-*)
    BasicArgumentValue(std::string text) : value_(Payload::object(std::move(text))) {}        // NOLINT(*-explicit-*)
    BasicArgumentValue(List texts) : value_(Payload::object(std::move(texts))) {}             // NOLINT(*-explicit-*)
    BasicArgumentValue(TimeSpan span) : value_(Payload::object(span)) {}                      // NOLINT(*-explicit-*)

    /// A length of time.
    template <class Rep, class Period>
    BasicArgumentValue(std::chrono::duration<Rep, Period> span) // NOLINT(*-explicit-*)
        : value_(Payload::object(TimeSpan(span))) {}

    /// A flag.
    BasicArgumentValue(std::same_as<bool> auto flag) : value_(Payload::object(flag)) {} // NOLINT(*-explicit-*)

    /// A whole number. Throws `ValidationError` for an integer that 64 bits with a sign cannot hold.
    template <std::integral Number>
        requires(!std::same_as<Number, bool>)
    BasicArgumentValue(Number number) // NOLINT(*-explicit-*)
        : value_(Payload::object(checked_integer(number))) {}

    /// A number with a fraction.
    BasicArgumentValue(std::floating_point auto number) // NOLINT(*-explicit-*)
        : value_(Payload::object(static_cast<double>(number))) {}

    /// A function of the very type that the backend asks for, such as `MemoryWeigher`: an object like any other.
    template <detail::PlainFunction Function>
    BasicArgumentValue(Function function) { // NOLINT(*-explicit-*)
        constexpr bool has_type_to_ask_for = detail::is_std_function<Function>;
        static_assert(has_type_to_ask_for,
                      "a function among the arguments needs the type by which it is asked for: write "
                      "kennel::ArgumentValue::object(kennel::MemoryWeigher(f)), or with another "
                      "std::function that the backend or proxy names");
        if constexpr (has_type_to_ask_for) value_ = Payload::object(std::move(function));
    }

    /// An object that the backend is to use, for example a `std::shared_ptr` to a connection pool.
    template <class Object>
    [[nodiscard]] static BasicArgumentValue object(Object&& object) {
        BasicArgumentValue value;
        value.value_ = Payload::object(std::forward<Object>(object));
        return value;
    }

    /// Whether there is nothing, as if the setting were left out.
    [[nodiscard]] bool is_null() const noexcept { return value_.empty(); }

    /// This value as a `Type`; nothing when it is not one.
    template <class Type>
    [[nodiscard]] std::optional<Type> as() const;

    /// What a `Type` looks like, for error messages.
    template <class Type>
    [[nodiscard]] static std::string expectation();

    /// For error messages: the value in quotes, or what it is.
    [[nodiscard]] std::string text() const;

private:
    template <class Type>
    using Maybe = std::optional<detail::Late<Type, Lazy>>;

    template <std::integral Number>
    static std::int64_t checked_integer(Number number) {
        if (!std::in_range<std::int64_t>(number))
            throw ValidationError("an integer argument is larger than 64 bits with sign can hold");
        return static_cast<std::int64_t>(number);
    }

    template <class Number>
    [[nodiscard]] std::optional<Number> parsed() const {
        const auto* const text = value_.get_if<std::string>();
        if (text == nullptr) return std::nullopt;
        const bool has_plus = text->starts_with('+') && !text->starts_with("+-");
        const char* const begin = text->data() + (has_plus ? 1 : 0);
        const char* const end = text->data() + text->size();
        Number number{};
        const auto [after, error] = std::from_chars(begin, end, number);
        if (error != std::errc() || after != end) return std::nullopt;
        return number;
    }

    [[nodiscard]] Maybe<bool> as_bool() const;
    [[nodiscard]] Maybe<std::int64_t> as_integer() const;
    [[nodiscard]] Maybe<double> as_double() const;
    [[nodiscard]] Maybe<std::string> as_text() const;
    [[nodiscard]] Maybe<TimeSpan> as_time_span() const;
    [[nodiscard]] Maybe<List> as_list() const;

    Payload value_; ///< empty for null
};

/// One setting; see `BasicArgumentValue`.
using ArgumentValue = BasicArgumentValue<void>;

template <class Lazy>
template <class Type>
std::optional<Type> BasicArgumentValue<Lazy>::as() const {
    if constexpr (std::same_as<Type, bool>) return as_bool();
    else if constexpr (std::same_as<Type, double>) return as_double();
    else if constexpr (std::same_as<Type, std::string>) return as_text();
    else if constexpr (std::same_as<Type, TimeSpan>) return as_time_span();
    else if constexpr (std::same_as<Type, List>) return as_list();
    else if constexpr (std::integral<Type>) {
        const auto number = as_integer();
        if (!number || !std::in_range<Type>(*number)) return std::nullopt;
        return static_cast<Type>(*number);
    } else {
        const Type* const object = value_.get_if<Type>();
        return object != nullptr ? std::optional<Type>(*object) : std::nullopt;
    }
}

template <class Lazy>
template <class Type>
std::string BasicArgumentValue<Lazy>::expectation() {
    if constexpr (std::same_as<Type, bool>) return "true or false";
    else if constexpr (std::same_as<Type, double>) return "a number";
    else if constexpr (std::same_as<Type, std::string>) return "text";
    else if constexpr (std::same_as<Type, TimeSpan>)
        return "a length of time (seconds, or text such as \"2h5m\" or \"unlimited\")";
    else if constexpr (std::same_as<Type, List>) return "a list";
    else if constexpr (std::integral<Type> && sizeof(Type) < sizeof(std::int64_t))
        return detail::joined({"a whole number from ", std::to_string((std::numeric_limits<Type>::min)()), " to ",
                               std::to_string((std::numeric_limits<Type>::max)())});
    else if constexpr (std::integral<Type>)
        return std::is_unsigned_v<Type> ? "a whole number of zero or more" : "a whole number";
    else return detail::joined({"an object of type ", detail::type_name<Type>()});
}

template <class Lazy>
auto BasicArgumentValue<Lazy>::as_bool() const -> Maybe<bool> {
    if (const bool* const flag = value_.get_if<bool>()) return *flag;
    const auto* const text = value_.get_if<std::string>();
    if (text == nullptr) return std::nullopt;
    if (*text == "true" || *text == "True" || *text == "TRUE") return true;
    if (*text == "false" || *text == "False" || *text == "FALSE") return false;
    return std::nullopt;
}

template <class Lazy>
auto BasicArgumentValue<Lazy>::as_integer() const -> Maybe<std::int64_t> {
    if (const auto* const number = value_.get_if<std::int64_t>()) return *number;
    return parsed<std::int64_t>();
}

template <class Lazy>
auto BasicArgumentValue<Lazy>::as_double() const -> Maybe<double> {
    if (const double* const number = value_.get_if<double>()) return *number;
    if (const auto* const number = value_.get_if<std::int64_t>()) return static_cast<double>(*number);
    return parsed<double>();
}

template <class Lazy>
auto BasicArgumentValue<Lazy>::as_text() const -> Maybe<std::string> {
    if (const auto* const text = value_.get_if<std::string>()) return *text;
    return std::nullopt;
}

template <class Lazy>
auto BasicArgumentValue<Lazy>::as_time_span() const -> Maybe<TimeSpan> {
    if (const auto* const span = value_.get_if<TimeSpan>()) return *span;
    try {
        if (const auto* const text = value_.get_if<std::string>()) return TimeSpan::parse(*text);
        if (const auto seconds = as_double()) return TimeSpan::from_seconds(*seconds);
    } catch (const ValidationError&) {
        return std::nullopt;
    }
    return std::nullopt;
}

template <class Lazy>
auto BasicArgumentValue<Lazy>::as_list() const -> Maybe<List> {
    if (const auto* const list = value_.get_if<List>()) return *list;
    if (const auto* const text = value_.get_if<std::string>()) return List{*text};
    return std::nullopt;
}

template <class Lazy>
std::string BasicArgumentValue<Lazy>::text() const {
    if (const auto* const text = value_.get_if<std::string>()) return detail::joined({"'", *text, "'"});
    if (const bool* const flag = value_.get_if<bool>()) return *flag ? "true" : "false";
    if (const auto* const number = value_.get_if<std::int64_t>()) return std::to_string(*number);
    if (const double* const number = value_.get_if<double>()) return std::to_string(*number);
    if (const auto* const span = value_.get_if<TimeSpan>()) {
        if (span->is_unlimited()) return "a length of time without end";
        char seconds[32];
        const char* const end = std::to_chars(seconds, seconds + sizeof seconds, span->seconds()).ptr;
        return detail::joined({"a length of time (", std::string_view(seconds, end), " s)"});
    }
    if ((value_.get_if<List>() != nullptr)) return "a list";
    return is_null() ? "null" : "an object";
}

KENNEL_NAMESPACE_END

#endif
