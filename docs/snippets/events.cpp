// For docs/statistics_and_events.md and docs/errors.md.

#include <kennel/kennel.hpp>

#include "expect.hpp"

#include <chrono>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;

/// A store that is out of order.
class BrokenBackend final : public kennel::CacheBackend {
public:
    std::optional<kennel::CachedValue> get(std::string_view) override {
        throw kennel::BackendError("no connection");
    }
    void set(std::string_view, const kennel::CachedValue&) override {
        throw kennel::BackendError("no connection");
    }
    void erase(std::string_view) override { throw kennel::BackendError("no connection"); }
};

int main() {
    // [listener]
    const auto log = [](const kennel::Event& event) {
        if (event.kind == kennel::EventKind::miss) return; // too many to be interesting
        std::cerr << to_string(event) << '\n';
    };
    kennel::CacheRegion users{{.name = "users", .listener = log}};
    // [/listener]
    users.configure("memory", {.expiration_time = 1h});

    // [statistics]
    (void)users.get_or_create("user:5", [] { return std::string("Ada"); });
    (void)users.get_or_create("user:5", [] { return std::string("Ada"); });
    const kennel::RegionStatistics counts = users.statistics();
    std::cout << counts.hits << " hit, " << counts.misses << " miss, " << counts.created
              << " created\n";
    // [/statistics]
    expect(counts.hits == 1 && counts.misses == 1 && counts.created == 1, "one of each");

    kennel::register_backend<BrokenBackend>("broken");
    kennel::CacheRegion broken;
    // [degrade]
    broken.configure("broken",
                     {
                         .on_read_failure = kennel::OnFailure::degrade,      // the default
                         .on_write_failure = kennel::OnFailure::throw_error, // the default
                     });
    const auto nothing = broken.get<std::string>("user:5"); // a miss
    const auto created = broken.get_or_create("user:5", [] { return std::string("Ada"); });
    try {
        broken.erase("user:5");
    } catch (const kennel::BackendError& error) { // others may be served what should be gone
        std::cerr << error.what() << '\n';
    }
    // [/degrade]
    expect(!nothing && created == "Ada", "a store that is out of order stops nobody");
    expect(broken.look_up<int>("user:5").is_error(), "and who wants to know is told");
    expect(broken.statistics().writes_failed == 2, "failed writes are counted");
}
