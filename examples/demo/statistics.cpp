#include "statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>

namespace demo {

void Histogram::add(const Histogram& other) noexcept {
    for (std::size_t bucket = 0; bucket != counts_.size(); ++bucket)
        counts_[bucket] += other.counts_[bucket];
}

/// Below 32, one bucket per nanosecond; above, 16 per power of two.
std::size_t Histogram::bucket_of(std::uint64_t nanoseconds) noexcept {
    const int shift = (std::max)(static_cast<int>(std::bit_width(nanoseconds)) - 5, 0);
    return static_cast<std::size_t>(shift) * 16 + static_cast<std::size_t>(nanoseconds >> shift);
}

double Histogram::middle_of(std::size_t bucket) noexcept {
    if (bucket < 32) return static_cast<double>(bucket);
    const auto shift = static_cast<int>(bucket / 16) - 1;
    return std::ldexp(static_cast<double>(16 + bucket % 16) + 0.5, shift);
}

double Histogram::microseconds_at(double part) const noexcept {
    std::uint64_t total = 0;
    for (const std::uint64_t count : counts_) total += count;
    const double wanted = part * static_cast<double>(total);
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket != counts_.size(); ++bucket) {
        seen += counts_[bucket];
        if (seen != 0 && static_cast<double>(seen) >= wanted) return middle_of(bucket) / 1000;
    }
    return 0;
}

QueryCounter::Running::Running(QueryCounter& counter, std::size_t key)
    : running_(counter.running_[key]) {
    ++counter.total_;
    const std::int64_t now = running_.fetch_add(1) + 1;
    std::int64_t most = counter.most_;
    while (most < now && !counter.most_.compare_exchange_weak(most, now)) continue;
}

void QueryCounter::reset() {
    total_ = 0;
    most_ = 0;
}

std::string readable(double number) {
    if (number == 0) return "0";
    if (number < 100 && number != std::floor(number))
        return fmt::format("{:.{}f}", number, number < 10 ? 2 : 1);
    const std::string digits = fmt::format("{:.0f}", number);
    std::string text;
    for (std::size_t index = 0; index != digits.size(); ++index) {
        if (index != 0 && (digits.size() - index) % 3 == 0) text += ' ';
        text += digits[index];
    }
    return text;
}

std::string table(const Measurement& without, const Measurement& with) {
    std::string text;
    const auto add = [&text](std::string_view name, std::string_view left, std::string_view right) {
        text += fmt::format("{:<42}{:>16}{:>16}\n", name, left, right);
    };
    const auto add_numbers = [&](std::string_view name, double left, double right) {
        add(name, readable(left), readable(right));
    };
    add("", "without Kennel", "with Kennel");
    add_numbers("requests/s", without.requests_per_second, with.requests_per_second);
    add_numbers("p50 (µs)", without.p50_microseconds, with.p50_microseconds);
    add_numbers("p99 (µs)", without.p99_microseconds, with.p99_microseconds);
    add_numbers("database queries", static_cast<double>(without.queries),
                static_cast<double>(with.queries));
    add_numbers("most queries for one key at the same time",
                static_cast<double>(without.most_queries_for_one_key),
                static_cast<double>(with.most_queries_for_one_key));
    return text;
}

} // namespace demo
