#ifndef KENNEL_SERIALIZERS_JSON_JSON_CONTAINERS_HPP
#define KENNEL_SERIALIZERS_JSON_JSON_CONTAINERS_HPP

#include "kennel/codec/container_kinds.hpp"
#include "kennel/serializers/json/json_form.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>

KENNEL_NAMESPACE_BEGIN

namespace detail {

template <class... Elements>
struct JsonForm<std::tuple<Elements...>> {
    static constexpr bool is_known = (is_json_type<Elements> && ...);

    static JsonTree write(const std::tuple<Elements...>& tuple) {
        JsonTree tree = JsonTree::array();
        std::apply([&](const Elements&... elements) { (tree.push_back(JsonForm<Elements>::write(elements)), ...); },
                   tuple);
        return tree;
    }

    static std::tuple<Elements...> read(const JsonTree& tree) {
        [[maybe_unused]] auto next = require_json_array(tree, sizeof...(Elements)).begin();
        return std::tuple<Elements...>{JsonForm<Elements>::read(*next++)...};
    }
};

template <class First, class Second>
struct JsonForm<std::pair<First, Second>> {
    static constexpr bool is_known = is_json_type<First> && is_json_type<Second>;

    static JsonTree write(const std::pair<First, Second>& pair) {
        JsonTree tree = JsonTree::array();
        tree.push_back(JsonForm<First>::write(pair.first));
        tree.push_back(JsonForm<Second>::write(pair.second));
        return tree;
    }

    static std::pair<First, Second> read(const JsonTree& tree) {
        require_json_array(tree, 2);
        return std::pair<First, Second>{JsonForm<First>::read(tree[0]), JsonForm<Second>::read(tree[1])};
    }
};

template <class Container>
JsonTree write_json_array(const Container& container) {
    using Element = typename Container::value_type;
    JsonTree tree = JsonTree::array();
    for (const Element& element : container) tree.push_back(JsonForm<Element>::write(element));
    return tree;
}

template <class Element, std::size_t size>
    requires std::default_initializable<Element>
struct JsonForm<std::array<Element, size>> {
    static constexpr bool is_known = is_json_type<Element>;

    static JsonTree write(const std::array<Element, size>& array) { return write_json_array(array); }

    static std::array<Element, size> read(const JsonTree& tree) {
        auto next = require_json_array(tree, size).begin();
        std::array<Element, size> array{};
        for (Element& element : array) element = JsonForm<Element>::read(*next++);
        return array;
    }
};

template <class Type>
    requires is_sequence<Type>
struct JsonForm<Type> {
    using Element = typename Type::value_type;
    static constexpr bool is_known = is_json_type<Element>;

    static JsonTree write(const Type& container) { return write_json_array(container); }

    static Type read(const JsonTree& tree) {
        Type container;
        for (const JsonTree& element : require_json_array(tree)) container.push_back(JsonForm<Element>::read(element));
        return container;
    }
};

template <class Type>
    requires is_set<Type>
struct JsonForm<Type> {
    using Element = typename Type::value_type;
    static constexpr bool is_known = is_json_type<Element>;

    static JsonTree write(const Type& container) { return write_json_array(container); }

    static Type read(const JsonTree& tree) {
        Type container;
        for (const JsonTree& element : require_json_array(tree)) {
            const auto [place, is_new] = container.insert(JsonForm<Element>::read(element));
            if (!is_new) refuse_json("an element of a set is repeated");
            if (is_overcrowded(container, *place)) refuse_json("too many elements share a hash");
        }
        return container;
    }
};

/// A map from text is an object, any other an array of pairs.
template <class Type>
    requires is_map<Type>
struct JsonForm<Type> {
    using Key = typename Type::key_type;
    using Value = typename Type::mapped_type;
    using Pair = std::pair<Key, Value>;
    static constexpr bool is_object = std::same_as<Key, std::string>;
    static constexpr bool is_known = is_json_type<Key> && is_json_type<Value>;

    static JsonTree write(const Type& map) {
        JsonTree tree = is_object ? JsonTree::object() : JsonTree::array();
        for (const auto& [key, value] : map) {
            if constexpr (is_object) tree[key] = JsonForm<Value>::write(value);
            else tree.push_back(JsonForm<Pair>::write(Pair(key, value)));
        }
        return tree;
    }

    static Type read(const JsonTree& tree) {
        Type map;
        if constexpr (is_object) {
            if (!tree.is_object()) refuse_json("it is no object");
            for (const auto& [key, value] : tree.items()) {
                map.emplace(key, JsonForm<Value>::read(value));
                if (is_overcrowded(map, key)) refuse_json("too many keys share a hash");
            }
        } else {
            for (const JsonTree& pair : require_json_array(tree)) {
                const auto [place, is_new] = map.insert(JsonForm<Pair>::read(pair));
                if (!is_new) refuse_json("a key of a map is repeated");
                if (is_overcrowded(map, place->first)) refuse_json("too many keys share a hash");
            }
        }
        return map;
    }
};

} // namespace detail

KENNEL_NAMESPACE_END

#endif
