// needs: redis memcached
// What a region on a server costs against a loop by hand with the bare client that sends the same commands.
//
//     ./dev bench remote [--rounds N] [--only TEXT]
//
// It starts its own servers at Unix sockets and lets the region and the bare loop run in turns, client and server on one core:
// on two, the time in which the idle core is woken hides every difference. Each figure is the median of the rounds, and each
// line is measured in a process of its own.

#include "remote/cores.hpp"
#include "remote/hand_over.hpp"
#include "remote/local_server.hpp"
#include "remote/memcached_lines.hpp"
#include "remote/redis_lines.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Options {
    int rounds = 15;
    std::string only;
};

Options options_from(int argc, char** argv) {
    Options options;
    for (int at = 1; at < argc; ++at) {
        const std::string_view name = argv[at];
        if (name == "--help") {
            std::puts("usage: bench_remote [--rounds N (15)] [--only TEXT (the lines whose name contains it)]");
            std::exit(0);
        }
        if (at + 1 == argc || (name != "--rounds" && name != "--only")) {
            std::fprintf(stderr, "bench_remote: '%s' is unknown or lacks its value; see --help\n", argv[at]);
            std::exit(2);
        }
        ++at;
        if (name == "--only") options.only = argv[at];
        else options.rounds = std::max(1, std::atoi(argv[at]));
    }
    return options;
}

std::vector<std::string> redis_command(const std::string& socket) {
    return {"redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no"};
}

std::vector<std::string> memcached_command(const std::string& socket) {
    return {"memcached", "-s", socket, "-U", "0", "-u", "root", "-m", "256"};
}

void hand_over(const std::string& name, const kennel::CacheRegion<>& creating, const kennel::CacheRegion<>& waiting,
               std::size_t percentile, double goal) {
    const std::vector<double> times = bench::hand_over_times(creating, waiting, 500);
    const auto at = [&](std::size_t percent) { return times[times.size() * percent / 100]; };
    std::printf("%-34s median %.2f ms, p99 %.2f ms\n", name.c_str(), at(50), at(99));
    bench::print_target(("remote " + name + ", ms of percentile " + std::to_string(percentile)).c_str(), at(percentile),
                        goal);
}

} // namespace

int main(int argc, char** argv) {
    const Options options = options_from(argc, argv);
    try {
        const bench::Cores cores;
        cores.use_one();
        const bench::LocalServer redis(redis_command);
        const bench::LocalServer memcached(memcached_command);
        bench::Lines lines(options.rounds, options.only);
        bench::RedisLines redis_lines(lines, redis.socket());
        bench::MemcachedLines memcached_lines(lines, memcached.socket());
        bench::print_head();
        redis_lines.add_on_one_core();
        memcached_lines.add_on_one_core();

        cores.use_all(0);
        for (const pid_t server : {redis.process(), memcached.process()}) cores.use_all(server);
        redis_lines.add_on_all_cores();
        lines.add_own("redis hand-over", [&] {
            using Redis = bench::RedisLines;
            hand_over("redis hand-over", Redis::region_on(redis.socket(), true), Redis::region_on(redis.socket(), true),
                      99, 2);
        });
        lines.add_own("memcached hand-over", [&] {
            using Memcached = bench::MemcachedLines;
            hand_over("memcached hand-over", Memcached::region_on(memcached.socket(), true),
                      Memcached::region_on(memcached.socket(), true), 50, 15);
        });
        return lines.has_failed() ? 1 : 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_remote: %s\n", error.what());
        return 1;
    }
}
