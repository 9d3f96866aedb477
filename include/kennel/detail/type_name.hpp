#ifndef KENNEL_DETAIL_TYPE_NAME_HPP
#define KENNEL_DETAIL_TYPE_NAME_HPP

#include "kennel/version.hpp"

#include <cstddef>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What the compiler calls this function; the name of `Type` is in the middle.
template <class Type>
[[nodiscard]] constexpr const char* function_name() {
    return __PRETTY_FUNCTION__;
}

/// `name` without what is of interest only to the authors of the standard library and of Kennel.
template <class Text>
[[nodiscard]] Text simplified_type_name(Text name) {
    struct Change {
        std::string_view from;
        std::string_view to;
    };
    for (const Change& change : {Change{"std::__cxx11::", "std::"}, Change{"kennel::v0::", "kennel::"},
                                 Change{"> >", ">>"}, Change{"std::basic_string<char>", "std::string"},
                                 Change{"std::basic_string_view<char>", "std::string_view"}}) {
        std::size_t at = name.find(change.from);
        for (; at != Text::npos; at = name.find(change.from, at)) name.replace(at, change.from.size(), change.to);
    }
    return name;
}

/// The name of the type about which `function_name` has said `name`.
template <class Text = std::string>
[[nodiscard]] Text type_name_in(std::string_view name) {
    const std::string_view example = function_name<double>();
    const std::size_t before = example.find("double");
    return simplified_type_name(Text(name.substr(before, name.size() + 6 - example.size())));
}

/// The name of `Type` as its author would write it, for error messages: `std::vector<std::string>`, `shop::User`.
///
/// Compilers differ in details, so nothing but people may read it.
template <class Type>
[[nodiscard]] std::string type_name() {
    return type_name_in(function_name<Type>());
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
