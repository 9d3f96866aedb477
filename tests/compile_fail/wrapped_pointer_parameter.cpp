// expect: this parameter has no value of its own that could be part of a cache key
#include "kennel/kennel.hpp"

struct Database {};

int load(Database*, int id) { return id; }

int main() {
    kennel::CacheRegion<> region;
    const auto cached = region.cache_on_arguments("load", load);
    return cached(nullptr, 5);
}
