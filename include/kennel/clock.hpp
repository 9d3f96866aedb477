#ifndef KENNEL_CLOCK_HPP
#define KENNEL_CLOCK_HPP

#include "kennel/time_span.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <memory>
#include <mutex>

KENNEL_NAMESPACE_BEGIN

/// A moment of wall time, in nanoseconds since 1970-01-01 UTC: shared with other machines, and it may jump.
using WallTime = std::chrono::time_point<std::chrono::system_clock, TimeSpan::Nanoseconds>;

/// A moment of steady time: only meaningful within this process.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, TimeSpan::Nanoseconds>;

/// As the end of a wait: as long as it takes.
inline constexpr SteadyTime no_deadline = (SteadyTime::max)();

/// As the end of a wait: not at all.
inline constexpr SteadyTime at_once = (SteadyTime::min)();

/// `moment` + `span`, at most the latest moment there is.
template <class Moment>
[[nodiscard]] constexpr Moment later_by(Moment moment, TimeSpan span) noexcept {
    constexpr Moment latest = (Moment::max)();
    return moment > latest - span.duration() ? latest : moment + span.duration();
}

/// How long after `start` it is `now`; nothing when an injected clock has gone back since.
[[nodiscard]] constexpr TimeSpan elapsed_since(SteadyTime start, SteadyTime now) noexcept {
    return now > start ? TimeSpan(now - start) : TimeSpan();
}

/// The time as a region and its backends see it; injected, so that tests and simulations can turn it by hand.
///
/// All members may be called from any thread.
class Clock {
public:
    virtual ~Clock() = default;

    /// The wall time, exactly.
    [[nodiscard]] virtual WallTime wall_now() const = 0;

    /// A wall time that is never ahead of `wall_now` and at most `coarse_lag` behind it, but much cheaper to read.
    [[nodiscard]] virtual WallTime coarse_wall_now() const { return wall_now(); }

    /// How far `coarse_wall_now` may lag behind.
    [[nodiscard]] virtual TimeSpan::Nanoseconds coarse_lag() const { return {}; }

    /// The steady time, exactly.
    [[nodiscard]] virtual SteadyTime steady_now() const = 0;

    /// A steady time that is at most `coarse_lag` behind `steady_now`, but much cheaper to read.
    [[nodiscard]] virtual SteadyTime coarse_steady_now() const { return steady_now(); }

    /// Where `coarse_steady_now` stands in memory, in nanoseconds; zero there means that it has to be asked for. Null
    /// when there is no such place. It stays as long as the clock.
    [[nodiscard]] virtual const std::atomic<std::int64_t>* coarse_steady_word() const { return nullptr; }

    /// Blocks until `changed` is notified or `deadline` has come; like every wait it may also return for no reason.
    virtual void wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                            SteadyTime deadline) const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
public:
    [[nodiscard]] WallTime wall_now() const override { return std::chrono::system_clock::now(); }
    [[nodiscard]] SteadyTime steady_now() const override { return std::chrono::steady_clock::now(); }

#ifdef __linux__
    [[nodiscard]] WallTime coarse_wall_now() const override { return WallTime(read(CLOCK_REALTIME_COARSE)); }
    [[nodiscard]] SteadyTime coarse_steady_now() const override { return SteadyTime(read(CLOCK_MONOTONIC_COARSE)); }
    [[nodiscard]] TimeSpan::Nanoseconds coarse_lag() const override {
        return std::chrono::milliseconds(20); // two ticks of the slowest timer that Linux is built with
    }
#endif

    void wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                    SteadyTime deadline) const override {
        if (deadline == no_deadline) changed.wait(lock);
        else changed.wait_until(lock, deadline);
    }

    /// The one instance that regions use unless told otherwise; it lives as long as the program.
    [[nodiscard]] static const std::shared_ptr<const Clock>& shared() {
        // It points to the clock without owning it, which is cheaper to compile than a counted one.
        static const auto* const instance = new std::shared_ptr<const Clock>(std::shared_ptr<const Clock>(),
                                                                             new SystemClock);
        return *instance;
    }

private:
#ifdef __linux__
    static TimeSpan::Nanoseconds read(clockid_t id) {
        timespec now{};
        clock_gettime(id, &now);
        return std::chrono::seconds(now.tv_sec) + TimeSpan::Nanoseconds(now.tv_nsec);
    }
#endif
};

KENNEL_NAMESPACE_END

#endif
