#ifndef KENNEL_CACHED_MULTI_FUNCTION_MULTI_KEYS_HPP
#define KENNEL_CACHED_MULTI_FUNCTION_MULTI_KEYS_HPP

#include "kennel/function_options.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The argument type of a function of many keys, which takes a sequence of them.
template <class Parameters>
struct MultiArgument;
template <class Sequence>
    requires is_many_in_order<std::remove_cvref_t<Sequence>>
struct MultiArgument<TypeList<Sequence>> {
    using type = std::remove_cv_t<typename std::remove_cvref_t<Sequence>::value_type>;
};

template <class Function>
inline constexpr bool is_function_of_many = has_shape<void, Function> && requires {
    typename MultiArgument<typename ShapeFor<void, Function>::Parameters>::type;
};

/// Says at compile time what a function of many arguments takes.
template <class Function>
void require_function_of_many() {
    static_assert(is_function_of_many<Function>,
                  "a function of many arguments takes them as const std::vector<Argument>&, and before them a "
                  "kennel::Creation& if it wants one; wrap a lambda around one that is overloaded or generic");
}

inline void require_as_many(std::size_t made, std::size_t wanted) {
    if (made != wanted)
        throw ValidationError(
            joined({"a function of many keys was called with ", std::to_string(wanted), " arguments and returned ",
                    std::to_string(made), " values: return one for each, or a map of those that there are"}));
}

/// The keys of some arguments, in their order.
template <class Argument>
class ArgumentKeys {
public:
    explicit ArgumentKeys(std::vector<std::string> keys) : keys_(std::move(keys)) {}

    [[nodiscard]] const std::vector<std::string>& keys() const noexcept { return keys_; }

    /// The arguments that have these keys.
    [[nodiscard]] std::vector<Argument> arguments(const std::vector<std::string>& keys,
                                                  const std::vector<Argument>& all) const {
        std::map<Late<std::string_view, Argument>, std::size_t> positions;
        for (std::size_t position = 0; position != keys_.size(); ++position)
            positions.emplace(keys_[position], position);
        std::vector<Argument> chosen;
        chosen.reserve(keys.size());
        for (const std::string& key : keys) chosen.push_back(all[positions.at(key)]);
        return chosen;
    }

    /// Values by argument as values by key. Throws `ValidationError` for an argument that was not asked for.
    template <class Value, class Map>
    [[nodiscard]] std::map<std::string, Value> by_key(Map& values, const std::vector<Argument>& all) const {
        std::map<Late<std::string, Argument>, std::size_t> positions;
        for (std::size_t position = 0; position != all.size(); ++position)
            positions.emplace(make_key({}, all[position]), position);
        std::map<Late<std::string, Argument>, Value> keyed;
        for (auto& [argument, value] : values) {
            const auto found = positions.find(make_key({}, argument));
            if (found == positions.end())
                throw ValidationError(
                    "a function of many keys returned a value for an argument that it was not asked for");
            keyed.emplace(keys_[found->second], std::move(value));
        }
        return keyed;
    }

private:
    std::vector<std::string> keys_;
};

/// Makes the keys of a function of many keys: by a generator, or `name|argument` for each.
template <class Argument>
class MultiKeys {
public:
    MultiKeys(FunctionName name, FunctionMultiKeyGenerator generator)
        : name_(std::move(name)), prefix_(key_prefix(name_)), generator_(std::move(generator)) {
        require_key_argument<Argument>();
    }

    [[nodiscard]] ArgumentKeys<Argument> operator()(const std::vector<Argument>& arguments) const {
        std::vector<Late<std::string, Argument>> keys;
        if constexpr (KeyArgument<Argument>) {
            keys.reserve(arguments.size());
            if (!generator_) {
                for (const Argument& argument : arguments) keys.push_back(make_key(prefix_, argument));
            } else {
                std::vector<Late<std::string, Argument>> texts;
                for (const Argument& argument : arguments) texts.push_back(key_text(argument));
                keys = generator_(name_, texts);
                require_as_many(keys.size(), arguments.size());
            }
        }
        return ArgumentKeys<Argument>(std::move(keys));
    }

private:
    FunctionName name_;
    std::string prefix_;
    FunctionMultiKeyGenerator generator_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
