// Values that have expired are renewed in the background, while everybody is served the old ones.

#include <kennel/kennel.hpp>
#include <kennel/thread_pool_runner.hpp>

#include "expect.hpp"

#include <atomic>
#include <chrono>
#include <iostream>
#include <latch>
#include <string>

using namespace std::chrono_literals;

int main() {
    std::atomic<int> edition = 0;
    const auto print_paper = [&edition] { return "edition " + std::to_string(++edition); };

    // [runner]
    const kennel::ThreadPoolRunner background(2); // threads
    kennel::CacheRegion news{{.name = "news", .async_creation_runner = background}};
    news.configure("memory", {.expiration_time = 1h, .stale_time = 12h});
    // [/runner]

    const std::string first = news.get_or_create(
        "paper", print_paper); // there is no old one: this creates and waits

    // A soft invalidation makes everything "just expired".
    // [stale]
    news.invalidate(kennel::Invalidation::soft);
    const std::string old = news.get_or_create("paper",
                                               print_paper); // at once; a new one is being made
    background.wait_until_idle();
    const std::string renewed = news.get_or_create("paper", print_paper);
    // [/stale]
    std::cout << first << ", then still " << old << ", then " << renewed << '\n';
    expect(old == "edition 1" && renewed == "edition 2" && edition == 2,
           "the old value is served while a new one is made");

    // Without a runner, who finds an expired value waits for the new one, but no longer than the soft timeout.
    // [soft_timeout]
    kennel::CacheRegion reports{{.name = "reports"}};
    reports.configure("memory", {.expiration_time = 1h, .soft_timeout = 20ms});
    // [/soft_timeout]
    reports.set("sales", "yesterday's report");
    reports.invalidate(kennel::Invalidation::soft);

    std::latch report_may_end(1), report_has_ended(1);
    const std::string report = reports.get_or_create("sales", [&] {
        report_may_end.wait(); // takes much longer than 20 ms
        report_has_ended.count_down();
        return std::string("today's report");
    });
    std::cout << "after 20 ms: " << report << '\n';
    expect(report == "yesterday's report", "a caller with a soft timeout takes the old value");

    report_may_end.count_down();
    report_has_ended.wait();
}
