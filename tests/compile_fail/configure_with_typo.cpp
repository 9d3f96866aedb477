// expect: ConfigureOptions
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    region.configure("memory", {.expire = std::chrono::hours(1)});
}
