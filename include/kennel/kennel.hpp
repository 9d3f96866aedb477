#ifndef KENNEL_KENNEL_HPP
#define KENNEL_KENNEL_HPP

/// Everything that needs no other library: regions, wrapped functions, the memory and null backends, proxies.

#include "kennel/cache_region.hpp"
#include "kennel/cached_function.hpp"
#include "kennel/cached_multi_function.hpp"
#include "kennel/make_backend.hpp"
#include "kennel/make_region.hpp"

#endif
