// A hit allocates nothing: every allocation of this program is counted.

#include <kennel/kennel.hpp>

#include "support/allocations.hpp"

#include <chrono>
#include <cstdio>
#include <new>
#include <string>

namespace {

template <class Call>
int count(const char* name, int expected_at_most, const Call& call) {
    call(); // whatever is made once, is made now
    const long before = test::allocations().count;
    for (int round = 0; round != 100; ++round) call();
    const long made = test::allocations().count - before;
    std::printf("%-60s %ld in 100 calls\n", name, made);
    return made > 100L * expected_at_most ? 1 : 0;
}

} // namespace

int main() {
    using std::chrono_literals::operator""h;
    kennel::CacheRegion region{{.name = "numbers"}};
    region.configure("memory", {.expiration_time = 1h});
    const std::string key = "a key that is too long for a small string";
    const auto triple = region.cache_on_arguments("triple", [](int number) { return 3 * number; });

    int failures = 0;
    failures += count("the counter counts: an allocation", 1, [] { ::operator delete(::operator new(1)); });
    failures += test::allocations().count == 0 ? 1 : 0;
    failures += count("get_or_create", 0, [&] { (void)region.get_or_create(key, [] { return 7; }); });
    failures += count("get_or_create with options", 0,
                      [&] { (void)region.get_or_create(key, [] { return 7; }, {.expiration_time = 2h}); });
    failures += count("get", 0, [&] { (void)region.get<int>(key); });
    failures += count("get of an absent key", 0, [&] { (void)region.get<int>("no such key in this region at all"); });
    failures += count("a wrapped function with a short key", 0, [&] { (void)triple(5); });
    if (failures != 0) std::printf("%d calls allocated more than they may\n", failures);
    return failures;
}
