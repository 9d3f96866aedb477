#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_ITEM_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_ITEM_HPP

#include "kennel/version.hpp"

#include <cstdint>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// An item as a server has it.
struct MemcachedItem {
    std::string_view value{};  ///< in a buffer of the client, until its next call
    std::uint32_t flags = 0;   ///< what the writer noted
    std::uint64_t version = 0; ///< another one after each change; zero unless it was asked for
};

/// What a server says to a write.
enum class MemcachedReply {
    done,
    exists,  ///< the key has an item, or by now another one
    absent,  ///< the key has none
    too_big, ///< for the server; the item that was there before is gone
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
