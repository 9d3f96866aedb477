#ifndef KENNEL_BACKENDS_MEMORY_ENTRY_HPP
#define KENNEL_BACKENDS_MEMORY_ENTRY_HPP

#include "kennel/backends/memory/type_ids.hpp"
#include "kennel/backends/memory/use_counter.hpp"
#include "kennel/backends/memory/usual_key.hpp"
#include "kennel/cached_value.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A moment of a memory backend, in milliseconds since it was made.
using MemoryTick = std::uint64_t;

/// The tick at which nothing expires.
inline constexpr MemoryTick never = (MemoryTick{1} << 40U) - 1;

/// Where an entry stands in the queues of the eviction policy.
struct MemoryPlace {
    static constexpr std::uint32_t last_position = (1U << 27U) - 1;

    std::uint32_t position : 27;
    std::uint32_t queue : 2;
    std::uint32_t is_on_trial : 1; ///< this and the credit are for the policy's own use
    std::uint32_t credit : 2;
};

/// What few entries have: it lies between the key and the value.
struct MemoryExtras {
    Tags tags{};
    std::optional<TimeSpan> time_to_live{};
    int version = value_version;
};

/// What only entries of backends that need it have.
struct MemoryTracking {
    std::atomic<MemoryTick> last_read{0};
    std::size_t weight = 0;
};

/// An entry of the memory backend: this head, what extras it has, the key and the value, in one block of memory.
///
/// Readers look at it without a lock. All of it stays as it is while a reader can reach it, except for the counters of
/// uses and, in entries whose value is small and trivially copyable, what `overwrite` changes under the sequence
/// number.
class MemoryEntry {
public:
    /// In an entry whose value `is_small`, the four upper bits say of how many words it is.
    enum Flag : std::uint8_t { holds_bytes = 1, has_extras = 2, is_tracked = 4, is_small = 8 };

    /// Whether there can be an entry of this key and value.
    [[nodiscard]] static bool takes(std::string_view key, const CachedValue& value) noexcept {
        return key.size() <= longest_key && value.payload.as_bytes().size() <= most_bytes;
    }

    /// How large a block `make` needs.
    [[nodiscard]] static std::size_t size_for(std::string_view key, const CachedValue& value, bool tracked) noexcept {
        const std::uint8_t flags = flags_for(value, tracked);
        const std::size_t size = value.payload.is_object() ? value.payload.type()->size
                                                           : value.payload.as_bytes().size();
        return size_of_all(flags, key.size(), value.payload.type(), size);
    }

    /// Writes an entry into `block`. Throws what the value's copy constructor throws, and then there is nothing in it.
    static MemoryEntry* make(void* block, std::string_view key, const CachedValue& value, MemoryTick expires,
                             bool tracked) {
        auto* const entry = ::new (block) MemoryEntry(key, value, expires, flags_for(value, tracked));
        const Payload& payload = value.payload;
        if (!key.empty()) std::memcpy(entry->at(sizeof(MemoryEntry)), key.data(), key.size());
        if (entry->flags_ & is_tracked) ::new (static_cast<void*>(&entry->tracking())) MemoryTracking{};
        if (entry->flags_ & has_extras)
            ::new (static_cast<void*>(&entry->extras()))
                MemoryExtras{value.metadata.tags, value.metadata.time_to_live, value.metadata.version};
        try {
            entry->write(payload);
        } catch (...) {
            entry->destroy_extras();
            throw;
        }
        return entry;
    }

    /// Destroys the value, which may run foreign code; the block is then to be freed.
    void destroy() noexcept {
        if (!(flags_ & holds_bytes)) {
            const TypeDescriptor& type = this->type();
            if (type.destroy != nullptr) type.destroy(value_address(type));
        }
        destroy_extras();
    }

    /// Whether it holds nothing but bytes of its own.
    [[nodiscard]] bool is_plain() const noexcept {
        return !(flags_ & has_extras) && ((flags_ & holds_bytes) || type().destroy == nullptr);
    }

    /// Whether `make` runs no foreign code.
    [[nodiscard]] static bool is_plain(const CachedValue& value) noexcept {
        return !(flags_for(value, false) & has_extras) &&
               (!value.payload.is_object() || value.payload.type()->is_trivially_copyable);
    }

    [[nodiscard]] std::size_t block_size() const noexcept {
        const bool is_object = !(flags_ & holds_bytes);
        return size_of_all(flags_, key_size(), is_object ? &type() : nullptr, is_object ? type().size : value_or_type_);
    }

    [[nodiscard]] std::string_view key() const noexcept { return {at(sizeof(MemoryEntry)), key_size()}; }

    [[nodiscard]] bool has_key(std::string_view key) const noexcept { return this->key() == key; }

    /// The same for a key of a usual size.
    [[nodiscard]] [[gnu::always_inline]] bool has_usual_key(std::string_view key) const noexcept {
        return key.size() == key_size() && is_same_usual(at(sizeof(MemoryEntry)), key.data(), key.size());
    }

    [[nodiscard]] MemoryTick expires() const noexcept {
        const MemoryTick high = key_size_and_expiry_.load(std::memory_order_relaxed) & 0xffU;
        return high << 32U | expires_low_.load(std::memory_order_acquire);
    }

    /// Calls `read` with the value where it lies, or with a copy of one that could be overwritten meanwhile.
    template <class Read>
    [[gnu::always_inline]] void visit(Read&& read) const {
        if (flags_ & is_small) [[likely]]
            visit_copy(read);
        else visit_in_place(read);
    }

    /// Replaces value and metadata by those of `value` if both are small, alike and trivially copyable. Not for two
    /// threads at once. The upper part of the expiry stays, for readers take it in two pieces.
    ///
    /// Each store of a part is a release, and each load of one by `visit_copy` an acquire, so a reader that has seen
    /// anything new sees a new sequence number afterwards (H.-J. Boehm, "Can seqlocks get along with programming
    /// language memory models?", 2012).
    [[nodiscard]] bool overwrite(const CachedValue& value, MemoryTick expires) noexcept {
        const Payload& payload = value.payload;
        if (!(flags_ & is_small) || flags_ != flags_for(value, false) || &type() != payload.type()) return false;
        if (this->expires() >> 32U != expires >> 32U) return false;
        const std::uint16_t sequence = sequence_.load(std::memory_order_relaxed);
        if (sequence == last_sequence) return false;
        sequence_.store(static_cast<std::uint16_t>(sequence + 1), std::memory_order_relaxed);
        set_times(value.metadata, expires);
        write(payload);
        sequence_.store(static_cast<std::uint16_t>(sequence + 2), std::memory_order_release);
        return true;
    }

    /// Counts its hits, for the eviction and for who asks for the hottest keys.
    [[nodiscard]] UseCounter& uses() noexcept { return uses_; }
    [[nodiscard]] const UseCounter& uses() const noexcept { return uses_; }

    /// Takes over what was known of an entry that this one replaces.
    void inherit(const MemoryEntry& older) noexcept {
        uses_.inherit(older.uses_);
        place = older.place;
    }

    /// For an entry that is tracked: at most one store per tick.
    void note_read(MemoryTick time) noexcept {
        std::atomic<MemoryTick>& last_read = tracking().last_read;
        if (last_read.load(std::memory_order_relaxed) != time) last_read.store(time, std::memory_order_relaxed);
    }

    /// Only in an entry that was made to be tracked.
    [[nodiscard]] MemoryTracking& tracking() const noexcept {
        return *reinterpret_cast<MemoryTracking*>(const_cast<char*>(at(rounded_up(key_end()))));
    }

private:
    static constexpr std::size_t longest_key = (std::size_t{1} << 24U) - 1;
    static constexpr std::size_t most_bytes = 0xffff'ffffU;
    static constexpr std::size_t largest_small = 64;
    static constexpr std::uint16_t last_sequence = 0xfffe; ///< or a slow reader might see a number again

    MemoryEntry(std::string_view key, const CachedValue& value, MemoryTick expires, std::uint8_t flags)
        : key_size_and_expiry_(static_cast<std::uint32_t>(key.size()) << 8U),
          value_or_type_(value.payload.is_object() ? TypeIds::of(*value.payload.type())
                                                   : static_cast<std::uint32_t>(value.payload.as_bytes().size())),
          flags_(flags) {
        set_times(value.metadata, expires);
    }

    [[nodiscard]] static std::uint8_t flags_for(const CachedValue& value, bool tracked) noexcept {
        const Metadata& metadata = value.metadata;
        const TypeDescriptor* const type = value.payload.type();
        const bool extras = !metadata.tags.empty() || metadata.time_to_live.has_value() ||
                            metadata.version != value_version;
        const unsigned flags = (type != nullptr ? 0U : unsigned{holds_bytes}) | (extras ? unsigned{has_extras} : 0U) |
                               (tracked ? unsigned{is_tracked} : 0U);
        const bool fits = flags == 0 && type->is_trivially_copyable && type->size <= largest_small &&
                          type->alignment <= 8;
        return static_cast<std::uint8_t>(fits ? is_small | word_count(type->size) << 4U : flags);
    }

    [[nodiscard]] static unsigned word_count(std::size_t size) noexcept {
        return static_cast<unsigned>((size + 7) / 8);
    }

    [[nodiscard]] static std::size_t tracking_size(std::uint8_t flags) noexcept {
        return (flags & is_tracked) ? sizeof(MemoryTracking) : 0;
    }
    [[nodiscard]] static std::size_t rounded_up(std::size_t size) noexcept { return (size + 7) & ~std::size_t{7}; }

    /// Where the value begins, or the gap before it.
    [[nodiscard]] static std::size_t value_offset(std::uint8_t flags, std::size_t key_size) noexcept {
        const std::size_t key_end = sizeof(MemoryEntry) + key_size;
        if ((flags & (is_tracked | has_extras)) == 0) return key_end;
        return rounded_up(key_end) + tracking_size(flags) + ((flags & has_extras) ? sizeof(MemoryExtras) : 0);
    }

    /// Small values take whole words. Before others there may be a gap; how large it is for those that are aligned to
    /// more than eight bytes shows only when there is a block.
    [[nodiscard]] static std::size_t size_of_all(std::uint8_t flags, std::size_t key_size, const TypeDescriptor* type,
                                                 std::size_t value_size) noexcept {
        const std::size_t before = value_offset(flags, key_size);
        if (flags & is_small) return rounded_up(before) + rounded_up(value_size);
        if (type == nullptr) return before + value_size;
        const std::size_t mask = type->alignment - 1;
        return (type->alignment <= 8 ? (before + mask) & ~mask : before + mask) + value_size;
    }

    [[nodiscard]] char* at(std::size_t offset) noexcept { return reinterpret_cast<char*>(this) + offset; }
    [[nodiscard]] const char* at(std::size_t offset) const noexcept {
        return reinterpret_cast<const char*>(this) + offset;
    }

    [[nodiscard]] std::size_t key_size() const noexcept {
        return key_size_and_expiry_.load(std::memory_order_relaxed) >> 8U;
    }
    [[nodiscard]] std::size_t key_end() const noexcept { return sizeof(MemoryEntry) + key_size(); }
    [[nodiscard]] const TypeDescriptor& type() const noexcept { return TypeIds::type(value_or_type_); }

    [[nodiscard]] char* value_address(const TypeDescriptor& type) noexcept {
        return const_cast<char*>(std::as_const(*this).value_address(type));
    }
    [[nodiscard]] const char* value_address(const TypeDescriptor& type) const noexcept {
        const char* const earliest = at(value_offset(flags_, key_size()));
        return earliest + ((0 - reinterpret_cast<std::uintptr_t>(earliest)) & (type.alignment - 1));
    }

    [[nodiscard]] MemoryExtras& extras() noexcept {
        return *reinterpret_cast<MemoryExtras*>(at(rounded_up(key_end()) + tracking_size(flags_)));
    }
    void destroy_extras() noexcept {
        if (flags_ & has_extras) extras().~MemoryExtras();
    }

    /// Where the words of a small value are.
    [[nodiscard]] std::uint64_t* words() const noexcept {
        return reinterpret_cast<std::uint64_t*>(const_cast<char*>(at(rounded_up(key_end()))));
    }
    [[nodiscard]] unsigned word_count() const noexcept { return flags_ >> 4U; }

    /// Writes the value where it belongs; what is read at the same time is written word by word.
    void write(const Payload& payload) {
        if (flags_ & is_small) {
            std::uint64_t copy[largest_small / 8];
            std::memcpy(copy, payload.address(), payload.type()->size);
            for (unsigned word = 0; word != word_count(); ++word)
                std::atomic_ref(words()[word]).store(copy[word], std::memory_order_release);
        } else if (payload.is_object()) {
            payload.type()->copy_construct(value_address(*payload.type()), payload.address());
        } else {
            const std::string_view bytes = payload.as_bytes();
            if (!bytes.empty()) std::memcpy(at(value_offset(flags_, key_size())), bytes.data(), bytes.size());
        }
    }

    void set_times(const Metadata& metadata, MemoryTick expires) noexcept {
        created_.store(metadata.created.time_since_epoch().count(), std::memory_order_release);
        cost_.store(rounded(metadata.creation_cost), std::memory_order_release);
        expires_low_.store(static_cast<std::uint32_t>(expires), std::memory_order_release);
        const std::uint32_t key_size = key_size_and_expiry_.load(std::memory_order_relaxed) & ~0xffU;
        key_size_and_expiry_.store(key_size | static_cast<std::uint32_t>(expires >> 32U), std::memory_order_relaxed);
    }

    [[nodiscard]] WallTime created() const noexcept {
        return WallTime(TimeSpan::Nanoseconds(created_.load(std::memory_order_acquire)));
    }
    [[nodiscard]] TimeSpan cost() const noexcept {
        return TimeSpan::from_nanoseconds(std::int64_t{1000} * cost_.load(std::memory_order_acquire));
    }

    /// In microseconds, of which there are 71 minutes at most.
    [[nodiscard]] static std::uint32_t rounded(TimeSpan span) noexcept {
        const std::int64_t number = span.nanoseconds() / 1000 + (span.nanoseconds() % 1000 != 0 ? 1 : 0);
        constexpr std::uint32_t most = (std::numeric_limits<std::uint32_t>::max)();
        return number < most ? static_cast<std::uint32_t>(number) : most;
    }

    template <class Read>
    [[gnu::noinline]] void visit_in_place(Read& read) const {
        CachedValue value{(flags_ & holds_bytes)
                              ? Payload::borrowed_bytes({at(value_offset(flags_, key_size())), value_or_type_})
                              : Payload::borrowed_object(type(), value_address(type())),
                          {.created = created(), .creation_cost = cost()}};
        if (flags_ & has_extras) {
            const MemoryExtras& more = const_cast<MemoryEntry*>(this)->extras();
            value.metadata.tags = more.tags;
            value.metadata.time_to_live = more.time_to_live;
            value.metadata.version = more.version;
        }
        read(std::as_const(value));
    }

    template <class Read>
    [[gnu::always_inline]] void visit_copy(Read& read) const {
        alignas(8) std::byte copy[largest_small];
        const auto copy_word = [&](std::uint64_t* from, unsigned word) {
            const std::uint64_t value = std::atomic_ref(from[word]).load(std::memory_order_acquire);
            std::memcpy(copy + 8 * word, &value, sizeof value);
        };
        // Made in two steps, for compilers first clear an object that is made in one; never destroyed, for it owns
        // nothing.
        alignas(CachedValue) std::byte room[sizeof(CachedValue)];
        CachedValue& value = *::new (static_cast<void*>(room)) CachedValue;
        ::new (static_cast<void*>(&value.payload)) Payload(Payload::borrowed_object(type(), copy));
        std::uint64_t* const original = words();
        std::uint16_t before = 0;
        do {
            while (((before = sequence_.load(std::memory_order_acquire)) & 1U) != 0) let_writer_go_on();
            value.metadata.created = created();
            value.metadata.creation_cost = cost();
            copy_word(original, 0);
            if (word_count() > 1) [[unlikely]]
                for (unsigned word = 1; word < word_count(); ++word) copy_word(original, word);
        } while (sequence_.load(std::memory_order_relaxed) != before);
        read(std::as_const(value));
    }

    /// A writer that was interrupted in the midst of its few stores needs the core.
    [[gnu::noinline]] static void let_writer_go_on() noexcept { std::this_thread::yield(); }

    std::atomic<std::int64_t> created_{0};
    std::atomic<std::uint32_t> expires_low_{0};
    std::atomic<std::uint32_t> cost_{0};             ///< of the creation, in microseconds
    std::atomic<std::uint32_t> key_size_and_expiry_; ///< the key's size, then the upper eight bits of the expiry
    std::uint32_t value_or_type_;                    ///< the size of bytes, or the number of an object's type
    std::atomic<std::uint16_t> sequence_{0};         ///< odd while the entry is being overwritten
    UseCounter uses_;
    std::uint8_t flags_;

public:
    MemoryPlace place{}; ///< for writers only
};

static_assert(sizeof(MemoryEntry) == 32);

} // namespace detail
KENNEL_NAMESPACE_END

#endif
