#include "workload.hpp"

#include "crew.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <random>

namespace demo {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t timeline_parts = 50;

std::vector<std::uint32_t> draw_requests(std::size_t pages, double zipf_exponent) {
    std::vector<double> weights(pages);
    for (std::size_t page = 0; page != pages; ++page)
        weights[page] = 1 / std::pow(static_cast<double>(page + 1), zipf_exponent);
    std::discrete_distribution<std::uint32_t> popularity(weights.begin(), weights.end());
    std::mt19937_64 random(1); // NOLINT(cert-msc*): the same requests without and with Kennel
    std::vector<std::uint32_t> requests(1U << 20U);
    for (std::uint32_t& request : requests) request = popularity(random);
    return requests;
}

/// What one thread has measured; on cache lines of its own.
struct alignas(64) Measured {
    Histogram latency;
    std::vector<std::uint64_t> timeline = std::vector<std::uint64_t>(timeline_parts);
    std::atomic<std::uint64_t> served = 0;
};

Measurement summed_up(const std::vector<Measured>& all, double seconds,
                      const QueryCounter& queries) {
    Measurement result;
    Histogram latency;
    std::vector<std::uint64_t> timeline(timeline_parts);
    std::uint64_t served = 0;
    for (const Measured& one : all) {
        latency.add(one.latency);
        served += one.served;
        for (std::size_t part = 0; part != timeline_parts; ++part)
            timeline[part] += one.timeline[part];
    }
    for (const std::uint64_t count : timeline)
        result.timeline.push_back(static_cast<double>(count) * timeline_parts / seconds);
    result.requests_per_second = static_cast<double>(served) / seconds;
    result.p50_microseconds = latency.microseconds_at(0.5);
    result.p99_microseconds = latency.microseconds_at(0.99);
    result.queries = queries.total();
    result.most_queries_for_one_key = queries.most_for_one_key();
    return result;
}

} // namespace

Workload::Workload(std::size_t pages, double zipf_exponent, std::size_t threads, double seconds)
    : pages_(pages), threads_(threads), seconds_(seconds),
      requests_(draw_requests(pages, zipf_exponent)) {}

Measurement Workload::run(const std::string& name, const Server& serve, QueryCounter& queries,
                          Progress& progress) const {
    std::vector<Measured> measured(threads_);
    queries.reset();
    const auto begin = SteadyClock::now();
    const auto request_all = [&](std::size_t thread, const std::atomic<bool>& is_to_stop) {
        Measured& mine = measured[thread];
        std::size_t next = requests_.size() / threads_ * thread;
        while (!is_to_stop.load(std::memory_order_relaxed)) {
            const auto asked = SteadyClock::now();
            serve(requests_[next++ % requests_.size()]);
            const auto served = SteadyClock::now();
            const double part = std::chrono::duration<double>(served - begin).count() / seconds_ *
                                timeline_parts;
            if (part >= timeline_parts) return;
            ++mine.timeline[static_cast<std::size_t>(part)];
            mine.latency.add(
                static_cast<std::uint64_t>(std::chrono::nanoseconds(served - asked).count()));
            mine.served.store(mine.served.load(std::memory_order_relaxed) + 1,
                              std::memory_order_relaxed);
        }
    };
    const auto report = [&] {
        std::uint64_t served = 0;
        for (const Measured& one : measured) served += one.served.load(std::memory_order_relaxed);
        const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
        progress.show(fmt::format("{}: {:.1f} of {:.1f} s, {} requests", name,
                                  (std::min)(seconds, seconds_), seconds_,
                                  readable(static_cast<double>(served))));
    };
    work_together(threads_, request_all, report);
    progress.clear();
    return summed_up(measured, seconds_, queries);
}

void Workload::serve_each_once(const std::string& name, const Server& serve,
                               Progress& progress) const {
    std::atomic<std::size_t> next = 0;
    const auto serve_next = [&](std::size_t, const std::atomic<bool>& is_to_stop) {
        for (std::size_t page = next++; page < pages_ && !is_to_stop; page = next++) serve(page);
    };
    const auto report = [&] {
        progress.show(fmt::format("{}: {} of {}", name, (std::min)(next.load(), pages_), pages_));
    };
    work_together(threads_, serve_next, report);
    progress.clear();
}

} // namespace demo
