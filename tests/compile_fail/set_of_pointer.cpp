// expect: what is stored must own what it is made of
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    static int number = 5;
    region.set("key", &number);
}
