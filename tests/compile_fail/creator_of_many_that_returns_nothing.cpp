// expect: a creator must return the value that is to be cached
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    region.get_or_create_multi({"key"}, [](const std::vector<std::string>&) {});
}
