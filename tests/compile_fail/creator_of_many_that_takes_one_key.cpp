// expect: a creator of many values is called with the keys, as const std::vector<std::string>&
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    const std::vector<std::string> wanted{"key"};
    region.get_or_create_multi(wanted, [](const std::string& key) { return std::vector<std::string>{key}; });
}
