#pragma once

#include "rounds.hpp"

#include <kennel/kennel.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace bench {

/// How long it takes, in milliseconds and in order, from the end of a creator in one region until the call of somebody who has
/// waited for it in another region returns. The regions share nothing but the server, as two processes do.
[[nodiscard]] inline std::vector<double> hand_over_times(const kennel::CacheRegion<>& creating,
                                                         const kennel::CacheRegion<>& waiting, int rounds) {
    const auto now = [] { return std::chrono::steady_clock::now().time_since_epoch().count(); };
    std::vector<double> times;
    for (int round = 0; round != rounds; ++round) {
        const std::string key = "hand-over " + std::to_string(round);
        std::atomic<bool> is_creating = false;
        std::atomic<std::int64_t> created = 0;
        std::jthread creator([&] {
            static_cast<void>(creating.get_or_create(key, [&] {
                is_creating = true;
                std::this_thread::sleep_for(std::chrono::milliseconds(5 + round % 17));
                created = now();
                return 1;
            }));
        });
        while (!is_creating) std::this_thread::yield();
        static_cast<void>(waiting.get_or_create(key, [] { return 2; }));
        times.push_back(static_cast<double>(now() - created) * 1e-6);
    }
    std::sort(times.begin(), times.end());
    return times;
}

} // namespace bench
