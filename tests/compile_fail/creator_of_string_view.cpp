// expect: a creator must return a value that owns what it is made of
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    region.get_or_create("key", [] { return std::string_view("text"); });
}
