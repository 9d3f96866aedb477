#include "footprint.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>

#ifdef __linux__
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace {

struct Counters {
    std::atomic<bool> are_on{false};
    std::atomic<long> allocations{0};
    std::atomic<long> bytes{0};
};
constinit Counters counters;

/// What a block takes of the heap.
long size_of([[maybe_unused]] void* block) noexcept {
#ifdef __linux__
    return static_cast<long>(malloc_usable_size(block) + sizeof(std::size_t));
#else
    return 0;
#endif
}

void* counted(void* block) {
    if (block == nullptr) throw std::bad_alloc();
    if (counters.are_on.load(std::memory_order_relaxed)) [[unlikely]] {
        counters.allocations.fetch_add(1, std::memory_order_relaxed);
        counters.bytes.fetch_add(size_of(block), std::memory_order_relaxed);
    }
    return block;
}

void release(void* block) noexcept {
    if (block != nullptr && counters.are_on.load(std::memory_order_relaxed)) [[unlikely]]
        counters.bytes.fetch_sub(size_of(block), std::memory_order_relaxed);
    std::free(block);
}

} // namespace

void* operator new(std::size_t size) { return counted(std::malloc(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    const auto unit = static_cast<std::size_t>(alignment);
    return counted(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}
void operator delete(void* block) noexcept { release(block); }
void operator delete(void* block, std::size_t) noexcept { release(block); }
void operator delete(void* block, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { release(block); }

namespace bench {

CountedAllocations::CountedAllocations() noexcept {
    counters.allocations = 0;
    counters.bytes = 0;
    counters.are_on = true;
}
CountedAllocations::~CountedAllocations() { counters.are_on = false; }
long CountedAllocations::count() const noexcept { return counters.allocations; }
long CountedAllocations::bytes() const noexcept { return counters.bytes; }

#ifdef __linux__
namespace {

double resident_bytes() {
    long pages = 0;
    if (std::FILE* const file = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
        std::fclose(file);
    }
    return static_cast<double>(pages * sysconf(_SC_PAGESIZE));
}

Footprint measured(const Entrant& entrant, std::size_t entries) {
    const double before = resident_bytes();
    const CountedAllocations allocations;
    const auto cache = entrant.make(entries);
    cache->fill(entries);
    const auto count = static_cast<double>(cache->size());
    return {.allocated = static_cast<double>(allocations.bytes()) / count,
            .resident = (resident_bytes() - before) / count,
            .own = static_cast<double>(cache->bytes()) / count};
}

} // namespace

std::optional<Footprint> footprint_of(const Entrant& entrant, std::size_t entries) {
    int ends[2];
    if (pipe(ends) != 0) return std::nullopt;
    const pid_t child = fork();
    if (child == 0) {
        const Footprint footprint = measured(entrant, entries);
        _exit(write(ends[1], &footprint, sizeof footprint) == sizeof footprint ? 0 : 1);
    }
    close(ends[1]);
    Footprint footprint{};
    const bool is_told = child > 0 && read(ends[0], &footprint, sizeof footprint) == sizeof footprint;
    close(ends[0]);
    if (child > 0) waitpid(child, nullptr, 0);
    return is_told ? std::optional(footprint) : std::nullopt;
}
#else
std::optional<Footprint> footprint_of(const Entrant& /*entrant*/, std::size_t /*entries*/) { return std::nullopt; }
#endif

} // namespace bench
