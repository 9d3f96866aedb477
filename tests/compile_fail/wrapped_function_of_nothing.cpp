// expect: a creator must return the value that is to be cached
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    const auto cached = region.cache_on_arguments("f", [](int) {});
}
