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

/// A function of many arguments, each of whose values is kept in a region; made by `CacheRegion::cache_multi_on_arguments`.
///
/// Called with arguments, it calls the original once with those whose values are not in the cache (and that nobody else is
/// creating), in the order of their keys. If the original returns a map, arguments that it leaves out are neither stored nor
/// returned. It is a handle; all members may be called from many threads at once.
template <class SerializerType, class Function>
class CachedMultiFunction {
    using Shape = detail::ShapeFor<void, Function>;

public:
    using Argument = typename detail::MultiArgument<typename Shape::Parameters>::type;
    using Result = typename Shape::Result;
    using Value = detail::multi_value_t<Function>;

    CachedMultiFunction(CacheRegion<SerializerType> region, const RegionOptions& region_options, std::string name,
                        Function function, FunctionOptions<Value> options)
        : state_(std::make_shared<const State>(State{
              std::move(region),
              {{std::move(name), options.key_namespace},
               options.function_multi_key_generator ? options.function_multi_key_generator
                                                    : region_options.function_multi_key_generator},
              options.expiration_time, options.create_options(), std::move(function)})) {}

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
        return state_->region.template get_multi<Value>(state_->keys(arguments).keys(),
                                                        {.expiration_time = state_->expiration.now()});
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
        detail::MultiKeys<Argument> keys;
        FunctionExpiration expiration;
        CreateOptions<Value> create_options;
        Function function;
    };

    template <class Operation>
    [[nodiscard]] Result created(const std::vector<Argument>& arguments, Operation&& operation) const {
        const auto keys = state_->keys(arguments);
        CreateOptions<Value> options = state_->create_options;
        options.expiration_time = state_->expiration.now();
        if constexpr (detail::is_keyed<Result>) {
            const auto create = [&](const std::vector<std::string>& missing, Creation& creation) {
                std::map<std::string, Value> made;
                for (auto& [argument, value] : call(keys.arguments(missing, arguments), creation))
                    made.emplace(keys.key_of(argument, arguments), std::move(value));
                return made;
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
        if constexpr (Shape::takes_creation)
            return state_->function(creation, arguments);
        else
            return state_->function(arguments);
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
    return CachedMultiFunction<SerializerType, Function>(*this, state_->options(), std::move(name),
                                                         std::move(function), std::move(options));
}

KENNEL_NAMESPACE_END

#endif
