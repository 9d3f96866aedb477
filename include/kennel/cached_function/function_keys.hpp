#ifndef KENNEL_CACHED_FUNCTION_FUNCTION_KEYS_HPP
#define KENNEL_CACHED_FUNCTION_FUNCTION_KEYS_HPP

#include "kennel/function_options.hpp"

#include <array>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Makes the keys of a wrapped function from its arguments: by its own key function, by a generator, or by their
/// values.
template <class KeyFunction, class... Args>
class FunctionKeys {
public:
    FunctionKeys(std::string name, std::optional<std::string> key_namespace, FunctionKeyGenerator generator,
                 KeyFunction key_function)
        : name_{std::move(name), std::move(key_namespace)}, prefix_(key_prefix(name_)),
          generator_(std::move(generator)), key_function_(std::move(key_function)) {
        if constexpr (std::is_same_v<KeyFunction, DefaultKey>) (require_key_argument<Args>(), ...);
    }

    [[nodiscard]] std::string operator()(const Args&... args) const {
        if constexpr (!std::is_same_v<KeyFunction, DefaultKey>) {
            return prefix_ + std::string(key_function_(args...));
        } else if constexpr ((KeyArgument<Args> && ...)) {
            if (!generator_) return make_key(prefix_, args...);
            const std::array<std::string, sizeof...(Args)> texts{key_text(args)...};
            return generator_(name_, texts);
        } else {
            return {}; // refused above
        }
    }

private:
    FunctionName name_;
    std::string prefix_;
    FunctionKeyGenerator generator_;
    KeyFunction key_function_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
