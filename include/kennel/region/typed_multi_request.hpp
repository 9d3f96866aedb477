#ifndef KENNEL_REGION_TYPED_MULTI_REQUEST_HPP
#define KENNEL_REGION_TYPED_MULTI_REQUEST_HPP

#include "kennel/detail/late.hpp"
#include "kennel/region/requests.hpp"
#include "kennel/region/value_traits.hpp"
#include "kennel/region_options.hpp"

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

template <class Creator>
struct CreatedMany {
    static auto call(Creator& creator, const std::vector<std::string>& keys, Creation& creation) {
        if constexpr (std::invocable<Creator&, const std::vector<std::string>&, Creation&>)
            return creator(keys, creation);
        else if constexpr (std::invocable<Creator&, const std::vector<std::string>&>) return creator(keys);
        else return NotCallableWithKeys(); // refused by `require_cacheable`
    }
    using result = value_of_t<decltype(call(std::declval<Creator&>(), std::declval<const std::vector<std::string>&>(),
                                            std::declval<Creation&>()))>;
    using value = typename ManyValues<result>::type;
};

template <class Creator>
using created_values_t = typename CreatedMany<std::remove_reference_t<Creator>>::value;

/// `MultiRequest` for a creator of many `Value`s.
template <class Value, class SerializerType, class Creator>
class TypedMultiRequest final : public MultiRequest {
public:
    TypedMultiRequest(const SerializerType& serializer, Creator& creator, const ShouldCacheFn<Value>& should_cache,
                      std::span<const std::string_view> keys)
        : serializer_(serializer), creator_(creator), should_cache_(should_cache), keys_(keys), values_(keys.size()) {}

    [[nodiscard]] bool take(std::size_t index, const Payload& payload) override {
        return take_value(serializer_, payload, values_[index]);
    }
    void take_nothing(std::size_t index) override { values_[index].reset(); }

    [[nodiscard]] std::vector<Payload> create(std::span<const std::size_t> indexes, Creation& creation) override {
        std::vector<Late<std::string, Creator>> keys;
        for (const std::size_t index : indexes) keys.emplace_back(keys_[index]);
        auto made = CreatedMany<Creator>::call(creator_, keys, creation);
        std::vector<Late<Payload, Creator>> objects(keys.size());
        if constexpr (is_keyed<decltype(made)>) {
            for (std::size_t position = 0; position != keys.size(); ++position)
                if (const auto found = made.find(keys[position]); found != made.end())
                    objects[position] = Payload::object(std::move(found->second));
        } else {
            if (made.size() != keys.size())
                throw ValidationError(joined({"a creator of many values was asked for ", std::to_string(keys.size()),
                                              " and returned ", std::to_string(made.size()),
                                              ": return one for each key, or a map of those that there are"}));
            auto object = objects.begin();
            for (auto&& value : made) *object++ = Payload::object(Value(std::move(value)));
        }
        return objects;
    }
    [[nodiscard]] bool is_to_be_stored(const Payload& object, std::string_view key) const override {
        return should_cache_(*object.get_if<Value>(), key);
    }
    [[nodiscard]] Payload serialized(const Payload& object) const override {
        return to_bytes(serializer_, *object.get_if<Value>());
    }

    [[nodiscard]] bool knows_absence() const override { return is_keyed<typename CreatedMany<Creator>::result>; }

    [[nodiscard]] std::vector<std::optional<Value>>& taken() noexcept { return values_; }

private:
    const SerializerType& serializer_;
    Creator& creator_;
    const ShouldCacheFn<Value>& should_cache_;
    std::span<const std::string_view> keys_;
    std::vector<std::optional<Value>> values_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
