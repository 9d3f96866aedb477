#ifndef KENNEL_DETAIL_EPOCH_HPP
#define KENNEL_DETAIL_EPOCH_HPP

#include "kennel/detail/membarrier.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A thread's place in the list of all readers: the epoch in which it reads, or 0.
struct alignas(64) EpochReader {
    std::atomic<std::uint64_t> epoch{0};
    std::uint32_t dice = 0;
    std::size_t index = 0; ///< small and stable while the thread lives; another thread may take it over later
    std::atomic<bool> is_taken{true};
    bool is_for_one_guard = false; ///< of a thread whose thread_local objects are gone already
    EpochReader* next = nullptr;
};

/// Epoch-based reclamation (K. Fraser, "Practical lock-freedom", 2004): what readers may still look at is kept until
/// all who were reading when it was retired have left. A reader writes one word of its own and waits for nobody.
template <class Lazy>
class [[gnu::visibility("default")]] BasicEpochs { // one for all shared libraries
public:
    [[nodiscard]] static BasicEpochs& instance() {
        static auto* const epochs = new BasicEpochs; // never destroyed: threads may read while the program exits
        return *epochs;
    }

    /// Enlists the thread the first time, for which it may throw `std::bad_alloc`.
    [[nodiscard]] static EpochReader& this_thread() {
        if (current_reader == nullptr) [[unlikely]]
            instance().enlist();
        return *current_reader;
    }

    /// Begins to read, and gives what `leave` is to be given.
    [[gnu::always_inline]] static std::uint64_t enter(EpochReader& reader) noexcept {
        const std::uint64_t outer = reader.epoch.load(std::memory_order_relaxed);
        if (outer != 0) return outer;
        const std::uint64_t now = instance_epoch.load(std::memory_order_acquire);
#ifdef KENNEL_DETAIL_THREAD_SANITIZER
        reader.epoch.exchange(now, std::memory_order_seq_cst);
#else
        reader.epoch.store(now, std::memory_order_relaxed);
        AsymmetricBarrier::light();
#endif
        return 0;
    }

    /// The last reader who may have looked at a retired object lets go of it.
    [[gnu::always_inline]] static void leave(EpochReader& reader, std::uint64_t outer) noexcept {
        reader.epoch.store(outer, std::memory_order_release);
        // Without a barrier neither this reader nor the one who retires might see that it is the last. Where the light
        // half of the asymmetric one is none, there is always something to settle, and that begins with a barrier.
        std::atomic_signal_fence(std::memory_order_seq_cst);
        if (unsettled.load(std::memory_order_relaxed) != 0) [[unlikely]]
            instance().settle(reader);
    }

    /// The index of this thread if it has one, else one that is larger than all.
    [[nodiscard]] static std::size_t thread_index() noexcept {
        return current_reader != nullptr ? current_reader->index : static_cast<std::size_t>(-1);
    }

    /// An object that is about to be retired.
    struct Retired {
        std::uint64_t epoch = 0;
        std::shared_ptr<const void> object{};
    };
    using Retirement = std::list<Retired>;

    /// To be done while readers can still reach the object, because it may fail.
    [[nodiscard]] static Retirement prepare(std::shared_ptr<const void> object) {
        Retirement retirement(1);
        retirement.front().object = std::move(object);
        return retirement;
    }

    /// Keeps an object, which no new reader can reach any more, for as long as an old one may look at it.
    void retire(Retirement retirement) noexcept {
        Retirement free; // destroyed outside the lock
        const std::lock_guard lock(mutex_);
        retirement.front().epoch = instance_epoch.fetch_add(1, std::memory_order_seq_cst);
        if (!keeps_retired.exchange(true, std::memory_order_seq_cst)) unsettled.fetch_add(1, std::memory_order_seq_cst);
        retired_.splice(retired_.end(), retirement);
        take_unreachable(free);
    }

    /// Lets go of what nobody looks at any more.
    [[gnu::cold]] void collect() noexcept {
        Retirement free;
        const std::lock_guard lock(mutex_);
        take_unreachable(free);
    }

    /// For who reclaims on its own: what was made unreachable before this call is free once `oldest_reader` is later.
    [[nodiscard]] static std::uint64_t next() noexcept {
        return instance_epoch.fetch_add(1, std::memory_order_seq_cst);
    }

    /// The epoch of the reader who is longest at it, or else that of now; zero when that cannot be found out.
    [[nodiscard]] std::uint64_t oldest_reader() const noexcept {
        if (!AsymmetricBarrier::heavy()) return 0;
        std::uint64_t oldest = instance_epoch.load(std::memory_order_seq_cst);
        for (const EpochReader* reader = readers_.load(std::memory_order_acquire); reader != nullptr;
             reader = reader->next) {
            const std::uint64_t epoch = reader->epoch.load(std::memory_order_seq_cst);
            if (epoch != 0 && epoch < oldest) oldest = epoch;
        }
        return oldest;
    }

private:
    BasicEpochs() {
        AsymmetricBarrier::set_up();
        if (!AsymmetricBarrier::is_light_free()) unsettled.fetch_add(1, std::memory_order_relaxed);
    }

    /// Does what a reader who leaves has to do seldom.
    [[gnu::cold]] void settle(EpochReader& reader) noexcept {
        if (reader.epoch.load(std::memory_order_relaxed) != 0) return; // there is a guard around that which has ended
        AsymmetricBarrier::light();
        if (reader.is_for_one_guard) {
            current_reader = nullptr;
            unsettled.fetch_sub(1, std::memory_order_relaxed);
            reader.is_taken.store(false, std::memory_order_release);
        }
        if (keeps_retired.load(std::memory_order_relaxed)) collect();
    }

    /// The list is in the order of the epochs.
    void take_unreachable(Retirement& free) noexcept {
        if (retired_.empty()) return;
        const std::uint64_t oldest = oldest_reader();
        auto kept = retired_.begin();
        while (kept != retired_.end() && kept->epoch < oldest) ++kept;
        free.splice(free.end(), retired_, retired_.begin(), kept);
        if (!retired_.empty()) return;
        keeps_retired.store(false, std::memory_order_relaxed);
        unsettled.fetch_sub(1, std::memory_order_relaxed);
    }

    [[gnu::cold]] void enlist() {
        struct Leaver {
            EpochReader* reader = nullptr;
            ~Leaver() {
                current_reader = nullptr;
                has_left = true;
                reader->is_taken.store(false, std::memory_order_release);
            }
        };
        EpochReader* reader = vacant();
        if (reader == nullptr) {
            reader = new EpochReader;
            const std::lock_guard lock(mutex_);
            reader->index = reader_count_++;
            reader->next = readers_.load(std::memory_order_relaxed);
            readers_.store(reader, std::memory_order_release);
        }
        reader->is_for_one_guard = has_left;
        if (has_left) unsettled.fetch_add(1, std::memory_order_relaxed);
        current_reader = reader;
        if (has_left) return;
        thread_local Leaver leaver;
        leaver.reader = reader;
    }

    EpochReader* vacant() {
        for (EpochReader* reader = readers_.load(std::memory_order_acquire); reader != nullptr; reader = reader->next) {
            bool taken = false;
            if (reader->is_taken.compare_exchange_strong(taken, true)) return reader;
        }
        return nullptr;
    }

    static inline std::atomic<std::uint64_t> instance_epoch{1};
    static inline std::atomic<unsigned> unsettled{0}; ///< how many things `settle` has to do some time
    static inline std::atomic<bool> keeps_retired{false};
    static inline constinit thread_local EpochReader* current_reader = nullptr;
    static inline constinit thread_local bool has_left = false; ///< its thread_local objects are gone

    std::atomic<EpochReader*> readers_{nullptr};
    std::mutex mutex_;
    std::size_t reader_count_ = 0;
    Retirement retired_;
};

using Epochs = BasicEpochs<void>;

/// While it lives, nothing that its thread finds is reclaimed. Guards may nest; a thread must not wait for a
/// reclamation inside one.
template <class Lazy>
class BasicEpochGuard {
    using Epochs = BasicEpochs<Lazy>;

public:
    BasicEpochGuard() : reader_(Epochs::this_thread()), outer_(Epochs::enter(reader_)) {}
    BasicEpochGuard(const BasicEpochGuard&) = delete;
    BasicEpochGuard& operator=(const BasicEpochGuard&) = delete;
    [[gnu::always_inline]] ~BasicEpochGuard() { Epochs::leave(reader_, outer_); }

    /// The thread's index, for choosing among stripes of a counter.
    [[nodiscard]] std::size_t thread_index() const noexcept { return reader_.index; }

    /// A number that looks random enough to choose samples by, from the upper bits (a linear congruence of D. Knuth and
    /// H. Lewis).
    [[nodiscard]] [[gnu::always_inline]] std::uint32_t roll() const noexcept {
        return reader_.dice = reader_.dice * 1664525U + 1013904223U;
    }

private:
    EpochReader& reader_;
    std::uint64_t outer_;
};

using EpochGuard = BasicEpochGuard<void>;

} // namespace detail
KENNEL_NAMESPACE_END

#endif
