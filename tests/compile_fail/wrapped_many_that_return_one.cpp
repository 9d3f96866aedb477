// expect: a creator of many values must return a sequence with one value for each key, or a map of them
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    const auto cached = region.cache_multi_on_arguments(
        "load", [](const std::vector<int>& numbers) { return numbers.front(); });
}
