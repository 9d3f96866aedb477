#include "support/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {

constinit thread_local test::Allocations of_this_thread;

void* allocate(std::size_t size, std::size_t alignment) {
    ++of_this_thread.count;
    of_this_thread.bytes += size;
    if (of_this_thread.until_failure > 0 && --of_this_thread.until_failure == 0) throw std::bad_alloc();
    const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
    if (void* const memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded)) return memory;
    throw std::bad_alloc();
}

} // namespace

test::Allocations& test::allocations() noexcept { return of_this_thread; }

void* operator new(std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
