#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_MUTEX_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_MUTEX_HPP

#include "kennel/backends/memcached/item_expiry.hpp"
#include "kennel/backends/memcached/lock_waits.hpp"
#include "kennel/backends/memcached/memcached_store.hpp"
#include "kennel/cache_mutex.hpp"
#include "kennel/detail/fork_generation.hpp"
#include "kennel/lease_keeper.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What has been read of an entry along with its lock.
struct MemcachedReadAlong {
    bool is_there = false;
    std::string value{};
    std::uint32_t flags = 0;
};

/// The lock of one key as dogpile keeps it on memcached: an item that only one can add. The text in it is one that
/// nobody else has, so it is given back only by whoever holds it. It has a lease, which is renewed while it is held.
class MemcachedMutex final : public CacheMutex, public Lease, public std::enable_shared_from_this<MemcachedMutex> {
public:
    /// The key is legal.
    MemcachedMutex(std::shared_ptr<MemcachedStore> store, std::string_view key)
        : store_(std::move(store)), key_(key), lock_key_(lock_key_of(store_->settings().lock_prefix, key)) {}

    /// A lock that is held is given up to its lease.
    ~MemcachedMutex() override {
        if (is_inherited()) return;
        if (ticket_) store_->lease_keeper().forget(*ticket_);
    }

    using CacheMutex::acquire;

    [[nodiscard]] bool acquire(SteadyTime deadline) override {
        require_own_process();
        for (LockWaits waits(*store_, deadline);; waits.pause()) {
            if (take()) return true;
            if (waits.are_over()) return false;
        }
    }

    [[nodiscard]] Turn await_turn(SteadyTime deadline) override {
        require_own_process();
        static_cast<void>(take_read_along());
        LockWaits waits(*store_, deadline);
        for (int tries = 0;;) {
            if (!take()) {
                const std::optional<Turn> turn = watch(waits);
                if (turn) return *turn;
                continue; // it is free
            }
            if (is_confirmed()) return Turn::mine;
            constexpr int enough = 3;
            if (++tries == enough) fail("the server takes the lock and does not keep it");
        }
    }

    [[nodiscard]] bool locked() override {
        return store_->with_client("ask the lock", lock_key_,
                                   [this](MemcachedClient& client) { return client.get(lock_key_).has_value(); });
    }

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
        return store_.get() == &store && key_ == key;
    }

    /// What `await_turn` has read of the entry, once.
    [[nodiscard]] std::optional<MemcachedReadAlong> take_read_along() {
        const std::lock_guard lock(mutex_);
        return std::exchange(read_along_, std::nullopt);
    }

    /// Runs `store_entry` if the lock is held for certain as long as that takes, and gives the lock back then. If it
    /// was lost, nothing is done. A lock that is not and was not held is no hindrance.
    template <class StoreEntry>
    void store_under_lock(StoreEntry&& store_entry) {
        if (is_inherited()) return is_lost_.store(true);
        const std::lock_guard lock(mutex_);
        read_along_.reset();
        if (is_held_ && !is_held_for_certain()) lose();
        if (is_lost_.load()) return;
        store_entry();
        if (!is_held_) return;
        let_go();
        give_back();
        if (is_lost_.load()) remove(key_); // it was taken away while the entry was stored, which may be out of date
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
    /// What both items were found to be.
    struct Look {
        std::string lock{};        ///< empty when nobody holds it
        std::uint64_t version = 0; ///< of the lock
        bool is_news = false;      ///< the entry is not the one that was seen before
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

    [[nodiscard]] bool take() {
        const std::string token = new_lock_token();
        SteadyTime sent{};
        int calls = 0;
        const MemcachedReply reply = store_->with_client("lock", lock_key_, [&](MemcachedClient& client) {
            if (calls++ == 0) sent = std::chrono::steady_clock::now();
            return client.add(lock_key_, token, lease_expiry());
        });
        // The first answer may have been lost, but not the lock.
        const bool is_ours = reply == MemcachedReply::done || (calls > 1 && read_lock().value == token);
        if (is_ours) adopt(token, sent);
        return is_ours;
    }

    void adopt(const std::string& token, SteadyTime sent) {
        const std::lock_guard lock(mutex_);
        token_ = token;
        version_ = 0;
        acquired_ = sent;
        proven_until_ = proven_end(sent);
        generation_.store(fork_generation());
        is_lost_.store(false);
        is_held_ = true;
        keep(sent);
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
            ticket_ = store_->lease_keeper().keep(weak_from_this(), when);
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
    [[nodiscard]] std::optional<Turn> watch(LockWaits& waits) {
        for (;; waits.pause()) {
            if (waits.are_over()) return Turn::timed_out;
            const Look look = look_at_both();
            if (look.is_news) return Turn::made;
            if (look.lock.empty()) return std::nullopt;
        }
    }

    [[nodiscard]] Look look_at_both() {
        Look look;
        MemcachedReadAlong entry;
        std::uint64_t entry_version = 0;
        const std::array<std::string_view, 2> keys{lock_key_, key_};
        store_->get_multi("watch the lock", keys, true, [&](std::size_t index, const MemcachedItem& item) {
            if (index == 0) {
                look.lock = item.value.empty() ? std::string_view("?") : item.value;
                look.version = item.version;
            } else {
                entry = {.is_there = true, .value = std::string(item.value), .flags = item.flags};
                entry_version = item.version;
            }
        });
        look.is_news = entry.is_there && entry_version != seen_version_;
        seen_version_ = entry_version;
        const std::lock_guard lock(mutex_);
        read_along_ = std::move(entry);
        return look;
    }

    /// Reads the entry once more, now that nobody else creates it, and with it the version of the lock.
    [[nodiscard]] bool is_confirmed() {
        try {
            const Look look = look_at_both();
            const std::lock_guard lock(mutex_);
            version_ = look.version;
            if (look.lock == token_) return true;
            let_go();
            return false;
        } catch (...) {
            release();
            throw;
        }
    }

    struct LockItem {
        std::string value{};
        std::uint64_t version = 0;
    };

    [[nodiscard]] LockItem read_lock() {
        return store_->with_client("read the lock", lock_key_, [this](MemcachedClient& client) {
            const auto item = client.get(lock_key_, true);
            return item ? LockItem{std::string(item->value), item->version} : LockItem();
        });
    }

    /// Gives the lock another expiry if it is still in that version.
    [[nodiscard]] MemcachedReply change(ItemExpiry expiry, std::uint64_t version) {
        return store_->with_client("keep the lock", lock_key_, [&](MemcachedClient& client) {
            return client.replace(lock_key_, token_, expiry, version);
        });
    }

    /// Begins the lease anew; false when the lock is not held any more.
    [[nodiscard]] bool prolong() {
        for (int tries = 0; tries != 2; ++tries) {
            const LockItem item = read_lock();
            if (item.value != token_) return false;
            if (item.version == 0) return true; // the server has no versions, so it cannot be changed for certain
            const SteadyTime sent = std::chrono::steady_clock::now();
            version_ = 0;
            if (change(lease_expiry(), item.version) != MemcachedReply::done) continue;
            proven_until_ = proven_end(sent);
            return true;
        }
        return false;
    }

    /// Whether the lock is held, and for longer than an answer may take.
    [[nodiscard]] bool is_held_for_certain() {
        if (has_margin()) {
            const LockItem item = read_lock();
            version_ = item.version;
            return item.value == token_ && has_margin();
        }
        return prolong() && has_margin();
    }
    [[nodiscard]] bool has_margin() const noexcept {
        if (!has_lease()) return true;
        const TimeSpan quarter = std::chrono::milliseconds(lease_seconds() * 1000 / 4);
        const TimeSpan margin = shorter(quarter, store_->settings().socket_timeout);
        return later_by(SteadyTime(std::chrono::steady_clock::now()), margin) < proven_until_;
    }

    /// Ends the lock at the server if it is still ours. That it cannot be asked is as good as a lease that runs out.
    void give_back() noexcept {
        try {
            if (version_ != 0 && change(already_expired, version_) == MemcachedReply::done) return;
            const LockItem item = read_lock();
            if (item.value != token_) return is_lost_.store(true);
            if (item.version != 0) static_cast<void>(change(already_expired, item.version));
            else if (has_margin()) remove(lock_key_);
        } catch (...) { // NOLINT(*-empty-catch): release reports nothing
        }
    }

    void remove(const std::string& key) {
        static_cast<void>(
            store_->with_client("erase", key, [&](MemcachedClient& client) { return client.erase(key); }));
    }

    void require_own_process() const {
        if (is_inherited()) fail("it was made before the process was forked; ask the backend for another one");
    }

    [[noreturn]] void fail(std::string_view why) const {
        throw BackendError(joined({"memcached: lock '", lock_key_.substr(0, 60), "': ", why}));
    }

    std::shared_ptr<MemcachedStore> store_;
    std::string key_;
    std::string lock_key_;
    std::uint64_t seen_version_ = 0; ///< of the entry; for whoever waits alone

    std::atomic<unsigned> generation_ = fork_generation();
    std::atomic<bool> is_lost_ = false;
    std::mutex mutex_; ///< over everything below, also while the server is asked about it
    bool is_held_ = false;
    std::string token_;
    std::uint64_t version_ = 0; ///< of the lock; zero when it is not known
    SteadyTime acquired_{};
    SteadyTime proven_until_{};
    std::optional<LeaseKeeper::Ticket> ticket_;
    std::optional<MemcachedReadAlong> read_along_;
};

/// Takes the locks of these keys, which are legal, away from creations that hold them, so that these do not store what
/// would be out of date. A lock of dogpile is left alone, for it would not be missed. When a lock cannot be asked for,
/// its holder cannot ask either before it stores.
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
        try {
            store.with_client("take the lock away", lock_key, [&](MemcachedClient& client) {
                return held.version != 0 ? client.replace(lock_key, held.token, already_expired, held.version)
                                         : client.erase(lock_key);
            });
        } catch (const BackendError&) { // NOLINT(*-empty-catch): see above
        }
    }
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
