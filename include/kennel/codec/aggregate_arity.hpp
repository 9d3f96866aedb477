#ifndef KENNEL_CODEC_AGGREGATE_ARITY_HPP
#define KENNEL_CODEC_AGGREGATE_ARITY_HPP

#include "kennel/version.hpp"

#include <array>
#include <cstddef>
#include <stdexcept>
#include <type_traits>
#include <utility>

KENNEL_NAMESPACE_BEGIN

namespace detail {

inline constexpr std::size_t max_aggregate_arity = 24;
inline constexpr std::size_t uncountable = max_aggregate_arity + 1;

/// Stands for a member of any type while the members of `Aggregate` are counted, but not for a base class or a union.
template <class Aggregate, std::size_t>
struct AnyMember {
    /// Never run, but clang misses a definition where it could be.
    template <class Member>
        requires(!std::is_base_of_v<Member, Aggregate> && !std::is_union_v<Member>)
    operator Member() const { // NOLINT(*-explicit-*)
        throw std::logic_error("a member of no type");
    }
};

template <class Type, std::size_t... indices>
consteval bool takes_members(std::index_sequence<indices...>) {
    return requires { Type{AnyMember<Type, indices>()...}; };
}

/// Between parentheses, unlike between braces, an array or a base class cannot be given element by element.
template <class Type, std::size_t... indices>
consteval bool takes_whole_members(std::index_sequence<indices...>) {
    return requires { Type(AnyMember<Type, indices>()...); };
}

/// The largest number of initializers that `Type` takes; counted upwards from the smallest, which members without a
/// default make larger than zero.
template <class Type, std::size_t count = 0, bool is_enough = false>
consteval std::size_t count_members() {
    constexpr bool fits = takes_members<Type>(std::make_index_sequence<count>());
    if constexpr (is_enough && !fits) return count - 1;
    else if constexpr (count > max_aggregate_arity) return uncountable;
    else return count_members<Type, count + 1, fits>();
}

template <class Type>
inline constexpr bool is_array_class = false;
template <class Element, std::size_t size>
inline constexpr bool is_array_class<std::array<Element, size>> = true;

template <class Type>
consteval std::size_t arity() {
    // What has a reference as a member cannot be assigned to; nothing else tells a reference to a constant from a
    // value.
    if constexpr (!std::is_class_v<Type> || !std::is_aggregate_v<Type> || is_array_class<Type> ||
                  !std::is_move_assignable_v<Type>)
        return uncountable;
    else {
        constexpr std::size_t count = count_members<Type>();
        if constexpr (count == uncountable || (count == 0 && !std::is_empty_v<Type>)) return uncountable;
        else return takes_whole_members<Type>(std::make_index_sequence<count>()) ? count : uncountable;
    }
}

/// How many members an aggregate has; `uncountable` for what is none, and for one that has more than 24 members or any
/// that is an array, a union, a reference or a base class.
template <class Type>
inline constexpr std::size_t aggregate_arity = arity<Type>();

template <class Type>
concept CountedAggregate = aggregate_arity<Type> != uncountable;

} // namespace detail

KENNEL_NAMESPACE_END

#endif
