// With two_units_second.cpp: every header in two files of one program, which links, starts and shares one set of backends.

#include "all_headers.hpp"

int answer_of_the_second_unit(kennel::CacheRegion<>& region);

int main() {
    kennel::CacheRegion region;
    region.configure("memory");
    const int created = region.get_or_create("answer", [] { return 42; });
    return created == 42 && answer_of_the_second_unit(region) == 42 ? 0 : 1;
}
