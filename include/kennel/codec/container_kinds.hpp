#ifndef KENNEL_CODEC_CONTAINER_KINDS_HPP
#define KENNEL_CODEC_CONTAINER_KINDS_HPP

#include "kennel/version.hpp"

#include <concepts>
#include <cstddef>
#include <utility>

KENNEL_NAMESPACE_BEGIN

namespace detail {

// Containers are recognised by their members, so that nothing but what a program uses itself has to be included.

template <class Class>
Class owner_of(void (Class::*swap)(Class&));

/// A container with an allocator that is not text, nor a tree of itself like a JSON document. Its `swap` is its own: a
/// class derived from one may hold more than its elements.
template <class Type>
concept StandardContainer = requires {
    typename Type::value_type;
    typename Type::allocator_type;
    requires !std::same_as<typename Type::value_type, Type>;
    requires !requires { typename Type::traits_type; };
    requires std::same_as<decltype(owner_of(&Type::swap)), Type>;
};

template <class Type>
concept HasUniqueKeys = requires(Type& container, typename Type::value_type value) {
    typename Type::key_type;
    { container.insert(std::move(value)).second } -> std::convertible_to<bool>;
};

/// A vector or a deque, for example.
template <class Type>
inline constexpr bool is_sequence = false;
template <StandardContainer Type>
inline constexpr bool is_sequence<Type> = requires(Type& container, std::size_t index) {
    container.push_back(container[index]);
};

template <class Type>
inline constexpr bool is_set = false;
template <StandardContainer Type>
inline constexpr bool is_set<Type> = HasUniqueKeys<Type> && !requires { typename Type::mapped_type; };

template <class Type>
inline constexpr bool is_map = false;
template <StandardContainer Type>
inline constexpr bool is_map<Type> = HasUniqueKeys<Type> && requires { typename Type::mapped_type; };

/// Whether so many elements of a hash table share a bucket that their keys must have been chosen to: each one more
/// would take longer to put in.
template <class Container, class Key>
[[nodiscard]] bool is_overcrowded(const Container& container, const Key& key) {
    constexpr std::size_t sane_bucket = 256;
    if constexpr (requires { container.bucket_size(container.bucket(key)); })
        return container.size() > sane_bucket && container.bucket_size(container.bucket(key)) > sane_bucket;
    else return false;
}

} // namespace detail

KENNEL_NAMESPACE_END

#endif
