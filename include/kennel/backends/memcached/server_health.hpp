#ifndef KENNEL_BACKENDS_MEMCACHED_SERVER_HEALTH_HPP
#define KENNEL_BACKENDS_MEMCACHED_SERVER_HEALTH_HPP

#include "kennel/clock.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Which servers to leave alone because they have just failed, so that a dead one costs its callers no time: for 50 ms
/// after the first failure, twice as long after each further one. When that is over, one caller tries again.
class ServerHealth {
public:
    /// `longest` is how long a server is left alone at most, and `patience` how long a try may take.
    ServerHealth(std::size_t servers, TimeSpan longest, TimeSpan patience)
        : longest_(longest), patience_(patience), servers_(servers) {}

    /// Whether all servers are well.
    [[nodiscard]] bool is_perfect() const noexcept { return failing_.load(std::memory_order_relaxed) == 0; }

    /// How long not to ask the server yet; zero to ask it now.
    [[nodiscard]] TimeSpan wait_for(std::size_t server) noexcept {
        Server& asked = servers_[server];
        std::int64_t next = asked.next_try.load(std::memory_order_relaxed);
        if (next == 0) return {};
        const SteadyTime now = std::chrono::steady_clock::now();
        const std::int64_t here = now.time_since_epoch().count();
        if (here < next) return TimeSpan::from_nanoseconds(next - here);
        const std::int64_t others = later_by(now, patience_).time_since_epoch().count();
        if (asked.next_try.compare_exchange_strong(next, others, std::memory_order_relaxed)) return {};
        return TimeSpan::from_nanoseconds(1);
    }

    void failed(std::size_t server) noexcept {
        Server& asked = servers_[server];
        const int before = (std::min)(asked.failures.fetch_add(1, std::memory_order_relaxed), 30);
        const TimeSpan wait = shorter(longest_, TimeSpan::from_nanoseconds(first_wait << (std::min)(before, 20)));
        const std::int64_t next =
            later_by(SteadyTime(std::chrono::steady_clock::now()), wait).time_since_epoch().count();
        if (asked.next_try.exchange(next, std::memory_order_relaxed) == 0)
            failing_.fetch_add(1, std::memory_order_relaxed);
    }

    void answered(std::size_t server) noexcept {
        Server& asked = servers_[server];
        asked.failures.store(0, std::memory_order_relaxed);
        if (asked.next_try.exchange(0, std::memory_order_relaxed) != 0)
            failing_.fetch_sub(1, std::memory_order_relaxed);
    }

private:
    static constexpr std::int64_t first_wait = 50'000'000;

    struct Server {
        std::atomic<int> failures = 0;          ///< since it answered last
        std::atomic<std::int64_t> next_try = 0; ///< steady time; zero while it is well
    };

    TimeSpan longest_;
    TimeSpan patience_;
    std::vector<Server> servers_;
    std::atomic<int> failing_ = 0;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
