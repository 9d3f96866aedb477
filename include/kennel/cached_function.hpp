#ifndef KENNEL_CACHED_FUNCTION_HPP
#define KENNEL_CACHED_FUNCTION_HPP

#include "kennel/cache_region.hpp"
#include "kennel/cached_function/bound_call.hpp"
#include "kennel/cached_function/defaults.hpp"
#include "kennel/cached_function/function_keys.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// A function whose values are kept in a region; made by `CacheRegion::cache_on_arguments`.
///
/// Called like the original, it returns the cached value or calls the original once for all who ask meanwhile. It is a
/// handle: copies share one state, which keeps the region alive. All members may be called from many threads at once,
/// and the original must bear that, too.
template <class SerializerType, class Function, class KeyFunction, class Shape, class Parameters>
class CachedFunction;

template <class SerializerType, class Function, class KeyFunction, class Shape, class... Params>
class CachedFunction<SerializerType, Function, KeyFunction, Shape, detail::TypeList<Params...>> {
public:
    /// What the original returns, and the cache keeps.
    using Value = typename Shape::Result;

    /// The class of which the original is a member; void when it is none.
    using Object = typename Shape::Object;

    /// `CacheRegion::cache_on_arguments` calls it, which finds out the types.
    CachedFunction(CacheRegion<SerializerType> region, detail::RegionState& region_state, std::string name,
                   Function function, FunctionOptions<Value> options, KeyFunction key_function) {
        const RegionOptions& region_options = region_state.options();
        detail::require_function(name, function);
        FunctionKeyGenerator& generator = options.function_key_generator;
        state_.reset(
            new State{std::move(region),
                      {region_state.wrapped_names(), region_options.name, key_prefix({name, options.key_namespace}),
                       detail::wrapped_signature<Value, std::remove_cvref_t<Params>...>()},
                      {std::move(name), options.key_namespace,
                       generator ? generator : region_options.function_key_generator, std::move(key_function)},
                      detail::CallOptions<Value>(options),
                      std::make_shared<const Function>(std::move(function))});
    }

    /// The cached value, or that of the original. Blocks and throws as `CacheRegion::get_or_create`.
    Value operator()(Params... args) const
        requires std::is_void_v<Object>
    {
        return made<void>(by_need, nullptr, args...);
    }

    /// The same for a member function of `object` (or of what it points to), which is not part of the key. A creation
    /// in the background keeps a reference to it.
    template <detail::ReceiverOf<Object> Receiver>
    Value operator()(Receiver&& object, Params... args) const {
        return made<Object>(by_need, detail::address_of_receiver<Object>(object), args...);
    }

    /// Calls the original now and stores its value. Throws what the original throws.
    Value refresh(Params... args) const
        requires std::is_void_v<Object>
    {
        return made<void>(in_any_case, nullptr, args...);
    }

    /// The same for a member function of `object`.
    template <detail::ReceiverOf<Object> Receiver>
    Value refresh(Receiver&& object, Params... args) const {
        return made<Object>(in_any_case, detail::address_of_receiver<Object>(object), args...);
    }

    /// The cached value, if there is one that is fresh; never calls the original.
    [[nodiscard]] std::optional<Value> get(const std::remove_cvref_t<Params>&... args) const {
        return state_->region.template get<Value>(key(args...), state_->options.read_options());
    }

    /// Stores `value` for these arguments. Throws as `CacheRegion::set`.
    void set(const Value& value, const std::remove_cvref_t<Params>&... args) const {
        state_->region.set(key(args...), value);
    }

    /// Removes the value for these arguments. Throws as `CacheRegion::erase`.
    void invalidate(const std::remove_cvref_t<Params>&... args) const { state_->region.erase(key(args...)); }

    /// The key for these arguments, before the region's mangler.
    [[nodiscard]] std::string key(const std::remove_cvref_t<Params>&... args) const { return state_->keys(args...); }

    /// The original function.
    [[nodiscard]] const Function& original() const noexcept { return *state_->function; }

    /// This function with values for its last parameters, which may then be left out of every call.
    template <class... Defaults>
        requires(sizeof...(Defaults) <= sizeof...(Params))
    [[nodiscard]] auto with_defaults(Defaults... defaults) const {
        static_assert(
            detail::are_defaults_of<std::tuple<Params...>, Defaults...>(std::index_sequence_for<Defaults...>()),
            "a default value must convert to the parameter that it stands for: the last one given is that of "
            "the function's last parameter");
        constexpr std::size_t object_count = std::is_void_v<Object> ? 0 : 1;
        return FunctionWithDefaults<CachedFunction, object_count, sizeof...(Params), Defaults...>(
            *this, std::move(defaults)...);
    }

private:
    struct State {
        CacheRegion<SerializerType> region;
        detail::WrappedName wrapped_name;
        detail::FunctionKeys<KeyFunction, std::remove_cvref_t<Params>...> keys;
        detail::CallOptions<Value> options;
        std::shared_ptr<const Function> function; ///< which a call in the background keeps without the rest
    };

    static constexpr auto by_need = [](const auto& region, const std::string& key, auto& call, const auto& options) {
        return region.get_or_create(key, call, options);
    };
    static constexpr auto in_any_case = [](const auto& region, const std::string& key, auto& call,
                                           const auto& options) { return region.refresh(key, call, options); };

    /// What an operation of the region makes of a call of the original.
    template <class Receiver, class Operation>
    Value made(const Operation& operation, Receiver* object, Params&... args) const {
        const std::string key = this->key(args...);
        detail::BoundCall<Function, Shape, Receiver, Params...> call(state_->function, object, args...);
        return state_->options.with_create_options(
            [&](const CreateOptions<Value>& options) { return operation(state_->region, key, call, options); });
    }

    std::shared_ptr<const State> state_;
};

template <class SerializerType>
template <class Signature, class Function, class KeyFunction>
auto CacheRegion<SerializerType>::cache_on_arguments(
    std::string name, Function function,
    std::type_identity_t<FunctionOptions<detail::function_value_t<Signature, Function>>> options,
    KeyFunction key_function) const {
    detail::require_shape<Signature, Function>();
    using Shape = detail::ShapeFor<Signature, Function>;
    detail::require_cacheable<typename Shape::Result>();
    return CachedFunction<SerializerType, Function, KeyFunction, Shape, typename Shape::Parameters>(
        *this, *state_, std::move(name), std::move(function), std::move(options), std::move(key_function));
}

KENNEL_NAMESPACE_END

#endif
