// The memory backend against what else a program could use: the same requests for all of them, every one of them
// measured once in each run, in an order that changes.
//
//     ./dev bench memory [--help]

#include "memory/caches.hpp"
#include "memory/goals.hpp"
#include "memory/options.hpp"
#include "memory/report.hpp"
#include "memory/results.hpp"
#include "support/targets.hpp"

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace bench;

/// The caches that are compared on values of one size.
struct Field {
    std::size_t value_size;
    std::vector<Entrant> entrants;
};

template <std::size_t value_size>
Field field_of(const Options& options) {
    Field field{value_size, {}};
    add_kennel_backend<Value<value_size>>(field.entrants);
    add_kennel_region<Value<value_size>>(field.entrants);
    add_concurrent<Value<value_size>>(field.entrants);
    add_locked<Value<value_size>>(field.entrants);
    add_unsynchronised<Value<value_size>>(field.entrants);
    std::erase_if(field.entrants, [&](const Entrant& entrant) { return !options.wants_cache(entrant.name); });
    return field;
}

/// Says how far it is where somebody sees it.
void show([[maybe_unused]] const std::string& progress) {
#if __has_include(<unistd.h>)
    if (isatty(fileno(stderr)) != 0) std::fprintf(stderr, "\r%-79.79s\r", progress.c_str());
#endif
}

void say_who_is_missing() {
#ifndef KENNEL_BENCH_HAS_TBB
    std::puts(
        "left out: tbb::concurrent_hash_map and tbb::concurrent_lru_cache, for oneTBB was not found (libtbb-dev)");
#endif
#if !__has_include(<boost/unordered/concurrent_flat_map.hpp>)
    std::puts("left out: boost::concurrent_flat_map, for Boost 1.83 or newer was not found");
#endif
#ifndef KENNEL_BENCH_HAS_ABSL
    std::puts("left out: absl::flat_hash_map, for Abseil was not found (libabsl-dev)");
#endif
#if !__has_include(<boost/unordered/unordered_flat_map.hpp>)
    std::puts("left out: boost::unordered_flat_map, for Boost 1.81 or newer was not found");
#endif
}

/// Measures all caches of one field, each of them once in every run.
class Comparison {
public:
    Comparison(const Options& options, const Field& field, std::size_t entries, Results& results)
        : options_(options), field_(field), entries_(entries), results_(results) {}

    void measure_bytes() {
        for (const Entrant& entrant : field_.entrants) {
            if (!entrant.takes_part_in(Work::read, 1)) continue;
            show("bytes: " + entrant.name);
            row(Work::read, entrant).footprint = footprint_of(entrant, entries_);
        }
    }

    /// There is room to spare, for a cache that is divided never has its keys divided evenly. Small caches are made
    /// anew for each run, for their times depend on where in memory they lie.
    void measure_look_ups() {
        const auto requests = make_requests({entries_, 0.99, 0.05}, std::max<std::size_t>(entries_, 500'000));
        const std::vector<Request> one_key(8 * batch_size, requests.front());
        std::vector<Task> tasks{{Work::read, requests}, {Work::mix, requests}};
        if (entries_ == options_.entries.front()) tasks.push_back({Work::hot, one_key});
        measure(tasks, entries_ + entries_ / 2, entries_ <= 100'000, [&](Contestant& cache) { cache.fill(entries_); });
    }

    /// The caches first fill, and those that learn learn, from requests that do not come again. Who is slow has never
    /// learnt anything so far, and gets less of them.
    void measure_churn() {
        if (!options_.wants(Work::churn)) return;
        const std::vector<Request> requests = make_requests({10 * entries_, 0.9},
                                                            std::max<std::size_t>(16 * entries_, 1'000'000));
        const std::span<const Request> all = requests;
        const std::span<const Request> first = all.first(all.size() / batch_size * 5 / 8 * batch_size);
        measure({{Work::churn, all.subspan(first.size())}}, entries_, false, [&](Contestant& cache) {
            const Steady::time_point patience = Steady::now() + std::chrono::seconds(10);
            for (std::size_t done = 0; done < (Steady::now() < patience ? first.size() : 4 * entries_);)
                done += cache.run(Work::churn, first, 1, {{}, options_.window}).operations;
        });
    }

private:
    struct Task {
        Work work;
        std::span<const Request> requests;
    };
    using Caches = std::vector<std::pair<const Entrant*, std::unique_ptr<Contestant>>>;

    /// The works and the numbers of threads take turns, too, for the machine may be faster now and slower then.
    template <class Fill>
    void measure(std::vector<Task> tasks, std::size_t capacity, bool always_anew, const Fill& fill) {
        std::erase_if(tasks, [&](const Task& task) { return !options_.wants(task.work); });
        if (tasks.empty()) return;
        Caches caches;
        for (const Entrant& entrant : field_.entrants)
            if (entrant.takes_part_in(tasks.front().work, 1)) caches.emplace_back(&entrant, nullptr);
        for (const Task& task : tasks) // in the order in which they are to be printed
            for (const auto& [entrant, cache] : caches)
                if (entrant->takes_part_in(task.work, 1)) row(task.work, *entrant);

        for (int run = 0; run != options_.runs; ++run) {
            show(std::to_string(entries_) + " entries, values of " + std::to_string(field_.value_size) +
                 " bytes: run " + std::to_string(run + 1) + " of " + std::to_string(options_.runs));
            if (run == 0 || always_anew) make(caches, capacity, fill);
            for (const auto& [work, requests] : tasks)
                for (const int threads : options_.thread_counts()) {
                    std::shuffle(caches.begin(), caches.end(), random_);
                    for (const auto& [entrant, cache] : caches)
                        if (entrant->takes_part_in(work, threads))
                            enter(row(work, *entrant), threads,
                                  cache->run(work, requests, threads, {options_.window / 2, options_.window}));
                }
        }
    }

    template <class Fill>
    void make(Caches& caches, std::size_t capacity, const Fill& fill) {
        for (auto& [entrant, cache] : caches) cache.reset();
        std::shuffle(caches.begin(), caches.end(), random_);
        for (auto& [entrant, cache] : caches) {
            cache = entrant->make(capacity);
            fill(*cache);
        }
    }

    static void enter(Row& row, int threads, const Tally& tally) {
        row.times[threads].push_back(tally.nanoseconds_each());
        row.operations += tally.operations;
        row.hits += tally.hits;
        row.wrong += tally.wrong;
    }

    Row& row(Work work, const Entrant& entrant) {
        return results_.row({work, entries_, field_.value_size}, entrant.name, entrant.role);
    }

    const Options& options_;
    const Field& field_;
    std::size_t entries_;
    Results& results_;
    std::mt19937 random_{1};
};

Results measure(const Options& options, const std::vector<Field>& fields) {
    Results results;
    if (options.wants_bytes()) // first, while the heap is as good as empty
        for (const Field& field : fields) Comparison(options, field, options.entries.back(), results).measure_bytes();
    for (const Field& field : fields)
        for (const std::size_t entries : options.entries)
            Comparison(options, field, entries, results).measure_look_ups();
    for (const Field& field : fields) Comparison(options, field, options.churn, results).measure_churn();
    show("");
    return results;
}

} // namespace

int main(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    const std::vector<Field> fields{field_of<8>(options), field_of<256>(options)};
    if (fields.front().entrants.empty()) refuse("--only names neither a work nor a cache");

    const Results results = measure(options, fields);
    print_table(results, options.thread_counts());
    say_who_is_missing();
    if (options.is_quick) std::puts("quick: this is too little to hold against the goals");
    const std::vector<Goal> goals = Goals(results, options.entries.front(), options.churn).all();
    for (const Goal& goal : goals) print_target(goal.name.c_str(), goal.measured, goal.goal, goal.is_met());
    if (!options.json.empty() && !write_json(options.json, results, goals)) {
        std::fprintf(stderr, "memory: %s cannot be written\n", options.json.c_str());
        return 1;
    }
    bool is_right = true;
    for (const Row& row : results.rows())
        if (row.wrong != 0) {
            std::fprintf(stderr, "memory: '%s' has given %llu wrong values (%s, %zu entries, values of %zu bytes)\n",
                         row.cache.c_str(), static_cast<unsigned long long>(row.wrong), name_of(row.setting.work),
                         row.setting.entries, row.setting.value_size);
            is_right = false;
        }
    return is_right ? 0 : 1;
}
