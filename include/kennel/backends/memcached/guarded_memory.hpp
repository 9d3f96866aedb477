#ifndef KENNEL_BACKENDS_MEMCACHED_GUARDED_MEMORY_HPP
#define KENNEL_BACKENDS_MEMCACHED_GUARDED_MEMORY_HPP

#include "kennel/version.hpp"

#include <libmemcached/memcached.h>

#include <array>
#include <cstddef>
#include <cstdlib>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The memory that libmemcached is given, so that what a server answers cannot make it take or overwrite other memory:
///
/// - no block is larger than the limit, so a length is refused before anything is allocated for it;
/// - before each block lie some bytes of nobody: for a value whose length is said to be -1 or -2 it writes there;
/// - objects of ours that it takes for its own after that are not freed.
class GuardedMemory {
public:
    /// `largest` is that of a block, in bytes.
    explicit GuardedMemory(std::size_t largest) noexcept : largest_(largest) {}
    GuardedMemory(const GuardedMemory&) = delete;
    GuardedMemory& operator=(const GuardedMemory&) = delete;

    /// From now on `memcached` has its memory from here.
    void serve(memcached_st& memcached) noexcept {
        memcached_set_memory_allocators(
            &memcached, [](const memcached_st*, const std::size_t size, void* self) { return of(self).allocate(size); },
            [](const memcached_st*, void* block, void* self) { of(self).free(block); },
            [](const memcached_st*, void* block, const std::size_t size, void* self) {
                return of(self).reallocate(block, size);
            },
            [](const memcached_st*, std::size_t count, const std::size_t size, void* self) {
                return of(self).allocate_zeros(count, size);
            },
            this);
    }

    /// The object is not to be freed; there are at most two.
    void never_free(const void* object) noexcept { kept_[kept_[0] == nullptr ? 0 : 1] = object; }

private:
    static constexpr std::size_t guard = 16; // as malloc aligns
    static_assert(alignof(std::max_align_t) <= guard);

    [[nodiscard]] static GuardedMemory& of(void* self) noexcept { return *static_cast<GuardedMemory*>(self); }

    [[nodiscard]] void* allocate(std::size_t size) const noexcept {
        return size <= largest_ ? after_guard(std::malloc(size + guard)) : nullptr;
    }
    [[nodiscard]] void* allocate_zeros(std::size_t count, std::size_t size) const noexcept {
        if (size != 0 && count > largest_ / size) return nullptr;
        return after_guard(std::calloc(1, count * size + guard));
    }
    [[nodiscard]] void* reallocate(void* block, std::size_t size) const noexcept {
        if (block == nullptr) return allocate(size);
        return size <= largest_ ? after_guard(std::realloc(before_guard(block), size + guard)) : nullptr;
    }
    void free(void* block) const noexcept {
        if (block != nullptr && block != kept_[0] && block != kept_[1]) std::free(before_guard(block));
    }

    [[nodiscard]] static void* after_guard(void* block) noexcept {
        return block != nullptr ? static_cast<std::byte*>(block) + guard : nullptr;
    }
    [[nodiscard]] static void* before_guard(void* block) noexcept { return static_cast<std::byte*>(block) - guard; }

    std::size_t largest_;
    std::array<const void*, 2> kept_{};
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
