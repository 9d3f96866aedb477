// expect: a length of time needs a unit
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    region.configure("memory", {.expiration_time = 3600});
}
