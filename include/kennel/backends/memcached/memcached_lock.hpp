#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_LOCK_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_LOCK_HPP

#include "kennel/backends/memcached/memcached_entry.hpp"
#include "kennel/backends/memcached/memcached_store.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What has been read of an entry along with its lock.
struct MemcachedReadAlong {
    bool is_there = false;
    std::string value{};
    std::uint32_t flags = 0;
    std::uint64_t version = 0;
};

/// The lock of a key and the entry beside it as the servers have them: asks, and remembers nothing.
///
/// The lock is an item that only one can add; the text in it is one that nobody else has, so everybody knows his own.
class MemcachedLock {
public:
    /// What both items were found to be.
    struct Look {
        std::string lock{};        ///< empty when nobody holds it
        std::uint64_t version = 0; ///< of the lock; zero if the server counts none
        std::optional<MemcachedReadAlong> entry{};
        std::optional<MemcachedReply> reply{}; ///< to what was done to the lock before
        SteadyTime sent{};                     ///< when that was asked for first
    };

    /// The key is legal.
    MemcachedLock(std::shared_ptr<MemcachedStore> store, std::string_view key)
        : store_(std::move(store)), key_(key), lock_key_(lock_key_of(store_->settings().lock_prefix, key)),
          is_beside_entry_(store_->are_together(key_, lock_key_)) {}

    [[nodiscard]] MemcachedStore& store() const noexcept { return *store_; }
    [[nodiscard]] const std::string& key() const noexcept { return key_; }
    [[nodiscard]] const std::string& lock_key() const noexcept { return lock_key_; }

    /// Whether one server has both, and so can be asked about both at once.
    [[nodiscard]] bool is_beside_entry() const noexcept { return is_beside_entry_; }

    /// Tries once for the lock, and looks whose it is then; with the entry if told so, after that if it is ours. One
    /// round trip where the entry is beside it.
    [[nodiscard]] Look take(const std::string& token, ItemExpiry lease, bool reads_entry) {
        const MemcachedStoring item{.key = lock_key_, .body = token, .expiry = lease};
        Look look = change_and_look("lock", MemcachedCommand::add, item, reads_entry && is_beside_entry_);
        if (!reads_entry || look.lock != token || look.entry) return look;
        try {
            read_entry_of(look);
        } catch (...) {
            try {
                static_cast<void>(give_back(token, look.version));
            } catch (...) { // NOLINT(*-empty-catch): then its lease ends
            }
            throw;
        }
        return look;
    }

    /// Begins the lease anew if the lock is still in that version, and looks.
    [[nodiscard]] Look prolong(const std::string& token, ItemExpiry lease, std::uint64_t version) {
        const MemcachedStoring item{.key = lock_key_, .body = token, .expiry = lease, .version = version};
        return change_and_look("keep the lock", MemcachedCommand::replace, item, false);
    }

    /// Reads the entry before the lock where they are together: whoever changes it takes the lock away first.
    [[nodiscard]] Look look_at_both() {
        Look look;
        look.entry.emplace();
        const std::array<std::string_view, 2> keys{key_, lock_key_};
        store_->get_multi("watch the lock", keys, true, [&](std::size_t index, const MemcachedItem& item) {
            index == 0 ? note_entry(look, item) : note_lock(look, item);
        });
        return look;
    }

    [[nodiscard]] Look look_at_lock() {
        const std::string_view lock_key = lock_key_;
        return store_->with_connection("ask the lock", lock_key_,
                                       [&](MemcachedConnection& connection, SteadyTime deadline) {
                                           Look look;
                                           connection.ask_items({&lock_key, 1}, true);
                                           connection.send(deadline);
                                           receive(connection, {&lock_key, 1}, look);
                                           return look;
                                       });
    }

    /// Gives the lock back if it is still in that version; if there are no versions, it must be ours for certain.
    [[nodiscard]] MemcachedReply give_back(const std::string& token, std::uint64_t version) {
        return store_->with_connection("unlock", lock_key_, [&](MemcachedConnection& connection, SteadyTime deadline) {
            ask_to_give_back(connection, token, version);
            connection.send(deadline);
            return connection.receive_reply(giving_back(version));
        });
    }

    /// What the servers say to a store, and to giving back the lock behind it.
    struct Stored {
        MemcachedReply entry;
        MemcachedReply lock;
        bool is_new = false; ///< stored where there was nothing
    };

    /// Stores the entry by that command, and gives the lock back: one round trip where they are together. What was to be
    /// replaced and has gone meanwhile is added, unless it is so long that nobody wants to send it twice for that.
    [[nodiscard]] Stored store_and_give_back(MemcachedCommand command, const MemcachedStoring& item,
                                             const std::string& token, std::uint64_t version) {
        const bool is_beside = is_beside_entry_;
        const bool adds = command == MemcachedCommand::replace && item.size() <= longest_sent_twice;
        Stored stored = store_->with_connection("set", key_, [&](MemcachedConnection& connection, SteadyTime deadline) {
            connection.ask_to_store(command, item);
            if (adds) connection.ask_to_store(MemcachedCommand::add, item);
            if (is_beside) ask_to_give_back(connection, token, version);
            connection.send(deadline);
            Stored answers{};
            answers.entry = connection.receive_reply(command);
            answers.is_new = command == MemcachedCommand::add && answers.entry == MemcachedReply::done;
            if (adds && connection.receive_reply(MemcachedCommand::add) == MemcachedReply::done) {
                answers.entry = MemcachedReply::done;
                answers.is_new = true;
            }
            answers.lock = is_beside ? connection.receive_reply(giving_back(version)) : MemcachedReply::absent;
            return answers;
        });
        if (!is_beside) stored.lock = given_back(token, version);
        return stored;
    }

private:
    static constexpr std::size_t longest_sent_twice = std::size_t{64} * 1024;

    /// A server that does not answer may have let somebody take the lock away.
    [[nodiscard]] MemcachedReply given_back(const std::string& token, std::uint64_t version) {
        try {
            return give_back(token, version);
        } catch (const BackendError&) {
            return MemcachedReply::absent;
        }
    }

    [[nodiscard]] static MemcachedCommand giving_back(std::uint64_t version) noexcept {
        return version != 0 ? MemcachedCommand::release : MemcachedCommand::erase;
    }

    void ask_to_give_back(MemcachedConnection& connection, const std::string& token, std::uint64_t version) const {
        if (version == 0) return connection.ask_to_erase(lock_key_);
        connection.ask_to_release({.key = lock_key_, .body = token, .version = version});
    }

    [[nodiscard]] Look change_and_look(std::string_view action, MemcachedCommand command, const MemcachedStoring& item,
                                       bool reads_entry) {
        SteadyTime sent{};
        const std::array<std::string_view, 2> both{lock_key_, key_};
        const std::span<const std::string_view> keys = std::span(both).first(reads_entry ? 2 : 1);
        return store_->with_connection(action, lock_key_, [&](MemcachedConnection& connection, SteadyTime deadline) {
            Look look;
            if (reads_entry) look.entry.emplace();
            if (sent == SteadyTime()) sent = std::chrono::steady_clock::now(); // the first time may have worked
            look.sent = sent;
            connection.ask_to_store(command, item);
            connection.ask_items(keys, true);
            connection.send(deadline);
            look.reply = connection.receive_reply(command);
            receive(connection, keys, look);
            return look;
        });
    }

    void read_entry_of(Look& look) {
        look.entry.emplace();
        const std::string_view key = key_;
        store_->with_connection("get", key_, [&](MemcachedConnection& connection, SteadyTime deadline) {
            connection.ask_items({&key, 1}, true);
            connection.send(deadline);
            connection.receive_items({&key, 1}, true,
                                     [&](std::size_t, const MemcachedItem& item) { note_entry(look, item); });
        });
    }

    /// Of the lock, and of the entry if there is a second key.
    static void receive(MemcachedConnection& connection, std::span<const std::string_view> keys, Look& look) {
        connection.receive_items(keys, true, [&](std::size_t index, const MemcachedItem& item) {
            index == 0 ? note_lock(look, item) : note_entry(look, item);
        });
    }

    static void note_lock(Look& look, const MemcachedItem& item) {
        look.lock = item.value.empty() ? std::string_view("?") : item.value;
        look.version = item.version;
    }
    static void note_entry(Look& look, const MemcachedItem& item) {
        look.entry = {.is_there = true, .value = std::string(item.value), .flags = item.flags, .version = item.version};
    }

    std::shared_ptr<MemcachedStore> store_;
    std::string key_;
    std::string lock_key_;
    bool is_beside_entry_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
