#include <kennel/kennel.hpp>
#ifdef USE_JSON
#include <kennel/serializers/json.hpp>
#endif

int main() {
    kennel::CacheRegion region;
    region.configure("memory");
    const int created = region.get_or_create("answer", [] { return 42; });
    const int stored = region.get_or_create("answer", [] { return 0; });
    return created == 42 && stored == 42 ? 0 : 1;
}
