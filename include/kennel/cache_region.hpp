#ifndef KENNEL_CACHE_REGION_HPP
#define KENNEL_CACHE_REGION_HPP

#include "kennel/default_serializer.hpp"
#include "kennel/function_options.hpp"
#include "kennel/fwd.hpp"
#include "kennel/lookup.hpp"
#include "kennel/region/any_entry.hpp"
#include "kennel/region/different_keys.hpp"
#include "kennel/region/make_engine.hpp"
#include "kennel/region/parsed_settings.hpp"
#include "kennel/region/region_state.hpp"
#include "kennel/region/sorted_keys.hpp"
#include "kennel/region/text_of.hpp"
#include "kennel/region/typed_multi_request.hpp"
#include "kennel/region/typed_request.hpp"
#include "kennel/settings.hpp"

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// How to store.
struct SetOptions {
    /// A time to live of the entry's own; the earlier of this and the region's expiration time wins.
    std::optional<TimeSpan> time_to_live{};

    /// The groups that the entry belongs to.
    std::vector<std::string> tags{};
};

/// A cache of values of many types under text keys, on one backend, in which every value is created by one caller while
/// the others wait for it or are served the previous one.
///
/// A region is a handle: copies share one state, which lives as long as a copy, a wrapped function or a background
/// creation does. It may be made and used in wrappers before `configure`; every other use before that is
/// `RegionNotConfigured`. All members may be called from many threads at once. A creator runs under no lock but the
/// creation of its own key.
template <class SerializerType>
class CacheRegion {
public:
    /// A region that is not configured yet. `serializer` is used by many threads at once.
    explicit CacheRegion(RegionOptions options = {}, SerializerType serializer = {})
        : state_(new detail::TypedRegionState<SerializerType>(std::move(options), std::move(serializer))) {}

    /// What events and error messages call the region.
    [[nodiscard]] const std::string& name() const noexcept { return state_->options().name; }

    /// Sets the region up on the backend of that name. Throws `PluginNotFound`, `ValidationError`, or
    /// `RegionAlreadyConfigured` when it is set up already and `replace_existing_backend` is false.
    ///
    /// Calls under way on a replaced backend end on it; it is dropped when the last has left. What they create is not
    /// stored.
    CacheRegion& configure(std::string_view backend,
                           const detail::Late<ConfigureOptions, SerializerType>& options = {}) {
        detail::use_settings_of(detail::place_of(name()), [&] { configure_state(backend, options); });
        return *this;
    }

    /// Sets the region up from those settings whose name begins with `prefix`: `backend`, `expiration_time`, `wrap`,
    /// `arguments.<name>` and the other members of `ConfigureOptions`, but for `region_invalidator`, which is code.
    /// Texts turn into what is wanted, without the blanks around them. An unknown name is a `ValidationError`.
    CacheRegion& configure_from_config(const Settings& settings, std::string_view prefix) {
        const auto parsed = detail::parse_settings<detail::Late<void, SerializerType>>(settings, prefix, name());
        detail::use_settings_of(parsed.place, [&] { configure_state(parsed.backend, parsed.options); });
        return *this;
    }

    /// Puts one more proxy in front of the backend. Calls under way end without it, and what they create is not stored.
    /// Throws `ValidationError` when the proxy wraps another backend already.
    CacheRegion& wrap(const WrappedProxy& proxy) {
        engine().wrap(proxy);
        return *this;
    }

    /// Whether `configure` has been called with success; true for good from then on.
    [[nodiscard]] bool is_configured() const noexcept { return state_->is_configured(); }

    /// The backend, or its outermost proxy.
    [[nodiscard]] std::shared_ptr<CacheBackend> backend() const { return engine().backend(); }

    /// The backend behind all proxies.
    [[nodiscard]] std::shared_ptr<CacheBackend> actual_backend() const {
        std::shared_ptr<CacheBackend> outermost = backend();
        CacheBackend& actual = innermost(*outermost);
        return {std::move(outermost), &actual};
    }

    /// The value, if there is one that is fresh.
    template <class Value>
    [[nodiscard]] std::optional<Value> get(std::string_view key, const ReadOptions& options = {}) const {
        std::optional<Value> value;
        if (read(key, detail::read_changes_of<Value>(options), value).standing != detail::Standing::fresh)
            value.reset();
        return value;
    }

    /// The value, when it was created and how old it is, if there is one that is fresh.
    template <class Value>
    [[nodiscard]] std::optional<ValueMetadata<Value>> get_value_metadata(std::string_view key,
                                                                         const ReadOptions& options = {}) const {
        std::optional<Value> value;
        const detail::Reading reading = read(key, detail::read_changes_of<Value>(options), value);
        if (reading.standing != detail::Standing::fresh) return std::nullopt;
        return ValueMetadata<Value>{*std::move(value), reading.created, engine().age_of(reading.created)};
    }

    /// The value, fresh or stale, and how the look-up was answered; throws nothing when the backend cannot be read.
    template <class Value>
    [[nodiscard]] Lookup<Value> look_up(std::string_view key, const ReadOptions& options = {}) const {
        std::optional<Value> value;
        detail::RuleChanges changes = detail::read_changes_of<Value>(options);
        changes.always_degrades = true;
        const detail::Reading reading = read(key, changes, value);
        typename Lookup<Value>::Answer answer{.state = detail::state_of(reading),
                                              .backend = engine().backend_name(),
                                              .error = detail::text_of(reading.error)};
        if (reading.standing == detail::Standing::none) {
            value.reset();
        } else {
            answer.created = reading.created;
            answer.age = engine().age_of(reading.created);
        }
        return Lookup<Value>(std::move(answer), std::move(value));
    }

    /// The values of many keys, in their order, with one call of the backend.
    template <class Value, class Keys>
    [[nodiscard]] std::vector<std::optional<Value>> get_multi(const Keys& keys, const ReadOptions& options = {}) const;
    template <class Value>
    [[nodiscard]] std::vector<std::optional<Value>> get_multi(std::initializer_list<std::string_view> keys,
                                                              const ReadOptions& options = {}) const {
        return get_multi<Value, std::initializer_list<std::string_view>>(keys, options);
    }

    /// The value, from the store or else from `creator`, which takes nothing or a `Creation&`.
    ///
    /// A fresh value is returned at once. For an expired one, one caller creates while the others get the old value;
    /// for none, one caller creates while the others wait and get its value, or its exception. Blocks as long as the
    /// creation takes, or as the options allow. Throws what the creator throws, `RecursiveCreation`, or
    /// `CreationTimeout`.
    ///
    /// With a runner or a `soft_timeout`, a copy of the creator may run after this call has returned.
    template <class Creator, class Value = detail::created_value_t<Creator>>
    Value get_or_create(std::string_view key, Creator&& creator,
                        const std::type_identity_t<CreateOptions<Value>>& options = {}) const {
        if constexpr (detail::is_cacheable<Value>) {
            detail::TypedRequest<Value, SerializerType, std::remove_reference_t<Creator>> request(
                state_->serializer(), creator, options.should_cache_fn);
            engine().get_or_create(key, detail::changes_of(options), request);
            return request.taken();
        } else {
            detail::require_cacheable<Value>();
        }
    }

    /// The values of many keys. `creator` is called once with those for which there is nobody who creates, sorted, as
    /// `const std::vector<std::string>&` (and a `Creation&` if it wants one).
    ///
    /// When it returns a sequence, it must have one value for each key, and the result is a vector in the order of
    /// `keys`. When it returns a map, keys may be absent: these are not stored, and the result is such a map without
    /// them.
    template <class Keys, class Creator, class Value = detail::created_values_t<Creator>>
    auto get_or_create_multi(const Keys& keys, Creator&& creator,
                             const std::type_identity_t<CreateOptions<Value>>& options = {}) const {
        return create_multi<Value>(keys, creator, options, &detail::RegionEngine::get_or_create_multi);
    }
    template <class Creator, class Value = detail::created_values_t<Creator>>
    auto get_or_create_multi(std::initializer_list<std::string_view> keys, Creator&& creator,
                             const std::type_identity_t<CreateOptions<Value>>& options = {}) const {
        return create_multi<Value>(keys, creator, options, &detail::RegionEngine::get_or_create_multi);
    }

    /// Creates the value now, whatever is stored, and stores it; who asks for it meanwhile and finds none, gets it too.
    /// A creation that began earlier is not stored.
    template <class Creator, class Value = detail::created_value_t<Creator>>
    Value refresh(std::string_view key, Creator&& creator,
                  const std::type_identity_t<CreateOptions<Value>>& options = {}) const {
        if constexpr (detail::is_cacheable<Value>) {
            detail::TypedRequest<Value, SerializerType, std::remove_reference_t<Creator>> request(
                state_->serializer(), creator, options.should_cache_fn);
            engine().refresh(key, detail::changes_of(options), request);
            return request.taken();
        } else {
            detail::require_cacheable<Value>();
        }
    }

    /// The same for many keys, with one call of `creator` for all of them; see `get_or_create_multi`.
    template <class Keys, class Creator, class Value = detail::created_values_t<Creator>>
    auto refresh_multi(const Keys& keys, Creator&& creator,
                       const std::type_identity_t<CreateOptions<Value>>& options = {}) const {
        return create_multi<Value>(keys, creator, options, &detail::RegionEngine::refresh_multi);
    }
    template <class Creator, class Value = detail::created_values_t<Creator>>
    auto refresh_multi(std::initializer_list<std::string_view> keys, Creator&& creator,
                       const std::type_identity_t<CreateOptions<Value>>& options = {}) const {
        return create_multi<Value>(keys, creator, options, &detail::RegionEngine::refresh_multi);
    }

    /// Stores a value; text is stored as `std::string`. What is being created for the key is not stored any more.
    /// Throws `BackendError` when the backend cannot be written, unless the region was told otherwise, and
    /// `SerializationError`.
    template <class Value>
    void set(std::string_view key, const Value& value, const SetOptions& options = {}) const {
        const detail::AnyValue<SerializerType> any(value);
        const auto payload = payload_maker(any);
        const detail::NewEntry entry{key, payload};
        engine().set({&entry, 1}, options.time_to_live, Tags(options.tags));
    }

    /// Stores the pairs of a map, or of another container of pairs, with one call of the backend.
    template <class Pairs>
    void set_multi(const Pairs& values, const SetOptions& options = {}) const {
        std::vector<detail::AnyEntry<SerializerType>> entries;
        for (const auto& [key, value] : values) entries.push_back({key, value});
        store(entries, options);
    }

    /// Stores what is written down, as in `set_multi({{"x", 1}, {"name", "Ada"}})`: each value has the type that it has
    /// there, unless all are made one that is named, as in `set_multi<long>({{"x", 1}})`.
    void set_multi(std::initializer_list<detail::AnyEntry<SerializerType>> values,
                   const SetOptions& options = {}) const {
        store({values.begin(), values.size()}, options);
    }
    template <class Value>
    void set_multi(std::initializer_list<std::pair<const std::string, Value>> values,
                   const SetOptions& options = {}) const {
        set_multi<std::initializer_list<std::pair<const std::string, Value>>>(values, options);
    }

    /// Removes an entry, if there is one. What is being created for the key is not stored. Throws `BackendError` when
    /// the backend cannot be written, unless the region was told otherwise.
    void erase(std::string_view key) const { engine().erase({&key, 1}); }

    /// Removes entries with one call of the backend.
    template <class Keys>
    void erase_multi(const Keys& keys) const {
        const detail::SortedKeys sorted(keys);
        engine().erase(sorted.unique());
    }
    void erase_multi(std::initializer_list<std::string_view> keys) const {
        erase_multi<std::initializer_list<std::string_view>>(keys);
    }

    /// Invalidates every entry that there is now: hard, and nobody is served it any more; soft, and it is as if it had
    /// just expired, for which there must be an expiration time. What is being created is not stored. A soft
    /// invalidation never weakens a hard one. It counts for the handles of this region in this process.
    void invalidate(Invalidation kind = Invalidation::hard) const { engine().invalidate(kind); }

    /// Whether somebody creates the value of the key now; never takes a lock.
    [[nodiscard]] bool key_is_locked(std::string_view key) const { return engine().key_is_locked(key); }

    /// What has happened since the region was configured first, or since `reset_statistics`.
    [[nodiscard]] RegionStatistics statistics() const {
        return is_configured() ? engine().statistics() : RegionStatistics{};
    }

    /// Lets all counters begin at zero again; does nothing before `configure`.
    void reset_statistics() const {
        if (is_configured()) engine().reset_statistics();
    }

    /// What turns values into bytes, for backends that keep bytes.
    [[nodiscard]] const SerializerType& serializer() const noexcept { return *state_->serializer(); }

    /// Wraps a function, so that it runs only when its value is not in the cache; include `kennel/cached_function.hpp`.
    ///
    /// `function` is a callable, or a pointer to a member function, whose object is then the first argument of the call
    /// and not part of the key. `key_function` makes the key from the arguments; without it, `name` and their values
    /// do. `Signature` (`User(int)`) is needed where it cannot be seen: for an overloaded or a generic callable.
    template <class Signature = void, class Function, class KeyFunction = detail::DefaultKey>
    [[nodiscard]] auto cache_on_arguments(
        std::string name, Function function,
        std::type_identity_t<FunctionOptions<detail::function_value_t<Signature, Function>>> options = {},
        KeyFunction key_function = {}) const;

    /// Wraps a function of many arguments, which is called with those whose values are not in the cache; include
    /// `kennel/cached_multi_function.hpp`. It takes a `const std::vector<Argument>&` and returns a vector in that
    /// order, or a map of those that there are.
    template <class Function>
    [[nodiscard]] auto cache_multi_on_arguments(
        std::string name, Function function,
        std::type_identity_t<FunctionOptions<detail::multi_value_t<Function>>> options = {}) const;

private:
    using MultiOperation = decltype(&detail::RegionEngine::get_or_create_multi);

    void configure_state(std::string_view backend, const detail::Late<ConfigureOptions, SerializerType>& options) {
        state_->configure(backend, options, &detail::make_engine<SerializerType>);
    }

    /// Does what `operation` does, for a creator of many values.
    template <class Value, class Keys, class Function>
    auto create_multi(const Keys& keys, Function& creator, const CreateOptions<Value>& options,
                      MultiOperation operation) const;

    [[nodiscard]] detail::RegionEngine& engine() const { return state_->engine(); }

    /// Looks up and takes the value, fresh or stale.
    template <class Value>
    [[nodiscard]] detail::Reading read(std::string_view key, const detail::RuleChanges& changes,
                                       std::optional<Value>& value) const {
        if constexpr (detail::is_findable<Value>)
            return engine().look_up(key, changes, [&](const CachedValue& entry) {
                return detail::take_value(serializer(), entry.payload, value);
            });
        else detail::require_findable<Value>();
    }

    /// A function that refers to `value` and makes it a payload.
    [[nodiscard]] auto payload_maker(const detail::AnyValue<SerializerType>& value) const {
        return [this, &value](PayloadForm form) { return value.payload(serializer(), form); };
    }

    void store(std::span<const detail::AnyEntry<SerializerType>> entries, const SetOptions& options) const;

    std::shared_ptr<detail::TypedRegionState<SerializerType>> state_;
};

template <class SerializerType>
template <class Value, class Keys>
std::vector<std::optional<Value>> CacheRegion<SerializerType>::get_multi(const Keys& keys,
                                                                         const ReadOptions& options) const {
    if constexpr (detail::is_findable<Value>) {
        const detail::DifferentKeys different(keys);
        std::vector<std::optional<Value>> found(different.unique().size());
        const auto readings = engine().look_up_multi(different.unique(), detail::read_changes_of<Value>(options),
                                                     [&](std::size_t index, const CachedValue& entry) {
                                                         return detail::take_value(serializer(), entry.payload,
                                                                                   found[index]);
                                                     });
        std::vector<std::optional<Value>> values(different.size());
        for (std::size_t position = 0; position != different.size(); ++position) {
            const std::size_t index = different.index(position);
            if (readings[index].standing != detail::Standing::fresh) continue;
            if (different.are_all_different()) values[position] = std::move(found[index]);
            else values[position] = found[index];
        }
        return values;
    } else {
        detail::require_findable<Value>();
    }
}

template <class SerializerType>
template <class Value, class Keys, class Function>
auto CacheRegion<SerializerType>::create_multi(const Keys& keys, Function& creator, const CreateOptions<Value>& options,
                                               MultiOperation operation) const {
    if constexpr (!detail::are_keys<Keys>) {
        detail::require_keys<Keys>();
    } else if constexpr (detail::is_cacheable<Value>) {
        using Result = typename detail::CreatedMany<Function>::result;
        const detail::SortedKeys sorted(keys);
        detail::TypedMultiRequest<Value, SerializerType, Function> request(serializer(), creator,
                                                                           options.should_cache_fn, sorted.unique());
        (engine().*operation)(sorted.unique(), detail::changes_of(options), request);
        if constexpr (detail::is_keyed<Result>) {
            Result result;
            for (std::size_t position = 0; position != sorted.size(); ++position)
                if (const auto& value = request.taken()[sorted.index(position)])
                    result.emplace(std::string(sorted.key(position)), *value);
            return result;
        } else {
            std::vector<Value> result;
            result.reserve(sorted.size());
            for (std::size_t position = 0; position != sorted.size(); ++position)
                result.push_back(request.taken()[sorted.index(position)].value());
            return result;
        }
    } else {
        detail::require_cacheable<Value>();
    }
}

template <class SerializerType>
void CacheRegion<SerializerType>::store(std::span<const detail::AnyEntry<SerializerType>> entries,
                                        const SetOptions& options) const {
    std::vector<decltype(payload_maker(entries.front().value))> makers;
    std::vector<detail::NewEntry> new_entries;
    makers.reserve(entries.size());
    for (const auto& [key, value] : entries) new_entries.push_back({key, makers.emplace_back(payload_maker(value))});
    engine().set(new_entries, options.time_to_live, Tags(options.tags));
}

KENNEL_NAMESPACE_END

#endif
