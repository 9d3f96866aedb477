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

    // With a soft timeout, who finds an expired value gives the new one that long to be ready before he takes the old one.
    // [soft_timeout]
    kennel::CacheRegion reports{{.name = "reports", .async_creation_runner = background}};
    reports.configure("memory", {.expiration_time = 1h, .soft_timeout = 20ms});
    // [/soft_timeout]
    reports.set("sales", "yesterday's report");
    reports.invalidate(kennel::Invalidation::soft);

    std::latch may_end(1);
    const auto write_report = [&may_end] {
        may_end.wait(); // takes much longer than 20 ms
        return std::string("today's report");
    };
    const std::string report = reports.get_or_create("sales", write_report);
    may_end.count_down();
    background.wait_until_idle();
    const std::string next = reports.get_or_create("sales", write_report);
    std::cout << "after 20 ms " << report << ", and later " << next << '\n';
    expect(report == "yesterday's report" && next == "today's report",
           "nobody waits longer than the soft timeout");
}
