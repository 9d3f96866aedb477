#ifndef KENNEL_BACKENDS_MEMORY_RETIRED_HPP
#define KENNEL_BACKENDS_MEMORY_RETIRED_HPP

#include "kennel/backends/memory/entry.hpp"
#include "kennel/detail/epoch.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Entries and tables that are unreachable for new readers, until the readers of then have left. They wait in batches,
/// for finding that out is a system call. Not for two threads at once.
template <class Index>
class MemoryRetired {
public:
    struct Batch {
        std::vector<MemoryEntry*> entries{};
        std::vector<typename Index::Owner> indexes{};

        [[nodiscard]] bool empty() const noexcept { return entries.empty() && indexes.empty(); }
    };

    /// Makes room for one entry and one table; may throw `std::bad_alloc`.
    void reserve() {
        grow_full(young_.entries);
        grow_full(young_.indexes);
    }

    /// Needs room. Says whether it is time for `seal` and `take_unreachable`: large values wait for few others, and so
    /// do those that are more than bytes, because nobody knows what they hold.
    bool retire(MemoryEntry& entry) noexcept {
        young_.entries.push_back(&entry);
        urgency_ += (entry.is_plain() ? 1 : plain_batch_size / dear_batch_size) + entry.block_size() / 1024;
        return urgency_ >= plain_batch_size;
    }
    void retire(typename Index::Owner index) noexcept { young_.indexes.push_back(std::move(index)); }

    /// From now on new readers cannot have found what has been retired.
    void seal() noexcept {
        urgency_ = 0;
        if (!old_.empty()) return;
        std::swap(old_, young_);
        epoch_ = Epochs::next();
    }

    /// Takes what no reader can look at any more; `oldest_reader` is what `Epochs` said after a `seal`.
    [[nodiscard]] Batch take_unreachable(std::uint64_t oldest_reader) noexcept {
        Batch unreachable;
        if (epoch_ < oldest_reader) std::swap(unreachable, old_);
        if (!old_.empty()) urgency_ += plain_batch_size - dear_batch_size; // to be tried again soon
        return unreachable;
    }

    /// What the tables among it take in memory.
    [[nodiscard]] std::size_t table_bytes() const noexcept {
        std::size_t bytes = 0;
        for (const Batch* const batch : {&young_, &old_})
            for (const auto& index : batch->indexes) bytes += index->bytes();
        return bytes;
    }

    /// Everything; for the end, when there are no readers.
    template <class Free>
    void free_all(Free&& free) {
        for (Batch* const batch : {&young_, &old_})
            for (MemoryEntry* const entry : batch->entries) free(*entry);
    }

private:
    static constexpr std::size_t plain_batch_size = 64;
    static constexpr std::size_t dear_batch_size = 8;

    template <class Item>
    static void grow_full(std::vector<Item>& items) {
        if (items.size() == items.capacity()) items.reserve(2 * items.size() + 16);
    }

    Batch young_;
    Batch old_;               ///< sealed
    std::uint64_t epoch_ = 0; ///< after which nobody can have found what is old
    std::size_t urgency_ = 0;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
