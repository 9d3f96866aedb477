#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_PROTOCOL_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_PROTOCOL_HPP

#include "kennel/backends/memcached/memcached_failure.hpp"
#include "kennel/backends/memcached/memcached_item.hpp"
#include "kennel/backends/net/byte_input.hpp"
#include "kennel/backends/net/byte_output.hpp"
#include "kennel/detail/joined.hpp"
#include "kennel/function_ref.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// How commands are written and their answers read on one connection. Answers are read in the order of the commands,
/// each with what was asked.
///
/// What reads throws `MalformedInput` for what is no answer to just that command, and `MemcachedRefusal` when the
/// server answers that it cannot; the connection is out of step then. No length is believed before it was compared
/// with the largest that a value may have.
class MemcachedProtocol {
public:
    /// Is given the position of a key, and its item.
    using ItemReader = FunctionRef<void(std::size_t, const MemcachedItem&)>;

    MemcachedProtocol() = default;
    MemcachedProtocol(const MemcachedProtocol&) = delete;
    MemcachedProtocol& operator=(const MemcachedProtocol&) = delete;
    virtual ~MemcachedProtocol() = default;

    virtual void ask_items(ByteOutput& out, std::span<const std::string_view> keys, bool with_versions) = 0;
    virtual void ask_to_store(ByteOutput& out, MemcachedCommand command, const MemcachedStoring& item) = 0;
    virtual void ask_to_erase(ByteOutput& out, std::string_view key) = 0;

    /// Asks to remove the item if it is still in that version.
    virtual void ask_to_release(ByteOutput& out, const MemcachedStoring& item) = 0;

    /// Calls `reader` for each item; for a single key only when the whole answer is there.
    virtual void read_items(ByteInput& in, std::span<const std::string_view> keys, bool with_versions,
                            ItemReader reader) = 0;
    [[nodiscard]] virtual MemcachedReply read_reply(ByteInput& in, MemcachedCommand command) = 0;
};

/// Throws `MalformedInput` for a value that is longer than the largest one.
inline void check_value_size(std::size_t size, std::size_t largest) {
    if (size <= largest) [[likely]]
        return;
    throw MalformedInput(joined({"its answer is longer than max_value_size (", std::to_string(largest),
                                 " bytes): raise that if there are such values"}));
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
