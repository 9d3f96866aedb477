#ifndef KENNEL_REGION_TEXT_OF_HPP
#define KENNEL_REGION_TEXT_OF_HPP

#include "kennel/version.hpp"

#include <exception>
#include <string>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What an exception says; nothing for none.
[[nodiscard]] inline std::string text_of(const std::exception_ptr& error) {
    try {
        if (error != nullptr) std::rethrow_exception(error);
    } catch (const std::exception& exception) {
        return exception.what();
    } catch (...) {
        return "an exception that is not a std::exception";
    }
    return {};
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
