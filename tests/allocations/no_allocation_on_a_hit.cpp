// A hit allocates nothing: every allocation of this program is counted.

#include <kennel/kennel.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

namespace {

long allocations = 0;

void* allocate(std::size_t size, std::size_t alignment) {
    ++allocations;
    const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
    if (void* const memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded)) return memory;
    throw std::bad_alloc();
}

} // namespace

[[gnu::noinline]] void* operator new(std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

template <class Call>
int count(const char* name, int expected_at_most, const Call& call) {
    call(); // whatever is made once, is made now
    const long before = allocations;
    for (int round = 0; round != 100; ++round) call();
    const long made = allocations - before;
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
    failures += count("the counter counts: an allocation", 1, [] { delete new int; }) + (allocations == 0 ? 1 : 0);
    failures += count("get_or_create", 0, [&] { (void)region.get_or_create(key, [] { return 7; }); });
    failures += count("get_or_create with options", 0, [&] {
        (void)region.get_or_create(key, [] { return 7; }, {.expiration_time = 2h});
    });
    failures += count("get", 0, [&] { (void)region.get<int>(key); });
    failures += count("get of an absent key", 0, [&] { (void)region.get<int>("no such key in this region at all"); });
    failures += count("a wrapped function: its key", 1, [&] { (void)triple(5); });
    if (failures != 0) std::printf("%d calls allocated more than they may\n", failures);
    return failures;
}
