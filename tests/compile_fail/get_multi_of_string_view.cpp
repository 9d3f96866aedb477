// expect: text is stored as std::string
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    region.get_multi<std::string_view>({"key"});
}
