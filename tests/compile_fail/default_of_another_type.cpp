// expect: a default value must convert to the parameter that it stands for
#include "kennel/kennel.hpp"

int main() {
    kennel::CacheRegion<> region;
    const auto cached = region.cache_on_arguments("twice", [](int number) { return number * 2; });
    const auto complete = cached.with_defaults("two");
}
