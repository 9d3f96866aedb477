// expect: expiration_tme
#include "kennel/kennel.hpp"

int main() {
    using namespace std::chrono_literals;
    kennel::CacheRegion<> region;
    region.configure("memory", kennel::ConfigureOptions{.expiration_tme = 5s});
}
