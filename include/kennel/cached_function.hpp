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
/// Called like the original, it returns the cached value or calls the original once for all who ask meanwhile. It is a handle:
/// copies share one state, which keeps the region alive. All members may be called from many threads at once, and the
/// original must bear that, too.
template <class SerializerType, class Function, class KeyFunction, class Shape, class Parameters>
class CachedFunction;

template <class SerializerType, class Function, class KeyFunction, class Shape, class... Params>
class CachedFunction<SerializerType, Function, KeyFunction, Shape, detail::TypeList<Params...>> {
public:
    using Value = typename Shape::Result;
    using Object = typename Shape::Object;

    CachedFunction(CacheRegion<SerializerType> region, const RegionOptions& region_options, std::string name,
                   Function function, FunctionOptions<Value> options, KeyFunction key_function)
        : state_(new State{
              std::move(region),
              {std::move(name), options.key_namespace,
               options.function_key_generator ? options.function_key_generator
                                              : region_options.function_key_generator,
               std::move(key_function)},
              options.expiration_time, options.create_options(), std::move(function)}) {}

    /// The cached value, or that of the original. Blocks and throws as `CacheRegion::get_or_create`.
    Value operator()(Params... args) const
        requires std::is_void_v<Object>
    {
        const std::string key = this->key(args...);
        Call<void> call(state_, nullptr, args...);
        return state_->region.get_or_create(key, call, state_->create_options_now());
    }

    /// The same for a member function of `object`, which is not part of the key. A creation in the background keeps a
    /// reference to it.
    template <class Receiver>
        requires(!std::is_void_v<Object>) && std::convertible_to<Receiver&, Object&>
    Value operator()(Receiver& object, Params... args) const {
        const std::string key = this->key(args...);
        Call<Object> call(state_, &object, args...);
        return state_->region.get_or_create(key, call, state_->create_options_now());
    }

    /// Calls the original now and stores its value. Throws what the original throws.
    Value refresh(Params... args) const
        requires std::is_void_v<Object>
    {
        const std::string key = this->key(args...);
        Call<void> call(state_, nullptr, args...);
        return state_->region.refresh(key, call, state_->create_options_now());
    }

    template <class Receiver>
        requires(!std::is_void_v<Object>) && std::convertible_to<Receiver&, Object&>
    Value refresh(Receiver& object, Params... args) const {
        const std::string key = this->key(args...);
        Call<Object> call(state_, &object, args...);
        return state_->region.refresh(key, call, state_->create_options_now());
    }

    /// The cached value, if there is one that is fresh; never calls the original.
    [[nodiscard]] std::optional<Value> get(const std::remove_cvref_t<Params>&... args) const {
        return state_->region.template get<Value>(key(args...), {.expiration_time = state_->expiration.now()});
    }

    /// Stores `value` for these arguments. Throws as `CacheRegion::set`.
    void set(const Value& value, const std::remove_cvref_t<Params>&... args) const {
        state_->region.set(key(args...), value);
    }

    /// Removes the value for these arguments. Throws as `CacheRegion::erase`.
    void invalidate(const std::remove_cvref_t<Params>&... args) const { state_->region.erase(key(args...)); }

    /// The key for these arguments, before the region's mangler.
    [[nodiscard]] std::string key(const std::remove_cvref_t<Params>&... args) const {
        return state_->keys(args...);
    }

    /// The original function.
    [[nodiscard]] const Function& original() const noexcept { return state_->function; }

    /// This function with values for its last parameters, which may then be left out of every call.
    template <class... Defaults>
        requires(sizeof...(Defaults) <= sizeof...(Params))
    [[nodiscard]] auto with_defaults(Defaults... defaults) const {
        constexpr std::size_t object_count = std::is_void_v<Object> ? 0 : 1;
        return FunctionWithDefaults<CachedFunction, object_count, sizeof...(Params), Defaults...>(
            *this, std::move(defaults)...);
    }

private:
    struct State {
        CacheRegion<SerializerType> region;
        detail::FunctionKeys<KeyFunction, std::remove_cvref_t<Params>...> keys;
        FunctionExpiration expiration;
        CreateOptions<Value> create_options;
        Function function;

        [[nodiscard]] CreateOptions<Value> create_options_now() const {
            CreateOptions<Value> options = create_options;
            options.expiration_time = expiration.now();
            return options;
        }
    };

    template <class Receiver>
    using Call = detail::BoundCall<State, Shape, Receiver, Params...>;

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
        *this, state_->options(), std::move(name), std::move(function), std::move(options), std::move(key_function));
}

KENNEL_NAMESPACE_END

#endif
