// expect: return a std::shared_ptr<const Type> to share a value that can only be moved
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    const std::vector<std::string> wanted{"key"};
    region.get_or_create_multi(
        wanted, [](const std::vector<std::string>& keys) { return std::vector<std::unique_ptr<int>>(keys.size()); });
}
