#pragma once

#include "bare_hiredis.hpp"
#include "lines.hpp"

#include <kennel/backends/redis.hpp>
#include <kennel/kennel.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

namespace bench {

/// A region on Redis against loops that send the same commands through hiredis.
class RedisLines {
public:
    RedisLines(Lines& lines, std::string socket) : lines_(lines), socket_(std::move(socket)) {}

    void add_on_one_core() {
        get("256 B", 256, 4000, {.speed = 0.97, .cpu = 1.05});
        get("4 KiB", 4096, 4000, {.speed = 0.97, .cpu = 1.05});
        get("64 KiB", 65'536, 1000, {.speed = 1.15});
        get("1 MiB", 1'048'576, 100, {.speed = 1.0, .cpu = 0.65});
        set("256 B", 256, 4000, {.speed = 0.97, .cpu = 1.05});
        set("4 KiB", 4096, 4000, {.speed = 0.97, .cpu = 1.05});
        set("64 KiB", 65'536, 1000, {});
        set("1 MiB", 1'048'576, 100, {.speed = 1.15});
        hit();
        many("256 B", 256, 200, {.speed = 1.1});
        many("4 KiB", 4096, 100, {.speed = 2});
        miss();
    }

    void add_on_all_cores() { four_threads(); }

    [[nodiscard]] static kennel::CacheRegion<> region_on(const std::string& socket, bool has_locks = false) {
        kennel::CacheRegion<> region{{.name = "bench"}};
        region.configure("redis", {.expiration_time = std::chrono::hours(1),
                                   .arguments = {{"url", "unix://" + socket}, {"distributed_lock", has_locks}}});
        return region;
    }

private:
    void get(const std::string& size_name, std::size_t size, int count, Goal goal) {
        lines_.add("redis get " + size_name, count, goal, [&](const Lines::Measure& measure) {
            const auto region = region_on(socket_);
            BareHiredis bare(socket_);
            region.set("key", std::string(size, 'x'));
            measure([&] { use(*region.get<std::string>("key")); }, [&] { use(bare.get("key")); });
        });
    }

    void set(const std::string& size_name, std::size_t size, int count, Goal goal) {
        lines_.add("redis set " + size_name, count, goal, [&](const Lines::Measure& measure) {
            const auto region = region_on(socket_);
            BareHiredis bare(socket_);
            const std::string value(size, 'x');
            region.set("key", value);
            const std::string bytes = bare.get("key");
            measure([&] { region.set("key", value); }, [&] { bare.set_for_a_day("key", bytes); });
        });
    }

    void hit() {
        lines_.add("redis get_or_create hit 256 B", 4000, {.speed = 0.95}, [&](const Lines::Measure& measure) {
            const auto region = region_on(socket_);
            BareHiredis bare(socket_);
            region.set("key", std::string(256, 'x'));
            measure([&] { use(region.get_or_create("key", [] { return std::string(); })); },
                    [&] { use(bare.get("key")); });
        });
    }

    void many(const std::string& size_name, std::size_t size, int count, Goal goal) {
        lines_.add("redis get_multi 100 x " + size_name, count, goal, [&](const Lines::Measure& measure) {
            const auto region = region_on(socket_);
            BareHiredis bare(socket_);
            std::vector<std::string> keys;
            for (int number = 0; number != 100; ++number) {
                keys.push_back("key " + std::to_string(number));
                region.set(keys.back(), std::string(size, 'x'));
            }
            measure([&] { use(*region.get_multi<std::string>(keys).back()); },
                    [&] { use(bare.get_multi(keys).back()); });
        });
    }

    /// Against the five commands of dogpile.cache, one after the other.
    void miss() {
        lines_.add("redis miss under a lock", 1000, {}, [&](const Lines::Measure& measure) {
            const auto region = region_on(socket_, true);
            BareHiredis bare(socket_);
            const std::string script = bare.release_script();
            int number = 0;
            measure(
                [&] {
                    use(region.get_or_create("miss " + std::to_string(number++), [] { return std::string(256, 'x'); }));
                },
                [&] { bare.create_as_dogpile_does("bare miss " + std::to_string(number++), script); });
        });
    }

    void four_threads() {
        const std::string name = "redis get 256 B, 4 threads";
        lines_.add_own(name, [&] {
            const auto region = region_on(socket_);
            region.set("key", std::string(256, 'x'));
            std::vector<BareHiredis> bare;
            for (int thread = 0; thread != thread_count; ++thread) bare.emplace_back(socket_);
            lines_.report(
                name, {.speed = 0.97},
                [&] { return cost_of_all([&](std::size_t) { use(*region.get<std::string>("key")); }); },
                [&] { return cost_of_all([&](std::size_t thread) { use(bare[thread].get("key")); }); });
        });
    }

    template <class Operation>
    [[nodiscard]] static Cost cost_of_all(const Operation& operation) {
        constexpr int count = 5000;
        const Cost cost = cost_of(1, [&](int) {
            std::vector<std::jthread> threads;
            for (std::size_t thread = 0; thread != thread_count; ++thread)
                threads.emplace_back([&, thread] {
                    for (int round = 0; round != count; ++round) operation(thread);
                });
        });
        return {cost.time / (count * thread_count), 0};
    }

    static constexpr int thread_count = 4;

    Lines& lines_;
    std::string socket_;
};

} // namespace bench
