// expect: no value of this type can be in a cache: ask for the type that was stored
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    region.get<const int>("key");
}
