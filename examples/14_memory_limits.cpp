// A cache in memory that is bounded by what its entries weigh, tells who is removed and why, and can be asked what it holds.

#include <kennel/backends/memory.hpp>
#include <kennel/kennel.hpp>

#include "expect.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace std::chrono_literals;
using kennel::CachedValue;
using kennel::RemovalCause;

using Page =
    std::shared_ptr<const std::string>; // shared, because pages are large and copies are not needed

int main() {
    // [configure]
    // A weigher sees key and value. Without one, an entry weighs the bytes that it takes in the cache, which are few here.
    const kennel::MemoryWeigher weigher = [](std::string_view key, const CachedValue& value) {
        const Page* const page =
            value.payload.get_if<Page>(); // of exactly the type that the creators return
        if (page == nullptr) throw std::logic_error("there should be only pages");
        return 100 + key.size() + (*page)->size();
    };
    // Listeners run on several threads at once.
    std::array<std::atomic<int>, 4> removals{};
    const kennel::RemovalListener listener = [&](std::string_view /*key*/,
                                                 const CachedValue& /*value*/, RemovalCause cause) {
        ++removals[static_cast<std::size_t>(cause)];
    };
    const auto removed_by = [&](RemovalCause cause) {
        return removals[static_cast<std::size_t>(cause)].load();
    };

    kennel::CacheRegion pages;
    pages.configure("memory",
                    {.expiration_time = 1h,
                     .arguments = {{"max_weight", 100'000},
                                   {"time_to_idle", 10min},
                                   {"weigher", kennel::ArgumentValue::object(weigher)},
                                   {"removal_listener", kennel::ArgumentValue::object(listener)}}});
    // [/configure]

    const auto render = [&](const std::string& name, std::size_t size) {
        return pages.get_or_create(name,
                                   [&] { return std::make_shared<const std::string>(size, '.'); });
    };
    for (int number = 0; number != 100; ++number)
        (void)render("page " + std::to_string(number), 2'000);
    expect(removed_by(RemovalCause::evicted) > 0, "when there is no room, other pages are evicted");

    for (int request = 0; request != 1'000; ++request) (void)render("page 99", 2'000);

    const Page huge = render("all pages", 1'000'000);
    expect(huge->size() == 1'000'000,
           "what is too heavy to be kept is made and returned nevertheless");

    // [ask]
    const auto memory = std::dynamic_pointer_cast<kennel::MemoryBackend>(pages.actual_backend());
    if (memory == nullptr) return 1; // another backend, or a proxy in front of it
    const kennel::MemoryStatistics held = memory->statistics();
    std::cout << held.entries << " pages weigh " << held.weight << "; " << held.evicted
              << " were evicted, " << held.refused << " refused\n";

    for (const auto& [key, hits] : memory->hottest_keys(3))
        std::cout << key << ": some " << hits << " hits\n";

    std::size_t longest = 0;
    memory->for_each([&](std::string_view key, const CachedValue& /*value*/) {
        if (key.size() > longest) longest = key.size();
    });

    memory->resize({.max_weight = 20'000}); // while others use it
    // [/ask]
    expect(memory->hottest_keys(1).at(0).key == "page 99", "what is hit most is known");
    expect(held.weight <= 100'000 && held.refused == 1 && longest == 7, "the limit holds");
    expect(memory->statistics().weight <= 20'000, "so does the new one");

    pages.erase("page 99");
    expect(removed_by(RemovalCause::erased) == 1, "the listener knows why");
}
