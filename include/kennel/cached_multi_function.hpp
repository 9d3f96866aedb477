#ifndef KENNEL_CACHED_MULTI_FUNCTION_HPP
#define KENNEL_CACHED_MULTI_FUNCTION_HPP

#include "kennel/cache_region.hpp"
#include "kennel/cached_multi_function/multi_keys.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// A function of many arguments, each of whose values is kept in a region; made by
/// `CacheRegion::cache_multi_on_arguments`.
///
/// Called with arguments, it calls the original once with those whose values are not in the cache (and that nobody else
/// is creating), in the order of their keys. If the original returns a map, arguments that it leaves out are neither
/// stored nor returned. It is a handle; all members may be called from many threads at once.
template <class SerializerType, class Function>
class CachedMultiFunction {
    using Shape = detail::ShapeFor<void, Function>;

public:
    /// What the original takes a vector of.
    using Argument = typename detail::MultiArgument<typename Shape::Parameters>::type;

    /// What the original returns: a vector of values or a map of them by argument.
    using Result = typename Shape::Result;

    /// What is kept for one argument.
    using Value = detail::multi_value_t<Function>;

    /// `CacheRegion::cache_multi_on_arguments` calls it, which finds out the types.
    CachedMultiFunction(CacheRegion<SerializerType> region, detail::RegionState& region_state, std::string name,
                        Function function, FunctionOptions<Value> options) {
        const RegionOptions& region_options = region_state.options();
        detail::require_function(name, function);
        FunctionMultiKeyGenerator& generator = options.function_multi_key_generator;
        state_.reset(
            new State{std::move(region),
                      {region_state.wrapped_names(), region_options.name, key_prefix({name, options.key_namespace}),
                       detail::wrapped_signature<Value, Argument>()},
                      {{std::move(name), options.key_namespace},
                       generator ? generator : region_options.function_multi_key_generator},
                      detail::CallOptions<Value>(options),
                      std::move(function)});
    }

    /// The values in the order of the arguments, or the map of those that there are.
    Result operator()(const std::vector<Argument>& arguments) const {
        return created(arguments, [this](const auto& keys, const auto& create, const auto& options) {
            return state_->region.get_or_create_multi(keys, create, options);
        });
    }

    /// Calls the original now with all arguments and stores its values; those that it leaves out stay as they are.
    Result refresh(const std::vector<Argument>& arguments) const {
        return created(arguments, [this](const auto& keys, const auto& create, const auto& options) {
            return state_->region.refresh_multi(keys, create, options);
        });
    }

    /// The cached values that are fresh, in the order of the arguments; never calls the original.
    [[nodiscard]] std::vector<std::optional<Value>> get(const std::vector<Argument>& arguments) const {
        return state_->region.template get_multi<Value>(state_->keys(arguments).keys(), state_->options.read_options());
    }

    /// Stores values by argument.
    template <class Map>
    void set(const Map& values) const {
        std::map<std::string, Value> stored;
        for (const auto& [argument, value] : values)
            stored.emplace(state_->keys(std::vector<Argument>{argument}).keys().front(), value);
        state_->region.set_multi(stored);
    }
    void set(const std::map<Argument, Value>& values) const { set<std::map<Argument, Value>>(values); }

    /// Removes the values for these arguments.
    void invalidate(const std::vector<Argument>& arguments) const {
        state_->region.erase_multi(state_->keys(arguments).keys());
    }

    /// The keys for these arguments, before the region's mangler.
    [[nodiscard]] std::vector<std::string> keys(const std::vector<Argument>& arguments) const {
        return state_->keys(arguments).keys();
    }

    /// The original function.
    [[nodiscard]] const Function& original() const noexcept { return state_->function; }

private:
    struct State {
        CacheRegion<SerializerType> region;
        detail::WrappedName wrapped_name;
        detail::MultiKeys<Argument> keys;
        detail::CallOptions<Value> options;
        Function function;
    };

    template <class Operation>
    [[nodiscard]] Result created(const std::vector<Argument>& arguments, Operation&& operation) const {
        return state_->options.with_create_options(
            [&](const CreateOptions<Value>& options) { return created(arguments, operation, options); });
    }

    template <class Operation>
    [[nodiscard]] Result created(const std::vector<Argument>& arguments, Operation& operation,
                                 const CreateOptions<Value>& options) const {
        const auto keys = state_->keys(arguments);
        if constexpr (detail::is_keyed<Result>) {
            const auto create = [&](const std::vector<std::string>& missing, Creation& creation) {
                auto made = call(keys.arguments(missing, arguments), creation);
                return keys.template by_key<Value>(made, arguments);
            };
            return by_argument(keys, arguments, operation(keys.keys(), create, options));
        } else {
            const auto create = [&](const std::vector<std::string>& missing, Creation& creation) {
                return call(keys.arguments(missing, arguments), creation);
            };
            return operation(keys.keys(), create, options);
        }
    }

    [[nodiscard]] Result call(const std::vector<Argument>& arguments, Creation& creation) const {
        if constexpr (Shape::takes_creation) return state_->function(creation, arguments);
        else return state_->function(arguments);
    }

    [[nodiscard]] static Result by_argument(const detail::ArgumentKeys<Argument>& keys,
                                            const std::vector<Argument>& arguments,
                                            std::map<std::string, Value> values) {
        Result result;
        for (std::size_t index = 0; index != arguments.size(); ++index)
            if (const auto found = values.find(keys.keys()[index]); found != values.end())
                result.emplace(arguments[index], found->second);
        return result;
    }

    std::shared_ptr<const State> state_;
};

template <class SerializerType>
template <class Function>
auto CacheRegion<SerializerType>::cache_multi_on_arguments(
    std::string name, Function function,
    std::type_identity_t<FunctionOptions<detail::multi_value_t<Function>>> options) const {
    using Value = detail::multi_value_t<Function>;
    if constexpr (!detail::is_function_of_many<Function>) {
        detail::require_function_of_many<Function>();
        return detail::Refused();
    } else if constexpr (!detail::is_cacheable<Value>) {
        detail::require_cacheable<Value>();
        return detail::Refused();
    } else {
        return CachedMultiFunction<SerializerType, Function>(*this, *state_, std::move(name), std::move(function),
                                                             std::move(options));
    }
}

KENNEL_NAMESPACE_END

#endif
