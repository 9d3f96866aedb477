#ifndef KENNEL_BACKENDS_MEMORY_SHARD_HPP
#define KENNEL_BACKENDS_MEMORY_SHARD_HPP

#include "kennel/backends/memory/contended_mutex.hpp"
#include "kennel/backends/memory/index.hpp"
#include "kennel/backends/memory/load.hpp"
#include "kennel/backends/memory/removals.hpp"
#include "kennel/backends/memory/retired.hpp"
#include "kennel/backends/memory/shard_settings.hpp"
#include "kennel/backends/memory/slabs.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A part of the memory backend: entries by key. Readers search its table on their own; writers take its lock.
///
/// Callers hold an epoch, and when they hold it no more call `reclaim_if_due`. Of foreign code only the allocator runs
/// under the lock: not copies and destructors of values, nor weigher and listener. What the listener throws is thrown
/// when all is done.
template <class Allocator>
class alignas(64) MemoryShard {
    using Index = MemoryIndex<Allocator>;

public:
    /// Where readers find the table of a shard; it outlives the shard.
    using Table = std::atomic<Index*>;

    MemoryShard(const MemoryShardSettings& settings, MemoryLimits limits, const Allocator& allocator, Table& table)
        : settings_(settings), allocator_(allocator), slabs_(allocator), load_{limits}, index_(table) {
        if (load_.is_limited()) policy_ = settings.make_policy();
        index_.store(Index::make(first_index_size, allocator).release(), std::memory_order_release);
    }
    MemoryShard(const MemoryShard&) = delete;
    MemoryShard& operator=(const MemoryShard&) = delete;
    ~MemoryShard() {
        index().for_each([this](MemoryEntry& entry) { free(entry); });
        retired_.free_all([this](MemoryEntry& entry) { free(entry); });
        typename Index::Deleter()(index_.load());
    }

    /// Stores or replaces an entry. One that is too heavy is refused, and then the key has none.
    ///
    /// Throws what the weigher or the value's copy constructor throws, or `std::bad_alloc`, and then nothing has
    /// changed but that others may have been evicted.
    void set(const HashedKey& key, const CachedValue& value, MemoryTick expires, MemoryTick now) {
        const std::size_t size = MemoryEntry::size_for(key.key, value, settings_.tracks());
        const std::size_t weight = settings_.weigher ? settings_.weigher(key.key, value) : size + table_bytes_per_entry;
        MemoryRemovals removals(settings_.listener);
        if (MemoryEntry::takes(key.key, value)) store({key, value, expires, now, size, weight}, removals);
        else refuse(key, removals);
        removals.finish();
    }

    void erase(const HashedKey& key) {
        MemoryRemovals removals(settings_.listener);
        {
            const std::lock_guard lock(mutex_);
            remove(key, RemovalCause::erased, removals);
        }
        removals.finish();
    }

    /// Removes an entry that was found to be expired, if nobody is writing just now and there is memory for it.
    void drop_expired(const HashedKey& key, const MemoryEntry& found, MemoryTick now) {
        MemoryRemovals removals(settings_.listener);
        try {
            if (const std::unique_lock lock(mutex_, std::try_to_lock);
                lock && index().find(key) == &found && settings_.is_over(found, now)) // or it was overwritten meanwhile
                remove(key, RemovalCause::expired, removals);
        } catch (const std::bad_alloc&) { // NOLINT(*-empty-catch): a reader has not asked for it
        }
        removals.finish();
    }

    /// Tells a policy that wants to know of a hit, if there is memory for that.
    void hit(const HashedKey& key) {
        const std::lock_guard lock(mutex_);
        if (MemoryEntry* const entry = index().find(key)) note_hit(*entry);
    }

    /// Frees what was removed and no reader looks at any more, now and then.
    void reclaim_if_due() noexcept {
        if (is_reclaiming_due_.load(std::memory_order_relaxed) && is_reclaiming_due_.exchange(false)) reclaim();
    }

    /// The same at once.
    void reclaim() noexcept {
        {
            const std::lock_guard lock(mutex_);
            retired_.seal();
        }
        const std::uint64_t oldest_reader = Epochs::instance().oldest_reader();
        typename MemoryRetired<Index>::Batch unreachable;
        {
            const std::lock_guard lock(mutex_);
            unreachable = retired_.take_unreachable(oldest_reader);
        }
        for (MemoryEntry* const entry : unreachable.entries) entry->destroy();
        const std::lock_guard lock(mutex_);
        for (MemoryEntry* const entry : unreachable.entries) slabs_.deallocate(entry, entry->block_size());
    }

    /// Removes all that has expired.
    void drop_all_expired(MemoryTick now, MemoryRemovals& removals) {
        for (std::size_t looked = 0, buckets = 1; looked < buckets; removals.tell()) {
            const std::lock_guard lock(mutex_);
            buckets = index().bucket_count();
            for (const std::size_t end = looked + steps_at_once; looked != end; ++looked) sweep(now, removals);
        }
    }

    /// Sets other limits; `evict_surplus` is to follow. May throw `std::bad_alloc`, and then they stay.
    void limit(MemoryLimits limits) {
        const std::lock_guard lock(mutex_);
        change(limits);
    }

    /// Evicts until the limits hold. May throw `std::bad_alloc` in between.
    void evict_surplus(MemoryRemovals& removals) {
        for (bool is_over = true; is_over; removals.tell()) {
            const std::lock_guard lock(mutex_);
            for (std::size_t evicted = 0; (is_over = load_.is_over()) && evicted != steps_at_once; ++evicted)
                evict(removals);
        }
    }

    /// Calls `use` with each entry; what is stored or removed meanwhile may be among them or not.
    template <class Use>
    void for_each(Use&& use) const {
        index_.load(std::memory_order_acquire)->for_each(use);
    }

    void add_to(MemoryStatistics& total) const {
        const std::lock_guard lock(mutex_);
        total += counts_;
        total.entries += load_.entries;
        total.weight += load_.weight;
        total.bytes += slabs_.bytes() + index().bytes() + retired_.table_bytes() +
                       (policy_ != nullptr ? policy_->bytes() : 0) + sizeof *this;
    }

private:
    static constexpr std::size_t first_index_size = 24;
    static constexpr std::size_t table_bytes_per_entry = 32; ///< in the index, the queues and the ghosts
    static constexpr std::size_t steps_at_once = 32;         ///< without letting others in

    /// What `set` was asked for.
    struct Order {
        const HashedKey& key;
        const CachedValue& value;
        MemoryTick expires;
        MemoryTick now;
        std::size_t size;
        std::size_t weight;
    };

    /// A block for a new entry, which is given back unless the entry is published.
    struct Fresh {
        Fresh(MemoryShard& of_shard, std::size_t of_size) : shard(of_shard), size(of_size) {}
        Fresh(const Fresh&) = delete;
        Fresh& operator=(const Fresh&) = delete;
        ~Fresh() {
            if (block == nullptr) return;
            if (entry != nullptr) entry->destroy();
            const std::lock_guard lock(shard.mutex_);
            shard.slabs_.deallocate(block, size);
        }

        void make_entry(const Order& order) {
            entry = MemoryEntry::make(block, order.key.key, order.value, order.expires, shard.settings_.tracks());
        }

        MemoryShard& shard;
        std::size_t size;
        void* block = nullptr;
        MemoryEntry* entry = nullptr;
    };

    [[nodiscard]] Index& index() const noexcept { return *index_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t hash_of(const MemoryEntry& entry) const noexcept { return settings_.hash(entry.key()); }
    [[nodiscard]] std::size_t weight_of(const MemoryEntry& entry) const noexcept {
        return settings_.weigher ? entry.tracking().weight : entry.block_size() + table_bytes_per_entry;
    }

    void store(const Order& order, MemoryRemovals& removals) {
        Fresh fresh(*this, order.size); // gives back under the lock, and so after it has been left
        {
            const std::lock_guard lock(mutex_);
            if (!load_.may_keep(order.weight)) return refuse_locked(order.key, removals);
            sweep(order.now, removals);
            if (overwrite(order)) return;
            fresh.block = slabs_.allocate(order.size);
            if (MemoryEntry::is_plain(order.value)) {
                fresh.make_entry(order);
                return publish(fresh, order, removals);
            }
        }
        fresh.make_entry(order);
        const std::lock_guard lock(mutex_);
        if (!load_.may_keep(order.weight)) return refuse_locked(order.key, removals);
        publish(fresh, order, removals);
    }

    void refuse(const HashedKey& key, MemoryRemovals& removals) {
        const std::lock_guard lock(mutex_);
        refuse_locked(key, removals);
    }
    void refuse_locked(const HashedKey& key, MemoryRemovals& removals) {
        ++counts_.refused;
        remove(key, RemovalCause::evicted, removals);
    }

    [[nodiscard]] bool overwrite(const Order& order) noexcept {
        if (settings_.listener || settings_.tracks()) return false;
        MemoryEntry* const entry = index().find(order.key);
        if (entry == nullptr || settings_.is_over(*entry, order.now)) return false;
        const bool was_expiring = entry->expires() != never;
        if (!entry->overwrite(order.value, order.expires)) return false;
        note_hit(*entry);
        if (order.expires != never) ++expiring_;
        if (was_expiring) --expiring_;
        ++counts_.replaced;
        return true;
    }

    void note_hit(MemoryEntry& entry) noexcept {
        if (policy_ == nullptr || !policy_->wants_hits()) return;
        try {
            policy_->hit(entry);
        } catch (const std::bad_alloc&) { // NOLINT(*-empty-catch): then it is as if it had not been
        }
    }

    /// Puts the entry of `fresh` in its place. Until nothing can fail any more, nothing is changed but by evictions.
    void publish(Fresh& fresh, const Order& order, MemoryRemovals& removals) {
        MemoryEntry& entry = *fresh.entry;
        if (settings_.tracks()) {
            entry.tracking().last_read.store(order.now, std::memory_order_relaxed);
            entry.tracking().weight = order.weight;
        }
        reserve_tables();
        MemoryEntry* older = index().find(order.key);
        for (; !has_room(older, order.weight); older = index().find(order.key)) evict(removals);
        reserve_removal(removals);
        fresh.block = nullptr; // from here on nothing fails
        if (older != nullptr) replace(*older, entry, order, removals);
        else insert(entry, order.key);
        if (order.expires != never) ++expiring_;
        load_.add(order.weight);
    }

    /// Whether an entry of this weight fits in when `older` goes.
    [[nodiscard]] bool has_room(const MemoryEntry* older, std::size_t weight) const noexcept {
        MemoryLoad load = load_;
        if (older != nullptr) load.remove(weight_of(*older));
        return load.has_room(weight);
    }

    void insert(MemoryEntry& entry, const HashedKey& key) noexcept {
        index().insert(&entry, key);
        if (policy_ != nullptr) policy_->insert(entry, key.hash);
        ++counts_.inserted;
    }

    void replace(MemoryEntry& older, MemoryEntry& entry, const Order& order, MemoryRemovals& removals) noexcept {
        const bool was_over = settings_.is_over(older, order.now);
        entry.inherit(older);
        index().replace(&older, &entry, order.key.hash);
        if (policy_ != nullptr) policy_->replace(entry);
        take_out(older, was_over ? RemovalCause::expired : RemovalCause::replaced, removals);
        if (was_over) ++counts_.inserted;
    }

    /// Makes room in the tables for one more entry.
    void reserve_tables() {
        const auto entries = static_cast<std::size_t>(load_.entries) + 1;
        if (entries > index().capacity()) grow();
        if (policy_ != nullptr) policy_->reserve(entries, load_.expected(entries));
    }

    void reserve_removal(MemoryRemovals& removals) {
        retired_.reserve();
        removals.reserve();
    }

    /// Either all of it happens or nothing.
    void change(MemoryLimits limits) {
        const MemoryLimits before = std::exchange(load_.limits, limits);
        if (!load_.is_limited()) return;
        try {
            const auto held = static_cast<std::size_t>(load_.entries);
            if (policy_ != nullptr) return policy_->reserve(held, load_.expected(held));
            auto policy = settings_.make_policy();
            std::vector<unsigned> uses; // which policies forget of new entries
            index().for_each([&](MemoryEntry& entry) {
                uses.push_back(entry.uses().recent());
                policy->reserve(uses.size(), held);
                policy->insert(entry, hash_of(entry));
            });
            index().for_each([use = uses.begin()](MemoryEntry& entry) mutable { entry.uses().set_recent(*use++); });
            policy_ = std::move(policy);
        } catch (...) {
            load_.limits = before;
            throw;
        }
    }

    /// How many entries the next table is to take. Where there is a limit it grows fast, for that is going to be
    /// reached.
    [[nodiscard]] std::size_t next_size() const noexcept {
        const auto entries = static_cast<std::size_t>(load_.entries);
        const std::size_t most = load_.limits.max_entries;
        if (most == MemoryLimits::none) return entries * 3 / 2 + first_index_size;
        if (entries < most / 6) return entries * 4 + first_index_size;
        return 1 + (entries < most ? most : entries); // the limit may just have been lowered
    }

    void grow() {
        retired_.reserve();
        auto larger = Index::make(next_size(), allocator_);
        index().for_each([&](MemoryEntry& entry) { larger->insert(&entry, {entry.key(), hash_of(entry)}); });
        retired_.retire(typename Index::Owner(index_.exchange(larger.release(), std::memory_order_release)));
        is_reclaiming_due_.store(true, std::memory_order_relaxed);
    }

    /// May throw `std::bad_alloc`, and then nothing has changed.
    void evict(MemoryRemovals& removals) {
        reserve_removal(removals);
        MemoryEntry& victim = policy_->victim();
        const std::uint64_t hash = hash_of(victim);
        index().erase(&victim, hash);
        policy_->evict(victim, hash);
        take_out(victim, RemovalCause::evicted, removals);
    }

    void remove(const HashedKey& key, RemovalCause cause, MemoryRemovals& removals) {
        if (MemoryEntry* const entry = index().find(key)) remove(*entry, key.hash, cause, removals);
    }

    /// May throw `std::bad_alloc`, and then nothing has changed.
    void remove(MemoryEntry& entry, std::uint64_t hash, RemovalCause cause, MemoryRemovals& removals) {
        reserve_removal(removals);
        index().erase(&entry, hash);
        if (policy_ != nullptr) policy_->erase(entry);
        take_out(entry, cause, removals);
    }

    /// Counts and retires an entry that is not in the index any more.
    void take_out(MemoryEntry& entry, RemovalCause cause, MemoryRemovals& removals) noexcept {
        load_.remove(weight_of(entry));
        if (entry.expires() != never) --expiring_;
        ++counts_.removed_by(cause);
        removals.add(entry, cause);
        if (retired_.retire(entry)) is_reclaiming_due_.store(true, std::memory_order_relaxed);
    }

    /// Looks at the entries of one bucket whether they have expired, so that all are looked at in turn. Not for a
    /// listener that stores something: it would be told of these in the midst of that, and store, and so on, bucket for
    /// bucket.
    void sweep(MemoryTick now, MemoryRemovals& removals) {
        if ((expiring_ == 0 && !settings_.counts_idleness()) || MemoryRemovals::is_telling()) return;
        index().for_each_in(swept_++, [&](MemoryEntry& entry) {
            if (settings_.is_over(entry, now)) remove(entry, hash_of(entry), RemovalCause::expired, removals);
        });
    }

    void free(MemoryEntry& entry) noexcept {
        const std::size_t size = entry.block_size();
        entry.destroy();
        slabs_.deallocate(&entry, size);
    }

    const MemoryShardSettings& settings_;
    Allocator allocator_;
    mutable ContendedMutex mutex_;
    Slabs<Allocator> slabs_;
    MemoryLoad load_;
    std::unique_ptr<EvictionPolicy> policy_; ///< null while there is no limit
    MemoryRetired<Index> retired_;
    MemoryStatistics counts_;  ///< of what has happened
    std::size_t expiring_ = 0; ///< entries that expire some time
    std::size_t swept_ = 0;    ///< the bucket to look at next
    Table& index_;
    std::atomic<bool> is_reclaiming_due_{false};
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
