// expect: a creator is called without arguments, or with a kennel::Creation&
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    const int number = region.get_or_create("key", 5);
}
