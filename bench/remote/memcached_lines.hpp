#pragma once

#include "bare_memcached.hpp"
#include "lines.hpp"

#include <kennel/backends/memcached.hpp>
#include <kennel/kennel.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

namespace bench {

/// A region on Memcached against loops that do the same with libmemcached.
class MemcachedLines {
public:
    MemcachedLines(Lines& lines, std::string socket) : lines_(lines), socket_(std::move(socket)) {}

    void add_on_one_core() {
        both("256 B", 256, 4000);
        both("4 KiB", 4096, 4000);
        both("64 KiB", 65'536, 1000);
        both("1 MiB", 1'048'576 - 1024, 100);
    }

    [[nodiscard]] static kennel::CacheRegion<> region_on(const std::string& socket, bool has_locks = false) {
        kennel::CacheRegion<> region{{.name = "bench"}};
        region.configure("memcached", {.expiration_time = std::chrono::hours(1),
                                       .arguments = {{"url", socket}, {"distributed_lock", has_locks}}});
        return region;
    }

private:
    void both(const std::string& size_name, std::size_t size, int count) {
        lines_.add("memcached get " + size_name, count, {.speed = 0.97}, [&](const Lines::Measure& measure) {
            const auto region = region_on(socket_);
            BareMemcached bare(socket_);
            region.set("key", std::string(size, 'x'));
            measure([&] { use(*region.get<std::string>("key")); }, [&] { use(bare.get("key")); });
        });
        lines_.add("memcached set " + size_name, count, {.speed = 0.97}, [&](const Lines::Measure& measure) {
            const auto region = region_on(socket_);
            BareMemcached bare(socket_);
            const std::string value(size, 'x');
            region.set("key", value);
            const std::string bytes = bare.get("key");
            measure([&] { region.set("key", value); }, [&] { bare.set("key", bytes); });
        });
    }

    Lines& lines_;
    std::string socket_;
};

} // namespace bench
