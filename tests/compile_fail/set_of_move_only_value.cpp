// expect: store a std::shared_ptr<const Type> to share a value that can only be moved
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    region.set("key", std::make_unique<int>(5));
}
