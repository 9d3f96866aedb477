// expect: write kennel::ArgumentValue::object(kennel::MemoryWeigher(f))
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    const auto weigh = [](std::string_view key, const kennel::CachedValue&) { return key.size(); };
    region.configure("memory", {.arguments = {{"weigher", weigh}}});
}
