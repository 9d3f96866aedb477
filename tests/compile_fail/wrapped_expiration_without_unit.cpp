// expect: a length of time needs a unit
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    const auto cached = region.cache_on_arguments("twice", [](int number) { return number * 2; },
                                                  {.expiration_time = 60});
}
