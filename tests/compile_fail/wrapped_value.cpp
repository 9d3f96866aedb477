// expect: the parameters of an overloaded or generic callable cannot be seen: name them
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    const auto cached = region.cache_on_arguments("five", 5);
}
