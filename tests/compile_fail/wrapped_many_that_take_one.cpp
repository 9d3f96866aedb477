// expect: a function of many arguments takes them as const std::vector<Argument>&
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    const auto cached = region.cache_multi_on_arguments("load", [](int number) { return std::vector<int>{number}; });
}
