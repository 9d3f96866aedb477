#ifndef KENNEL_BACKENDS_MEMCACHED_END_CREATIONS_HPP
#define KENNEL_BACKENDS_MEMCACHED_END_CREATIONS_HPP

#include "kennel/backends/memcached/lock_waits.hpp"
#include "kennel/backends/memcached/memcached_store.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Takes the locks of these keys, which are legal, away from creations that hold them, so that these do not store what
/// would be out of date. A lock of dogpile is left alone, for it would not be missed. When a lock cannot be asked for,
/// its holder cannot give it back either, and takes for lost what it holds.
inline void end_memcached_creations(MemcachedStore& store, std::span<const std::string_view> keys) {
    struct Held {
        std::size_t index;
        std::string token;
        std::uint64_t version;
    };
    std::vector<std::string> texts;
    for (const std::string_view key : keys) texts.push_back(lock_key_of(store.settings().lock_prefix, key));
    const std::vector<std::string_view> lock_keys(texts.begin(), texts.end());
    std::vector<Held> all_held;
    try {
        store.get_multi("ask the lock", lock_keys, true, [&](std::size_t index, const MemcachedItem& item) {
            if (is_lock_token(item.value)) all_held.push_back({index, std::string(item.value), item.version});
        });
    } catch (const BackendError&) { // NOLINT(*-empty-catch): see above
    }
    for (const Held& held : all_held) {
        const std::string_view lock_key = lock_keys[held.index];
        const auto take_away = [&](bool is_release) {
            store.with_connection(
                "take the lock away", lock_key, [&](MemcachedConnection& connection, SteadyTime deadline) {
                    if (is_release)
                        connection.ask_to_release({.key = lock_key, .body = held.token, .version = held.version});
                    else connection.ask_to_erase(lock_key);
                    connection.send(deadline);
                    static_cast<void>(
                        connection.receive_reply(is_release ? MemcachedCommand::release : MemcachedCommand::erase));
                });
        };
        try {
            try {
                take_away(held.version != 0);
            } catch (const MemcachedRefusal&) { // without memory nothing can be replaced
                take_away(false);
            }
        } catch (const BackendError&) { // NOLINT(*-empty-catch): see above
        }
    }
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
