// expect: keys are text: pass a range of std::string or std::string_view
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    region.erase_multi(std::vector<int>{5});
}
