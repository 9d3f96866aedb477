#ifndef KENNEL_BACKENDS_MEMORY_INDEX_HPP
#define KENNEL_BACKENDS_MEMORY_INDEX_HPP

#include "kennel/backends/memory/entry.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The low part of a key's hash chooses the shard, the upper part the bucket, and some bits between are the tag.
struct HashedKey {
    std::string_view key;
    std::uint64_t hash;

    [[nodiscard]] std::uint8_t tag() const noexcept { return static_cast<std::uint8_t>(hash >> 8U); }
};

/// One cache line: a tag and a reference for each of seven entries, and how many entries stand further on because this
/// line was full, so that a search ends as early as it can and removing leaves no trace.
struct alignas(64) MemoryBucket {
    static constexpr unsigned slot_count = 7;
    static constexpr unsigned overflow_shift = 56;

    std::atomic<std::uint64_t> tags{0}; ///< a byte for each slot, any when it is empty; above them the overflow count
    std::array<std::atomic<MemoryEntry*>, slot_count> entries{};

    [[nodiscard]] static unsigned overflow(std::uint64_t tags) noexcept {
        return static_cast<unsigned>(tags >> overflow_shift);
    }

    /// The high bit of each byte that equals `tag`, and perhaps of some above it.
    [[nodiscard]] static std::uint64_t matches(std::uint64_t tags, std::uint8_t tag) noexcept {
        constexpr std::uint64_t ones = 0x0001'0101'0101'0101U;
        const std::uint64_t difference = tags ^ ones * tag;
        return (difference - ones) & ~difference & (ones << 7U);
    }

    [[nodiscard]] unsigned empty_slot() const noexcept {
        unsigned slot = 0;
        while (slot != slot_count && entries[slot].load(std::memory_order_relaxed) != nullptr) ++slot;
        return slot;
    }

    /// The entry with this key among those whose tags match.
    template <bool (MemoryEntry::*has_key)(std::string_view) const noexcept>
    [[nodiscard]] [[gnu::always_inline]] MemoryEntry* find(std::uint64_t matches, std::string_view key) const noexcept {
        for (; matches != 0; matches &= matches - 1) {
            const auto slot = static_cast<unsigned>(std::countr_zero(matches)) / 8;
            MemoryEntry* const entry = entries[slot].load(std::memory_order_acquire);
            if (entry != nullptr && (entry->*has_key)(key)) [[likely]]
                return entry;
        }
        return nullptr;
    }
};

/// A hash table of entries that readers search without a lock while one writer changes it.
///
/// An entry is reachable from the store of its reference on until that is overwritten. Readers must hold an epoch, for
/// what they find may be removed meanwhile. It never moves an entry: to grow, make a larger one and copy.
///
/// It is the head of the block of memory in which its buckets follow.
template <class Allocator>
class alignas(64) MemoryIndex {
public:
    struct Deleter {
        void operator()(MemoryIndex* index) const noexcept {
            Lines lines(index->allocator_);
            const std::size_t count = index->bucket_count_ + 1;
            index->~MemoryIndex();
            std::allocator_traits<Lines>::deallocate(lines, reinterpret_cast<MemoryBucket*>(index), count);
        }
    };
    using Owner = std::unique_ptr<MemoryIndex, Deleter>;

    /// With room for `entry_count` entries at least.
    [[nodiscard]] static Owner make(std::size_t entry_count, const Allocator& allocator) {
        Lines lines(allocator);
        const std::size_t bucket_count = entry_count / filled_slots + 1;
        MemoryBucket* const memory = std::allocator_traits<Lines>::allocate(lines, bucket_count + 1);
        for (std::size_t bucket = 0; bucket != bucket_count; ++bucket) ::new (memory + 1 + bucket) MemoryBucket;
        return Owner(::new (memory) MemoryIndex(bucket_count, lines));
    }
    MemoryIndex(const MemoryIndex&) = delete;
    MemoryIndex& operator=(const MemoryIndex&) = delete;

    /// How many entries it takes well.
    [[nodiscard]] std::size_t capacity() const noexcept { return bucket_count_ * filled_slots; }

    /// What it takes in memory.
    [[nodiscard]] std::size_t bytes() const noexcept { return (bucket_count_ + 1) * sizeof(MemoryBucket); }

    [[nodiscard]] [[gnu::always_inline]] MemoryEntry* find(const HashedKey& wanted) const noexcept {
        if (is_usual_size(
                wanted.key.size())) { // then there is no call in the midst, for which registers would be saved
            const MemoryBucket& bucket = buckets()[home(wanted.hash)];
            const std::uint64_t tags = bucket.tags.load(std::memory_order_acquire);
            MemoryEntry* const entry = bucket.template find<&MemoryEntry::has_usual_key>(
                MemoryBucket::matches(tags, wanted.tag()), wanted.key);
            if (entry != nullptr || MemoryBucket::overflow(tags) == 0) [[likely]]
                return entry;
        }
        return find_any(wanted.key.data(), wanted.key.size(), wanted.hash);
    }

    /// Adds an entry whose key is not there. There must be an empty slot somewhere.
    void insert(MemoryEntry* entry, const HashedKey& key) noexcept {
        std::size_t position = home(key.hash);
        for (;;) {
            MemoryBucket& bucket = buckets()[position];
            const std::uint64_t tags = bucket.tags.load(std::memory_order_relaxed);
            const unsigned slot = bucket.empty_slot();
            if (slot != MemoryBucket::slot_count) {
                const std::uint64_t others = tags & ~(std::uint64_t{0xff} << (8 * slot));
                bucket.entries[slot].store(entry, std::memory_order_release);
                bucket.tags.store(others | std::uint64_t{key.tag()} << (8 * slot), std::memory_order_release);
                return;
            }
            count_overflow(bucket, tags, true);
            position = after(position);
        }
    }

    /// Puts `fresh` in the place of `entry`, which has the same key.
    void replace(const MemoryEntry* entry, MemoryEntry* fresh, std::uint64_t hash) noexcept {
        const Place place = place_of(entry, hash);
        buckets()[place.bucket].entries[place.slot].store(fresh, std::memory_order_release);
    }

    void erase(const MemoryEntry* entry, std::uint64_t hash) noexcept {
        const Place place = place_of(entry, hash);
        for (std::size_t passed = home(hash); passed != place.bucket; passed = after(passed))
            count_overflow(buckets()[passed], buckets()[passed].tags.load(std::memory_order_relaxed), false);
        buckets()[place.bucket].entries[place.slot].store(nullptr, std::memory_order_release);
    }

    /// Calls `use` with every entry.
    template <class Use>
    void for_each(Use&& use) const {
        for (std::size_t position = 0; position != bucket_count_; ++position)
            for (const auto& slot : buckets()[position].entries)
                if (MemoryEntry* const entry = slot.load(std::memory_order_acquire)) use(*entry);
    }

    /// Calls `use` with the entries of one bucket; any number will do as `position`.
    template <class Use>
    void for_each_in(std::size_t position, Use&& use) const {
        for (const auto& slot : buckets()[position % bucket_count_].entries)
            if (MemoryEntry* const entry = slot.load(std::memory_order_acquire)) use(*entry);
    }

    [[nodiscard]] std::size_t bucket_count() const noexcept { return bucket_count_; }

private:
    using Lines = typename std::allocator_traits<Allocator>::template rebind_alloc<MemoryBucket>;
    static constexpr std::size_t filled_slots = 5; ///< of seven, on the average in a full table: then few overflow

    struct Place {
        std::size_t bucket;
        std::size_t slot;
    };

    MemoryIndex(std::size_t bucket_count, const Lines& allocator) : bucket_count_(bucket_count), allocator_(allocator) {
        static_assert(sizeof(MemoryIndex) == sizeof(MemoryBucket), "an allocator may have 48 bytes at most");
    }

    [[nodiscard]] MemoryBucket* buckets() const noexcept {
        return reinterpret_cast<MemoryBucket*>(const_cast<MemoryIndex*>(this)) + 1;
    }

    /// Finds a key of any size, and beyond the first bucket. (Its arguments fit into registers.)
    [[nodiscard]] [[gnu::noinline]] MemoryEntry* find_any(const char* key, std::size_t size,
                                                          std::uint64_t hash) const noexcept {
        const HashedKey wanted{{key, size}, hash};
        std::size_t position = home(hash);
        for (std::size_t looked = 0; looked != bucket_count_; ++looked) {
            const MemoryBucket& bucket = buckets()[position];
            const std::uint64_t tags = bucket.tags.load(std::memory_order_acquire);
            MemoryEntry* const entry = bucket.template find<&MemoryEntry::has_key>(
                MemoryBucket::matches(tags, wanted.tag()), wanted.key);
            if (entry != nullptr || MemoryBucket::overflow(tags) == 0) return entry;
            position = after(position);
        }
        return nullptr;
    }

    [[nodiscard]] std::size_t home(std::uint64_t hash) const noexcept {
        return static_cast<std::size_t>((hash >> 32U) * bucket_count_ >> 32U);
    }
    [[nodiscard]] std::size_t after(std::size_t position) const noexcept {
        return position + 1 != bucket_count_ ? position + 1 : 0;
    }

    [[nodiscard]] Place place_of(const MemoryEntry* entry, std::uint64_t hash) const noexcept {
        for (std::size_t position = home(hash);; position = after(position))
            for (std::size_t slot = 0; slot != MemoryBucket::slot_count; ++slot)
                if (buckets()[position].entries[slot].load(std::memory_order_relaxed) == entry) return {position, slot};
    }

    /// A count that has come to its end stays there.
    static void count_overflow(MemoryBucket& bucket, std::uint64_t tags, bool is_one_more) noexcept {
        constexpr std::uint64_t one = std::uint64_t{1} << MemoryBucket::overflow_shift;
        if (MemoryBucket::overflow(tags) == 0xff) return;
        bucket.tags.store(is_one_more ? tags + one : tags - one, std::memory_order_release);
    }

    std::size_t bucket_count_;
    Lines allocator_;
};

static_assert(sizeof(MemoryBucket) == 64);

} // namespace detail
KENNEL_NAMESPACE_END

#endif
