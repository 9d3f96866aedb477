#ifndef KENNEL_TESTS_SUPPORT_MESSAGES_HPP
#define KENNEL_TESTS_SUPPORT_MESSAGES_HPP

#include <initializer_list>
#include <string>
#include <string_view>

namespace kennel::testing_support {

/// The text of the `Exception` that `action` throws; empty when it throws none.
template <class Exception, class Action>
[[nodiscard]] std::string message_of(Action&& action) {
    try {
        action();
    } catch (const Exception& error) {
        return error.what();
    }
    return {};
}

/// Whether all `parts` are in a text.
[[nodiscard]] inline bool mentions(std::string_view text, std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts)
        if (text.find(part) == std::string_view::npos) return false;
    return true;
}

} // namespace kennel::testing_support

#endif
