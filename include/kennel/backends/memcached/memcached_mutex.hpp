#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_MUTEX_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_MUTEX_HPP

#include "kennel/backends/memcached/item_expiry.hpp"
#include "kennel/backends/memcached/lock_waits.hpp"
#include "kennel/backends/memcached/memcached_lock.hpp"
#include "kennel/cache_mutex.hpp"
#include "kennel/detail/fork_generation.hpp"
#include "kennel/lease_keeper.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The lock of one key as dogpile keeps it on memcached: an item that only one can add. It has a lease, which is
/// renewed while it is held, and is given back only by whoever holds it.
class MemcachedMutex final : public CacheMutex, public Lease, public std::enable_shared_from_this<MemcachedMutex> {
    using Look = MemcachedLock::Look;

public:
    /// The key is legal.
    MemcachedMutex(std::shared_ptr<MemcachedStore> store, std::string_view key)
        : store_(std::move(store)), lock_(store_, key) {}

    /// A lock that is held is given up to its lease.
    ~MemcachedMutex() override {
        if (is_inherited()) return;
        if (ticket_) store_->lease_keeper().forget(*ticket_);
    }

    using CacheMutex::acquire;

    [[nodiscard]] bool acquire(SteadyTime deadline) override {
        require_own_process();
        for (LockWaits waits(*store_, deadline);; waits.pause()) {
            const std::string token = new_lock_token();
            const Look look = lock_.take(token, lease_expiry(), false);
            if (look.lock == token) {
                adopt(token, look);
                return true;
            }
            if (waits.are_over()) return false;
        }
    }

    /// One round trip where lock and entry are together and the lock is free.
    [[nodiscard]] Turn await_turn(SteadyTime deadline) override {
        require_own_process();
        static_cast<void>(take_read_along());
        LockWaits waits(*store_, deadline);
        for (int refusals = 0;;) {
            const std::string token = new_lock_token();
            Look look = lock_.take(token, lease_expiry(), true);
            if (look.lock == token) {
                adopt(token, look);
                note_entry(look);
                return Turn::mine;
            }
            constexpr int enough = 3;
            if (look.reply == MemcachedReply::done && ++refusals == enough)
                fail("the server takes the lock and does not keep it");
            if (deadline == at_once) return Turn::timed_out;
            const std::optional<Turn> turn = watch(std::move(look), waits);
            if (turn) return *turn;
        }
    }

    [[nodiscard]] bool can_look() const noexcept override { return lock_.is_beside_entry(); }

    /// One round trip where `can_look`, and another one to give the lock back when there is an entry.
    [[nodiscard]] Turn look_or_acquire() override {
        require_own_process();
        static_cast<void>(take_read_along());
        const std::string token = new_lock_token();
        Look look = lock_.take(token, lease_expiry(), true);
        const bool is_ours = look.lock == token;
        const bool is_made = look.entry && look.entry->is_there;
        if (is_made && is_ours) give_back(token, look.version);
        else if (is_ours) adopt(token, look);
        if (look.entry) note_entry(look);
        return is_made ? Turn::made : is_ours ? Turn::mine : Turn::timed_out;
    }

    [[nodiscard]] bool locked() override { return !lock_.look_at_lock().lock.empty(); }

    void release() noexcept override {
        if (is_inherited()) return;
        const std::lock_guard lock(mutex_);
        if (!is_held_) return;
        let_go();
        give_back();
    }

    [[nodiscard]] bool is_lost() const noexcept override { return is_lost_.load(); }

    /// Whether this is the lock of that key in that store.
    [[nodiscard]] bool is_of(const MemcachedStore& store, std::string_view key) const noexcept {
        return store_.get() == &store && lock_.key() == key;
    }

    /// What was read of the entry along with the lock, once.
    [[nodiscard]] std::optional<MemcachedReadAlong> take_read_along() {
        const std::lock_guard lock(mutex_);
        return std::exchange(read_along_, std::nullopt);
    }

    /// What the key has, as was read after the lock was taken: a later store of another is what the fence is against.
    void note_found(bool is_there, std::uint64_t version) {
        const std::lock_guard lock(mutex_);
        if (is_held_ && !fence_) fence_ = Fence{.is_there = is_there, .version = version};
    }

    /// Stores the entry if the lock is held as long as that takes and nobody has stored one since, and gives the lock
    /// back by that. Otherwise the lock was lost, and the creation's value is not what the key has now. A lock that is
    /// not and was not held is no hindrance.
    void store_under_lock(const MemcachedEntry& entry) {
        if (is_inherited()) return is_lost_.store(true);
        const std::lock_guard lock(mutex_);
        read_along_.reset();
        if (is_held_ && !is_held_for_certain()) lose();
        if (is_lost_.load()) return;
        if (!is_held_) return store_entry(*store_, entry);
        if (!entry.may_fit()) return store_entry(*store_, entry); // which throws
        store_fenced(entry);
    }

    void renew() noexcept override {
        const std::lock_guard lock(mutex_);
        ticket_.reset();
        if (!is_held_) return;
        const SteadyTime now = std::chrono::steady_clock::now();
        if (now >= later_by(acquired_, store_->settings().lock_max_hold)) return;
        try {
            if (!prolong()) return lose();
            keep(now);
        } catch (...) {
            keep_trying(now);
        }
    }

private:
    /// What the key had when the lock was taken.
    struct Fence {
        bool is_there = false;
        std::uint64_t version = 0; ///< zero if the server counts none
    };

    [[nodiscard]] bool has_lease() const noexcept { return !store_->settings().lock_timeout.is_unlimited(); }

    /// How long the server keeps the lock. It counts in whole seconds, the first of which may be nearly over.
    [[nodiscard]] std::int64_t lease_seconds() const noexcept {
        return (std::max<std::int64_t>)(2, whole_seconds(store_->settings().lock_timeout));
    }
    [[nodiscard]] ItemExpiry lease_expiry() const noexcept {
        return has_lease() ? static_cast<ItemExpiry>(lease_seconds()) : never_expires;
    }

    /// Until when the lock is kept for certain that was asked for at that time.
    [[nodiscard]] SteadyTime proven_end(SteadyTime sent) const noexcept {
        return has_lease() ? later_by(sent, std::chrono::seconds(lease_seconds() - 1)) : no_deadline;
    }

    /// Whether this was acquired by the process of which this one is a fork.
    [[nodiscard]] bool is_inherited() const noexcept { return generation_.load() != fork_generation(); }

    void adopt(const std::string& token, const Look& look) {
        const std::lock_guard lock(mutex_);
        token_ = token;
        version_ = look.version;
        fence_ = fence_of(look);
        acquired_ = look.sent;
        proven_until_ = proven_end(look.sent);
        generation_.store(fork_generation());
        is_lost_.store(false);
        is_held_ = true;
        keep(look.sent);
    }

    [[nodiscard]] static std::optional<Fence> fence_of(const Look& look) noexcept {
        if (!look.entry) return std::nullopt;
        return Fence{.is_there = look.entry->is_there, .version = look.entry->version};
    }

    /// Arranges for the next renewal.
    void keep(SteadyTime now) noexcept {
        if (has_lease()) keep_at(later_by(now, std::chrono::milliseconds(lease_seconds() * 1000 / 3)));
    }
    void keep_trying(SteadyTime now) noexcept {
        keep_at(later_by(now, std::chrono::milliseconds(lease_seconds() * 100)));
    }
    void keep_at(SteadyTime when) noexcept {
        try {
            const std::string server = store_->server_text_of(lock_.lock_key());
            ticket_ = store_->lease_keeper().keep(weak_from_this(), when, server);
        } catch (...) { // NOLINT(*-empty-catch): without memory it is not renewed
        }
    }

    /// From now on it is not held, whatever the server thinks.
    void let_go() noexcept {
        is_held_ = false;
        if (ticket_) store_->lease_keeper().forget(*ticket_);
        ticket_.reset();
    }
    void lose() noexcept {
        let_go();
        is_lost_.store(true);
    }

    /// Watches the lock, which somebody else holds, and the entry; nothing when the lock is free.
    [[nodiscard]] std::optional<Turn> watch(Look look, LockWaits& waits) {
        if (!look.entry) look = lock_.look_at_both();
        for (;; look = lock_.look_at_both()) {
            if (note_entry(look)) return Turn::made;
            if (look.lock.empty()) return std::nullopt;
            if (waits.are_over()) return Turn::timed_out;
            waits.pause();
        }
    }

    /// Keeps the entry for the next look, and says whether it is there and not the one that was seen before.
    bool note_entry(Look& look) {
        const bool is_news = look.entry->is_there && look.entry->version != seen_version_;
        seen_version_ = look.entry->version;
        const std::lock_guard lock(mutex_);
        read_along_ = std::move(look.entry);
        return is_news;
    }

    /// Begins the lease anew; false when the lock is not held any more.
    [[nodiscard]] bool prolong() {
        for (int tries = 0; tries != 2; ++tries) {
            if (version_ == 0 && !find_version()) return false;
            if (version_ == 0) return true; // the server has no versions, so it cannot be changed for certain
            const Look look = lock_.prolong(token_, lease_expiry(), version_);
            if (look.lock != token_) return false;
            version_ = look.version;
            if (look.reply != MemcachedReply::done) continue;
            proven_until_ = proven_end(look.sent);
            return true;
        }
        return false;
    }

    /// False when the lock is not held any more.
    [[nodiscard]] bool find_version() {
        const Look look = lock_.look_at_lock();
        version_ = look.version;
        return look.lock == token_;
    }

    /// Whether the lock is held, and for longer than an answer may take, as far as that can be known without asking
    /// when it was read along with the entry.
    [[nodiscard]] bool is_held_for_certain() {
        if (!has_margin() && !(prolong() && has_margin())) return false;
        if (fence_ && version_ != 0) return true;
        const Look look = lock_.look_at_both();
        version_ = look.version;
        if (!fence_) fence_ = fence_of(look);
        return look.lock == token_ && (lock_.is_beside_entry() || find_version()) && has_margin();
    }
    [[nodiscard]] bool has_margin() const noexcept {
        if (!has_lease()) return true;
        const TimeSpan quarter = std::chrono::milliseconds(lease_seconds() * 1000 / 4);
        const TimeSpan margin = shorter(quarter, store_->settings().socket_timeout);
        return later_by(SteadyTime(std::chrono::steady_clock::now()), margin) < proven_until_;
    }

    /// Stores by a command that does nothing when the key has no longer what it had. What the answers mean:
    ///   - somebody has stored since: the value would be out of date, and is not stored;
    ///   - the key has lost its entry: nobody has stored, but it is too long to be added by the same request;
    ///   - stored where there was nothing, but the lock is gone: it may have been erased, and must not come back;
    ///   - stored in the place of what there was, but the lock is gone: who has taken it away writes the entry later.
    void store_fenced(const MemcachedEntry& entry) {
        using enum MemcachedReply;
        MemcachedStoring item = entry.item();
        item.version = fence_->version;
        const MemcachedCommand command = !fence_->is_there   ? MemcachedCommand::add
                                         : item.version != 0 ? MemcachedCommand::replace
                                                             : MemcachedCommand::set;
        const MemcachedLock::Stored stored = store_and_give_back(command, item);
        let_go();
        const bool was_ours = stored.lock == done || version_ == 0; // without versions it has just been looked at
        if (stored.entry == exists || stored.entry == absent || !was_ours) is_lost_.store(true);
        if (stored.entry == too_big) refuse(entry);
        if (stored.is_new && !was_ours) take_back(entry);
    }

    [[nodiscard]] MemcachedLock::Stored store_and_give_back(MemcachedCommand command, const MemcachedStoring& item) {
        try {
            return lock_.store_and_give_back(command, item, token_, version_);
        } catch (const MemcachedRefusal&) {
            erase_item(*store_, lock_.key()); // as the server does when it has no memory for what replaces anything
            throw;
        }
    }

    /// Removes what has been stored, unless somebody has stored something else since.
    void take_back(const MemcachedEntry& entry) {
        const std::string_view key = entry.key();
        std::uint64_t version = 0;
        store_->with_connection("get", key, [&](MemcachedConnection& connection, SteadyTime deadline) {
            connection.ask_items({&key, 1}, true);
            connection.send(deadline);
            connection.receive_items({&key, 1}, true, [&](std::size_t, const MemcachedItem& found) {
                if (entry.item().has(found.value)) version = found.version;
            });
        });
        if (version == 0) return;
        try {
            store_->with_connection("erase", key, [&](MemcachedConnection& connection, SteadyTime deadline) {
                connection.ask_to_release({.key = key, .version = version});
                connection.send(deadline);
                static_cast<void>(connection.receive_reply(MemcachedCommand::release));
            });
        } catch (const MemcachedRefusal&) {
            erase_item(*store_, key); // without memory nothing can be replaced
        }
    }

    [[noreturn]] void refuse(const MemcachedEntry& entry) {
        erase_item(*store_, entry.key());
        entry.refuse(*store_);
    }

    /// Ends the lock at the server if it is still ours. That it cannot be asked is as good as a lease that runs out.
    void give_back() noexcept {
        try {
            if (version_ != 0 && lock_.give_back(token_, version_) == MemcachedReply::done) return;
            if (!find_version()) return is_lost_.store(true);
            if (version_ != 0 || has_margin()) static_cast<void>(lock_.give_back(token_, version_));
        } catch (const MemcachedRefusal&) { // without memory nothing can be replaced
            if (has_margin()) give_back(token_, 0);
        } catch (...) { // NOLINT(*-empty-catch): release reports nothing
        }
    }

    /// The same for one that was taken just now, and not needed.
    void give_back(const std::string& token, std::uint64_t version) noexcept {
        try {
            static_cast<void>(lock_.give_back(token, version));
        } catch (const MemcachedRefusal&) {
            if (version != 0) give_back(token, 0);
        } catch (...) { // NOLINT(*-empty-catch): then its lease ends
        }
    }

    void require_own_process() const {
        if (is_inherited()) fail("it was made before the process was forked; ask the backend for another one");
    }

    [[noreturn]] void fail(std::string_view why) const {
        throw BackendError(joined({"memcached: lock '", lock_.lock_key().substr(0, 60), "': ", why}));
    }

    std::shared_ptr<MemcachedStore> store_;
    MemcachedLock lock_;
    std::uint64_t seen_version_ = 0; ///< of the entry; for whoever waits alone

    std::atomic<unsigned> generation_ = fork_generation();
    std::atomic<bool> is_lost_ = false;
    std::mutex mutex_; ///< over everything below, also while the server is asked about it
    bool is_held_ = false;
    std::string token_;
    std::uint64_t version_ = 0; ///< of the lock; zero when the server counts none
    std::optional<Fence> fence_;
    SteadyTime acquired_{};
    SteadyTime proven_until_{};
    std::optional<LeaseKeeper::Ticket> ticket_;
    std::optional<MemcachedReadAlong> read_along_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
