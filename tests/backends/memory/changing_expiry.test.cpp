#include "kennel/backends/memory.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace {

using namespace std::chrono_literals;
using kennel::TimeSpan;
using namespace test;

/// Stands still, but some threads look at it later than others.
class UnevenClock final : public kennel::Clock {
public:
    static inline thread_local std::chrono::milliseconds lead{0};

    [[nodiscard]] kennel::WallTime wall_now() const override { return kennel::WallTime(); }
    [[nodiscard]] kennel::SteadyTime steady_now() const override { return kennel::SteadyTime(1h + lead); }
    void wait_until(std::condition_variable&, std::unique_lock<std::mutex>&, kennel::SteadyTime) const override {}
};

} // namespace

TEST_CASE("a value that is stored when the old one expires stays, whoever looks meanwhile", "[memory][H9]") {
    const bool has_idle_time = GENERATE(true, false); // else values are overwritten in place
    const bool has_expired = GENERATE(true, false);   // else only for those who look at the clock a little later
    const auto clock = std::make_shared<UnevenClock>();
    kennel::MemoryBackend backend(
        kennel::MemorySettings{.time_to_idle = has_idle_time ? TimeSpan(24h) : kennel::unlimited}, clock);
    std::atomic<bool> is_over = false;
    std::size_t lost = 0;
    run_together(3, [&](std::size_t thread) {
        if (thread != 0) {
            UnevenClock::lead = 1ms;
            while (!is_over) static_cast<void>(has(backend, "key"));
            return;
        }
        for (std::size_t round = 0; round != rounds(200'000); ++round) {
            store(backend, "key", 1, 1ms);
            if (has_expired) UnevenClock::lead = 1ms;
            store(backend, "key", 2, 1h);
            UnevenClock::lead = 0ms;
            lost += has(backend, "key") ? 0U : 1U;
            lost += has(backend, "key") ? 0U : 1U;
        }
        is_over = true;
    });
    CHECK(lost == 0);
    CHECK(backend.size() == 1);
    CHECK(count_iterated(backend) == 1);
}

TEST_CASE("the expiry of an entry is read in one piece while it changes", "[memory][H9]") {
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    kennel::MemoryBackend backend({}, clock);
    const std::chrono::milliseconds middle(std::int64_t{1} << 32);
    clock->advance(middle - 100ms);
    store(backend, "key", 1, 50ms);
    std::atomic<bool> is_over = false;
    std::atomic<std::size_t> lost = 0;
    run_together(3, [&](std::size_t thread) {
        if (thread != 0) {
            while (!is_over) lost += has(backend, "key") ? 0U : 1U;
            return;
        }
        for (std::size_t round = 0; round != rounds(200'000); ++round)
            store(backend, "key", 1, round % 2 == 0 ? TimeSpan(150ms) : TimeSpan(50ms));
        is_over = true;
    });
    CHECK(lost == 0);
}
