// expect: a creator of many values must return a sequence with one value for each key, or a map of them
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    const std::vector<std::string> wanted{"key"};
    region.refresh_multi(wanted, [](const std::vector<std::string>& keys) { return keys.front(); });
}
