#ifndef KENNEL_CODEC_CONTAINER_KINDS_HPP
#define KENNEL_CODEC_CONTAINER_KINDS_HPP

#include "kennel/version.hpp"

#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

KENNEL_NAMESPACE_BEGIN

namespace detail {

// The containers are listed, not recognised by their members: a class derived from one may hold more than its elements.

template <class Type>
inline constexpr bool is_sequence = false;
template <class... Args>
inline constexpr bool is_sequence<std::vector<Args...>> = true;
template <class... Args>
inline constexpr bool is_sequence<std::deque<Args...>> = true;

template <class Type>
inline constexpr bool is_set = false;
template <class... Args>
inline constexpr bool is_set<std::set<Args...>> = true;
template <class... Args>
inline constexpr bool is_set<std::unordered_set<Args...>> = true;

template <class Type>
inline constexpr bool is_map = false;
template <class... Args>
inline constexpr bool is_map<std::map<Args...>> = true;
template <class... Args>
inline constexpr bool is_map<std::unordered_map<Args...>> = true;

} // namespace detail

KENNEL_NAMESPACE_END

#endif
