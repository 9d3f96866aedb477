// expect: keys are text: pass a range of std::string or std::string_view
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    const std::vector<int> wanted{5};
    region.get_or_create_multi(wanted, [](const std::vector<int>& ids) { return ids; });
}
