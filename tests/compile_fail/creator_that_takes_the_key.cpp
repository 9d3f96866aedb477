// expect: a creator is called without arguments, or with a kennel::Creation&
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    const std::string name = region.get_or_create("key", [](std::string_view key) { return std::string(key); });
}
