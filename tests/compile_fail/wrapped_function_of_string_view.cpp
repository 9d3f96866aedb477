// expect: a creator must return a value that owns what it is made of
#include "kennel/kennel.hpp"

std::string_view name(int) { return "name"; }

int main() {
    kennel::CacheRegion<> region;
    const auto cached = region.cache_on_arguments("name", name);
}
