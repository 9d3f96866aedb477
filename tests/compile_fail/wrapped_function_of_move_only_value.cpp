// expect: return a std::shared_ptr<const Type> to share a value that can only be moved
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    const auto cached = region.cache_on_arguments("f", [](int number) { return std::make_unique<int>(number); });
}
