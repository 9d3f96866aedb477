// expect: text is stored as std::string
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    region.look_up<std::string_view>("key");
}
