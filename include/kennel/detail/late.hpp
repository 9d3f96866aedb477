#ifndef KENNEL_DETAIL_LATE_HPP
#define KENNEL_DETAIL_LATE_HPP

#include "kennel/version.hpp"

KENNEL_NAMESPACE_BEGIN
namespace detail {

template <class Type, class Lazy>
struct LateType {
    using type = Type;
};

/// `Type`, in a template that is not to have anything of it compiled before it is used itself; `Lazy` is a parameter of
/// that template.
template <class Type, class Lazy>
using Late = typename LateType<Type, Lazy>::type;

} // namespace detail
KENNEL_NAMESPACE_END

#endif
