#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_ITEM_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_ITEM_HPP

#include "kennel/backends/memcached/item_expiry.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// An item as a server has it.
struct MemcachedItem {
    std::string_view value{}; ///< where it was received, until the next answer is
    std::uint32_t flags = 0;  ///< what the writer noted
    std::uint64_t version =
        0; ///< another one after each change; zero unless it was asked for, or if the server counts none
};

/// An item that is to be stored. It borrows everything.
struct MemcachedStoring {
    std::string_view key;
    std::string_view head{}; ///< the value is this and the body
    std::string_view body{};
    std::uint32_t flags = 0;
    ItemExpiry expiry = never_expires;
    std::uint64_t version = 0; ///< that is to be replaced

    [[nodiscard]] std::size_t size() const noexcept { return head.size() + body.size(); }

    /// Whether that is its value.
    [[nodiscard]] bool has(std::string_view value) const noexcept {
        return value.size() == size() && value.starts_with(head) && value.ends_with(body);
    }
};

/// What a server can be told to do with one key.
enum class MemcachedCommand {
    set,     ///< store, whatever there is
    add,     ///< store if there is nothing
    replace, ///< store if the item is still in that version
    erase,   ///< remove
    release, ///< remove if the item is still in that version
};

/// What a server says to that.
enum class MemcachedReply {
    done,
    exists,  ///< the key has an item, or by now another one
    absent,  ///< the key has none
    too_big, ///< for the server
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
