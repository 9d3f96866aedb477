// For docs/memory_backend.md.

#include <kennel/kennel.hpp>
#include <kennel/ticking_clock.hpp>

#include "expect.hpp"

#include <chrono>
#include <memory>

using namespace std::chrono_literals;

int main() {
    // [ticking]
    const auto clock = std::make_shared<kennel::TickingClock>();
    kennel::CacheRegion sessions{{.clock = clock}};
    sessions.configure("memory", {.expiration_time = 1h,
                                  .arguments = {{"time_to_live", 1h}, {"max_entries", 100'000}}});
    // [/ticking]
    expect(sessions.get_or_create("id", [] { return 7; }) == 7, "it is a clock like any other");
}
