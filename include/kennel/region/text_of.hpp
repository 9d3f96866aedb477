#ifndef KENNEL_REGION_TEXT_OF_HPP
#define KENNEL_REGION_TEXT_OF_HPP

#include "kennel/detail/joined.hpp"

#include <exception>
#include <string>
#include <string_view>

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

/// What messages call the region of that name.
[[nodiscard]] inline std::string region_called(std::string_view name) {
    return name.empty() ? "a region without a name (RegionOptions::name)" : joined({"region '", name, "'"});
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
