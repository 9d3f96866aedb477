#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_ENTRY_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_ENTRY_HPP

#include "kennel/backends/memcached/memcached_item.hpp"
#include "kennel/backends/memcached/memcached_store.hpp"
#include "kennel/backends/memcached/zlib_codec.hpp"
#include "kennel/cached_value.hpp"
#include "kennel/envelope.hpp"
#include "kennel/event.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What pylibmc notes in the flags of bytes that are compressed.
inline constexpr std::uint32_t compressed_flag = 8;

/// An entry on its way to a memcached server. It borrows the key and, unless it is compressed, the payload.
class MemcachedEntry {
public:
    /// The key is legal. Throws `SerializationError` for a payload that is not bytes, and `BackendError` for a key that
    /// names the lock of another one.
    MemcachedEntry(std::string_view key, const CachedValue& value, const MemcachedSettings& settings)
        : key_(key), limit_(settings.max_value_size), payload_(value.payload.as_bytes()) {
        if (!value.payload.is_bytes())
            throw SerializationError("memcached: only a payload of bytes can be stored: serialize the object first");
        if (settings.distributed_lock && key.starts_with(settings.lock_prefix)) [[unlikely]]
            refuse_key(settings);
        head_.reserve(64);
        append_metadata<void>(head_, value.metadata);
        head_ += '|';
        expiry_ = expiry_of(value.metadata, settings);
        if (settings.min_compress_len != 0 && head_.size() + payload_.size() >= settings.min_compress_len) compress();
    }

    [[nodiscard]] std::string_view key() const noexcept { return key_; }
    [[nodiscard]] MemcachedStoring item() const noexcept {
        return {.key = key_,
                .head = head_,
                .body = is_compressed_ ? std::string_view() : payload_,
                .flags = is_compressed_ ? compressed_flag : 0,
                .expiry = expiry_};
    }

    /// Whether it is no longer than `max_value_size`.
    [[nodiscard]] bool may_fit() const noexcept { return item().size() <= limit_; }

    /// Throws `BackendError`: this is too big, and the key has no item any more.
    [[noreturn]] void refuse(const MemcachedStore& store) const {
        const std::string limit =
            may_fit() ? "the server's limit for an item, key and all, is lower (1 MiB, or its option -I)"
                      : joined({"max_value_size is ", std::to_string(limit_), " bytes"});
        throw BackendError(store.failure_text(
            "set", key_,
            joined({"the value is too big, and the key has none now: with its metadata it has ",
                    std::to_string(item().size()), " bytes, and ", limit,
                    "; start all servers with a larger -I and set max_value_size to it, or compress values by "
                    "min_compress_len"})));
    }

private:
    [[nodiscard]] static ItemExpiry expiry_of(const Metadata& metadata, const MemcachedSettings& settings) {
        const std::optional<TimeSpan> asked = settings.expire_time;
        const WallTime now = std::chrono::system_clock::now(); // the servers' time, whatever the region's clock says
        if (!asked) return expiry_of_use(metadata.useful_for, now);
        return asked->is_unlimited() ? never_expires : expiry_after(whole_seconds(*asked), now);
    }

    /// The entry would take the lock from a creation, and be a lock for all that are to come.
    [[noreturn]] void refuse_key(const MemcachedSettings& settings) const {
        throw BackendError(joined({"memcached: nothing can be stored under '", abridged(key_),
                                   "', which is the lock of '", abridged(key_.substr(settings.lock_prefix.size())),
                                   "': give the region a key_mangler that puts a prefix of its own before all keys, or "
                                   "another lock_prefix"}));
    }

    void compress() {
        std::string deflated;
        std::string whole = head_;
        whole += payload_;
        is_compressed_ = deflate(whole, deflated);
        if (is_compressed_) head_.swap(deflated);
    }

    std::string_view key_;
    std::size_t limit_;
    std::string head_; ///< the envelope but for the payload, or all of it compressed
    std::string_view payload_;
    ItemExpiry expiry_ = never_expires;
    bool is_compressed_ = false;
};

/// Stores an entry, whatever there was; one that is too big only takes the place of the old one. Throws `BackendError`.
inline void store_entry(MemcachedStore& store, const MemcachedEntry& entry) {
    const MemcachedReply reply = store.with_connection(
        "set", entry.key(), [&](MemcachedConnection& connection, SteadyTime deadline) {
            const bool may_fit = entry.may_fit();
            if (may_fit) connection.ask_to_store(MemcachedCommand::set, entry.item());
            else connection.ask_to_erase(entry.key());
            connection.send(deadline);
            if (may_fit) return connection.receive_reply(MemcachedCommand::set);
            static_cast<void>(connection.receive_reply(MemcachedCommand::erase));
            return MemcachedReply::too_big;
        });
    if (reply == MemcachedReply::too_big) entry.refuse(store);
}

inline constexpr std::size_t most_writes_at_once = 1000;

/// Stores entries like `store_entry`, all at once for each server. Throws for the first that is too big when all were
/// dealt with.
inline void store_entries(MemcachedStore& store, std::span<const std::string_view> keys,
                          std::span<const MemcachedEntry> entries) {
    const MemcachedEntry* too_big = nullptr;
    store.with_connections(
        "set", keys, most_writes_at_once,
        [&](MemcachedConnection& connection, std::span<const std::size_t> positions) {
            for (const std::size_t position : positions) {
                const MemcachedEntry& entry = entries[position];
                if (entry.may_fit()) connection.ask_to_store(MemcachedCommand::set, entry.item());
                else connection.ask_to_erase(entry.key());
            }
        },
        [&](MemcachedConnection& connection, std::span<const std::size_t> positions) {
            for (const std::size_t position : positions) {
                const bool may_fit = entries[position].may_fit();
                const MemcachedReply reply = connection.receive_reply(may_fit ? MemcachedCommand::set
                                                                              : MemcachedCommand::erase);
                if (too_big == nullptr && (!may_fit || reply == MemcachedReply::too_big)) too_big = &entries[position];
            }
        });
    if (too_big != nullptr) too_big->refuse(store);
}

/// Removes items, all at once for each server.
inline void erase_items(MemcachedStore& store, std::span<const std::string_view> keys) {
    store.with_connections(
        "erase", keys, most_writes_at_once,
        [&](MemcachedConnection& connection, std::span<const std::size_t> positions) {
            for (const std::size_t position : positions) connection.ask_to_erase(keys[position]);
        },
        [&](MemcachedConnection& connection, std::span<const std::size_t> positions) {
            for (std::size_t count = positions.size(); count != 0; --count)
                static_cast<void>(connection.receive_reply(MemcachedCommand::erase));
        });
}

/// Removes an item.
inline void erase_item(MemcachedStore& store, std::string_view key) {
    store.with_connection("erase", key, [&](MemcachedConnection& connection, SteadyTime deadline) {
        connection.ask_to_erase(key);
        connection.send(deadline);
        static_cast<void>(connection.receive_reply(MemcachedCommand::erase));
    });
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
