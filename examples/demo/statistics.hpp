#ifndef KENNEL_DEMO_STATISTICS_HPP
#define KENNEL_DEMO_STATISTICS_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace demo {

/// Counts lengths of time in buckets that are at most 6 % wide; adding allocates nothing. For one thread.
class Histogram {
public:
    void add(std::uint64_t nanoseconds) noexcept { ++counts_[bucket_of(nanoseconds)]; }
    void add(const Histogram& other) noexcept;

    /// The length that this part (0 to 1) of all lengths is not above; 0 if there are none.
    [[nodiscard]] double microseconds_at(double part) const noexcept;

private:
    [[nodiscard]] static std::size_t bucket_of(std::uint64_t nanoseconds) noexcept;
    [[nodiscard]] static double middle_of(std::size_t bucket) noexcept;

    std::array<std::uint64_t, 61 * 16> counts_{};
};

/// Counts the queries of the database, and how many are made for one key at the same time.
class QueryCounter {
public:
    explicit QueryCounter(std::size_t keys) : running_(keys) {}

    /// Counts a query as running while it lives.
    class Running {
    public:
        Running(QueryCounter& counter, std::size_t key);
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;
        ~Running() { running_.fetch_sub(1); }

    private:
        std::atomic<std::int64_t>& running_;
    };

    void reset();

    [[nodiscard]] std::int64_t total() const { return total_; }
    [[nodiscard]] std::int64_t most_for_one_key() const { return most_; }

private:
    std::vector<std::atomic<std::int64_t>> running_;
    std::atomic<std::int64_t> total_ = 0;
    std::atomic<std::int64_t> most_ = 0;
};

/// What one run has come to.
struct Measurement {
    double requests_per_second = 0;
    double p50_microseconds = 0;
    double p99_microseconds = 0;
    std::int64_t queries = 0;
    std::int64_t most_queries_for_one_key = 0;
    std::vector<double> timeline; ///< requests per second in equal parts of the run
};

[[nodiscard]] std::string table(const Measurement& without, const Measurement& with);

/// "12 345 678", or as many digits behind the point as make three when it is small.
[[nodiscard]] std::string readable(double number);

} // namespace demo

#endif
