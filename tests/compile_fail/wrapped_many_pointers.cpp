// expect: this parameter has no value of its own that could be part of a cache key
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    const auto cached = region.cache_multi_on_arguments(
        "load", [](const std::vector<int*>& numbers) { return std::vector<int>(numbers.size()); });
    return cached({}).front();
}
