#ifndef KENNEL_BACKENDS_MEMORY_SLABS_HPP
#define KENNEL_BACKENDS_MEMORY_SLABS_HPP

#include "kennel/backends/memory/linked.hpp"
#include "kennel/errors.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Blocks of memory for entries: small ones lie side by side in pages, one size to a page (J. Bonwick, "The slab
/// allocator", 1994), so that none costs more than its size rounded up to eight bytes. Pages are cut from chunks. What
/// is empty goes back.
///
/// Not for two threads at once.
template <class Allocator>
class Slabs {
public:
    explicit Slabs(const Allocator& allocator) : allocator_(allocator) {}
    Slabs(const Slabs&) = delete;
    Slabs& operator=(const Slabs&) = delete;

    /// When all blocks have been given back.
    ~Slabs() {
        for (const Linked<Page>& open : open_pages_)
            if (!open.empty()) give_back(open.front());
        if (!open_chunks_.empty()) free(open_chunks_.front());
    }

    /// At least `size` bytes, aligned to eight. Throws what the allocator throws.
    [[nodiscard]] void* allocate(std::size_t size) {
        if (size > largest_block) {
            void* const block = words().allocate(words_in(size));
            large_bytes_ += size;
            return block;
        }
        Linked<Page>& open = open_pages_[words_in(size)];
        if (open.empty()) open.add(take_page(words_in(size) * sizeof(Word)));
        Page& page = open.front();
        Block* block = page.free;
        if (block != nullptr) page.free = block->next;
        else block = reinterpret_cast<Block*>(page.begin + page.fresh++ * page.block_size);
        if (++page.used == page.capacity) open.remove(page);
        return block;
    }

    /// `size` is what it was allocated with.
    void deallocate(void* memory, std::size_t size) noexcept {
        if (size > largest_block) {
            large_bytes_ -= size;
            return words().deallocate(static_cast<Word*>(memory), words_in(size));
        }
        Page& page = page_of(memory);
        Linked<Page>& open = open_pages_[words_in(size)];
        if (page.used == page.capacity) open.add(page);
        page.free = ::new (memory) Block{page.free};
        if (--page.used != 0 || open.has_only(page)) return;
        open.remove(page);
        give_back(page);
    }

    /// How much it has taken of memory, without the parts of chunks that nobody has touched so far.
    [[nodiscard]] std::size_t bytes() const noexcept { return touched_pages_ * page_size + large_bytes_; }

private:
    /// Of which no more is touched than the pages that are needed.
    static constexpr std::size_t chunk_size = 512U << 10U;
    static constexpr std::size_t page_size = 8U << 10U;
    static constexpr std::size_t page_count = chunk_size / page_size;
    static constexpr std::size_t largest_block = 512;

    using Word = std::uint64_t;

    struct Block {
        Block* next;
    };

    struct Page {
        Page* next = nullptr;
        Page* previous = nullptr;
        Block* free = nullptr; ///< blocks that were given back
        char* begin = nullptr;
        std::uint16_t block_size = 0;
        std::uint16_t capacity = 0; ///< in blocks
        std::uint16_t fresh = 0;    ///< how many of its blocks were in use at some time
        std::uint16_t used = 0;
    };

    /// The heads of the pages lie together: at the same place in each page, they would compete for few lines of the
    /// processor's cache.
    struct ChunkHead {
        std::size_t fresh = 0; ///< how many of its pages were in use at some time
        std::size_t used = 0;
        Linked<Page> free{}; ///< pages that were given back
        std::array<Page, page_count> pages{};
    };

    /// A head and its pages, of which the first is shorter by the head.
    struct alignas(chunk_size) Chunk : ChunkHead {
        Chunk* next = nullptr;
        Chunk* previous = nullptr;
    };
    static constexpr std::size_t head_size = (sizeof(ChunkHead) + 2 * sizeof(Chunk*) + 63) / 64 * 64;
    static_assert(head_size <= page_size / 2 && sizeof(Chunk) == chunk_size);

    [[nodiscard]] static std::size_t words_in(std::size_t size) noexcept {
        return (size + sizeof(Word) - 1) / sizeof(Word);
    }
    [[nodiscard]] static Chunk& chunk_of(const void* memory) noexcept {
        return *reinterpret_cast<Chunk*>(reinterpret_cast<std::uintptr_t>(memory) & ~(chunk_size - 1));
    }
    [[nodiscard]] static Page& page_of(const void* memory) noexcept {
        return chunk_of(memory).pages[reinterpret_cast<std::uintptr_t>(memory) % chunk_size / page_size];
    }

    [[nodiscard]] Page& take_page(std::size_t block_size) {
        if (open_chunks_.empty()) open_chunks_.add(make_chunk());
        Chunk& chunk = open_chunks_.front();
        const bool has_free = !chunk.free.empty();
        Page& page = has_free ? chunk.free.front() : chunk.pages[chunk.fresh++];
        if (has_free) chunk.free.remove(page);
        else ++touched_pages_;
        if (++chunk.used == page_count) open_chunks_.remove(chunk);

        const auto index = static_cast<std::size_t>(&page - chunk.pages.data());
        const std::size_t head = index == 0 ? head_size : 0;
        page = {.begin = reinterpret_cast<char*>(&chunk) + index * page_size + head,
                .block_size = static_cast<std::uint16_t>(block_size),
                .capacity = static_cast<std::uint16_t>((page_size - head) / block_size)};
        return page;
    }

    void give_back(Page& page) noexcept {
        Chunk& chunk = chunk_of(&page);
        if (chunk.used == page_count) open_chunks_.add(chunk);
        chunk.free.add(page);
        if (--chunk.used != 0 || open_chunks_.has_only(chunk)) return;
        open_chunks_.remove(chunk);
        free(chunk);
    }

    [[nodiscard]] Chunk& make_chunk() {
        auto allocator = chunks();
        Chunk* const memory = allocator.allocate(1);
        if (reinterpret_cast<std::uintptr_t>(memory) % chunk_size != 0) {
            allocator.deallocate(memory, 1);
            throw ValidationError("the allocator of a memory backend must align as the types that it allocates demand");
        }
        return *::new (static_cast<void*>(memory)) Chunk;
    }
    void free(Chunk& chunk) noexcept {
        touched_pages_ -= chunk.fresh;
        chunks().deallocate(&chunk, 1);
    }

    template <class Type>
    using AllocatorFor = typename std::allocator_traits<Allocator>::template rebind_alloc<Type>;
    [[nodiscard]] AllocatorFor<Chunk> chunks() const noexcept { return AllocatorFor<Chunk>(allocator_); }
    [[nodiscard]] AllocatorFor<Word> words() const noexcept { return AllocatorFor<Word>(allocator_); }

    Allocator allocator_;
    std::array<Linked<Page>, largest_block / sizeof(Word) + 1> open_pages_{}; ///< with room, by the words in a block
    Linked<Chunk> open_chunks_;                                               ///< with room for pages
    std::size_t touched_pages_ = 0;
    std::size_t large_bytes_ = 0;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
