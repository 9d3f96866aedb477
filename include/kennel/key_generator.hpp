#ifndef KENNEL_KEY_GENERATOR_HPP
#define KENNEL_KEY_GENERATOR_HPP

#include "kennel/detail/joined.hpp"
#include "kennel/detail/late.hpp"
#include "kennel/errors.hpp"
#include "kennel/key_encoder.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// What a wrapped function is called in its keys.
struct FunctionName {
    std::string name{};                                      ///< as Python would say `package.module:function`
    std::optional<std::string> key_namespace = std::nullopt; ///< tells functions of one name apart
};

/// Makes the key of one call; `arguments` are as `key_text` writes them.
using FunctionKeyGenerator =
    std::function<std::string(const FunctionName& function, std::span<const std::string> arguments)>;

/// Makes one key for each of the `arguments`, in their order.
using FunctionMultiKeyGenerator =
    std::function<std::vector<std::string>(const FunctionName& function, std::span<const std::string> arguments)>;

namespace detail {

inline std::string python_prefix(const FunctionName& function) {
    std::string prefix = function.name;
    prefix.append(1, '|');
    if (function.key_namespace) prefix.append(*function.key_namespace).append(1, '|');
    return prefix;
}

inline void append_escaped_name(std::string& prefix, std::string_view name) {
    for (const char symbol : name) {
        if (symbol == '|' || symbol == '%') append_percent_escape(prefix, symbol);
        else prefix += symbol;
    }
    prefix += '|';
}

/// About how long the text of an argument will be; rather too little, for a short key needs no memory.
template <class Type>
std::size_t expected_length(const Type& argument) {
    if constexpr (key_shape<Type>() == KeyShape::text) return text_of(argument).size() + 1;
    else return 2;
}

} // namespace detail

/// What all keys of a function begin with: `name|` or `name|namespace|`. Different functions never have the same keys:
/// a `|` or `%` in the names is written `%7C` or `%25`.
[[nodiscard]] inline std::string key_prefix(const FunctionName& function) {
    std::string prefix;
    detail::append_escaped_name(prefix, function.name);
    if (function.key_namespace) detail::append_escaped_name(prefix, *function.key_namespace);
    return prefix;
}

/// The key of a call unless told otherwise: `prefix`, then the arguments as `append_key_argument` writes them, with a
/// blank between two. Different arguments of the same types never give the same key.
template <class... Args>
[[nodiscard]] std::string make_key(std::string_view prefix, const Args&... args) {
    std::string key;
    key.reserve((prefix.size() + ... + detail::expected_length(args)));
    key += prefix;
    [[maybe_unused]] std::string_view separator;
    ((key += separator, separator = " ", append_key_argument(key, args)), ...);
    return key;
}

/// dogpile's default, byte for byte: `name|namespace|a1 a2`, for stores that are shared with Python programs. Different
/// arguments may share a key: the texts `a b` and `c`, and `a` and `b c`.
[[nodiscard]] inline std::string function_key_generator(const FunctionName& function,
                                                        std::span<const std::string> arguments) {
    std::string key = detail::python_prefix(function);
    for (const std::string& argument : arguments)
        key.append(&argument == &arguments.front() ? "" : " ").append(argument);
    return key;
}

/// dogpile's default for functions of many keys: `name|namespace|argument` for each argument.
[[nodiscard]] inline std::vector<std::string> function_multi_key_generator(const FunctionName& function,
                                                                           std::span<const std::string> arguments) {
    const std::string prefix = detail::python_prefix(function);
    std::vector<std::string> keys;
    keys.reserve(arguments.size());
    for (const std::string& argument : arguments) keys.push_back(detail::joined({prefix, argument}));
    return keys;
}

/// dogpile's generator for calls by name: as `function_key_generator`, with the arguments in the order of their
/// parameters' names. Throws `ValidationError` when a name is there twice, and the generator when it gets another
/// number of arguments.
template <class Lazy = void>
[[nodiscard]] FunctionKeyGenerator kwarg_function_key_generator(const std::vector<std::string>& parameter_names) {
    std::vector<detail::Late<std::size_t, Lazy>> order;
    for (std::size_t index = 0; index != parameter_names.size(); ++index) {
        const std::string& name = parameter_names[index];
        auto place = order.begin();
        while (place != order.end() && parameter_names[*place] < name) ++place;
        if (place != order.end() && parameter_names[*place] == name)
            throw ValidationError(
                detail::joined({"kwarg_function_key_generator: parameter '", name, "' is named twice"}));
        order.insert(place, index);
    }
    return [order = std::move(order)](const FunctionName& function, std::span<const std::string> arguments) {
        if (arguments.size() != order.size())
            throw ValidationError(detail::joined({function.name, ": kwarg_function_key_generator was given ",
                                                  std::to_string(order.size()), " parameter names, but the call has ",
                                                  std::to_string(arguments.size()), " arguments"}));
        std::vector<detail::Late<std::string, Lazy>> sorted;
        sorted.reserve(order.size());
        for (const std::size_t index : order) sorted.push_back(arguments[index]);
        return function_key_generator(function, sorted);
    };
}

KENNEL_NAMESPACE_END

#endif
