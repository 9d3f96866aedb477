#ifndef KENNEL_MAKE_REGION_HPP
#define KENNEL_MAKE_REGION_HPP

#include "kennel/cache_region.hpp"

#include <utility>

KENNEL_NAMESPACE_BEGIN

/// A region that is not configured yet; the same as constructing a `CacheRegion`.
template <class SerializerType = DefaultSerializer>
[[nodiscard]] CacheRegion<SerializerType> make_region(RegionOptions options = {}, SerializerType serializer = {}) {
    return CacheRegion<SerializerType>(std::move(options), std::move(serializer));
}

KENNEL_NAMESPACE_END

#endif
