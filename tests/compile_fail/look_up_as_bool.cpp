// expect: operator bool
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    if (region.look_up<int>("key")) return 1;
}
