#ifndef KENNEL_TICKING_CLOCK_HPP
#define KENNEL_TICKING_CLOCK_HPP

#include "kennel/clock.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <thread>

#ifdef __linux__
#include <sys/mman.h>
#endif

KENNEL_NAMESPACE_BEGIN

/// The machine's clocks, of which a thread notes the coarse times in memory every so often: reading them there is no
/// more than a load. Give it to `RegionOptions::clock` of regions that are hit some million times a second; several may
/// share one.
///
/// When the thread is kept from running, the coarse times lag behind by as much. In a child of `fork`, which has no
/// such thread, and where there is no memory that tells a child so (other systems than Linux), the system is asked.
class TickingClock final : public Clock {
public:
    /// Notes the times every `interval`, at least every second; zero is a `ValidationError`.
    explicit TickingClock(TimeSpan interval = std::chrono::milliseconds(1))
        : interval_(shorter(interval, std::chrono::seconds(1))), board_(make_board()) {
        if (interval == TimeSpan()) throw ValidationError("a TickingClock needs an interval above zero");
        if (board_ == nullptr) return;
        note();
        ticker_ = std::make_unique<Ticker>();
        ticker_->thread = std::thread([this] { run(*ticker_); });
    }
    TickingClock(const TickingClock&) = delete;
    TickingClock& operator=(const TickingClock&) = delete;
    ~TickingClock() override {
        if (ticker_ == nullptr) return;
        if (is_in_child()) {
            static_cast<void>(ticker_.release()); // its thread is the parent's, which may hold its mutex
            return;
        }
        {
            const std::lock_guard lock(ticker_->mutex);
            ticker_->is_stopping = true;
        }
        ticker_->stopping.notify_all();
        ticker_->thread.join();
        unmake_board(board_);
    }

    [[nodiscard]] WallTime wall_now() const override { return system_.wall_now(); }
    [[nodiscard]] SteadyTime steady_now() const override { return system_.steady_now(); }

    [[nodiscard]] WallTime coarse_wall_now() const override {
        const std::int64_t noted = board_ != nullptr ? board_->wall.load(std::memory_order_relaxed) : 0;
        return noted != 0 ? WallTime(TimeSpan::Nanoseconds(noted)) : system_.coarse_wall_now();
    }
    [[nodiscard]] SteadyTime coarse_steady_now() const override {
        const std::int64_t noted = board_ != nullptr ? board_->steady.load(std::memory_order_relaxed) : 0;
        return noted != 0 ? SteadyTime(TimeSpan::Nanoseconds(noted)) : system_.coarse_steady_now();
    }
    [[nodiscard]] const std::atomic<std::int64_t>* coarse_steady_word() const override {
        return board_ != nullptr ? &board_->steady : nullptr;
    }
    [[nodiscard]] TimeSpan::Nanoseconds coarse_lag() const override {
        return system_.coarse_lag() + 2 * interval_.duration();
    }

    void wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                    SteadyTime deadline) const override {
        system_.wait_until(changed, lock, deadline);
    }

private:
    /// The times in nanoseconds; zero before they are noted, and in a child process.
    struct Board {
        std::atomic<std::int64_t> wall{0};
        std::atomic<std::int64_t> steady{0};
    };

    static Board* make_board() noexcept {
#if defined(__linux__) && defined(MADV_WIPEONFORK)
        void* const memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) return nullptr; // NOLINT(*-casting): it is one
        if (madvise(memory, sizeof(Board), MADV_WIPEONFORK) == 0) return ::new (memory) Board;
        munmap(memory, sizeof(Board));
#endif
        return nullptr;
    }
    static void unmake_board([[maybe_unused]] Board* board) noexcept {
#ifdef __linux__
        munmap(board, sizeof(Board));
#endif
    }

    [[nodiscard]] bool is_in_child() const noexcept { return board_->steady.load(std::memory_order_relaxed) == 0; }

    void note() noexcept {
        board_->wall.store(system_.coarse_wall_now().time_since_epoch().count(), std::memory_order_relaxed);
        board_->steady.store(system_.coarse_steady_now().time_since_epoch().count(), std::memory_order_relaxed);
    }

    struct Ticker {
        std::mutex mutex;
        std::condition_variable stopping;
        bool is_stopping = false;
        std::thread thread;
    };

    void run(Ticker& ticker) {
        std::unique_lock lock(ticker.mutex);
        while (!ticker.is_stopping) {
            note();
            ticker.stopping.wait_for(lock, interval_.duration());
        }
    }

    SystemClock system_;
    TimeSpan interval_;
    Board* board_; ///< null where it cannot be had
    std::unique_ptr<Ticker> ticker_;
};

KENNEL_NAMESPACE_END

#endif
