#ifndef KENNEL_FWD_HPP
#define KENNEL_FWD_HPP

#include "kennel/version.hpp"

KENNEL_NAMESPACE_BEGIN

class CacheBackend;
class CacheMutex;
class Clock;
class Creation;
class DefaultSerializer;
class ProxyBackend;
class RegionInvalidationStrategy;
struct CachedValue;

/// The serializer is what must be known at compile time; everything else is configured.
template <class SerializerType = DefaultSerializer>
class CacheRegion;

KENNEL_NAMESPACE_END

#endif
