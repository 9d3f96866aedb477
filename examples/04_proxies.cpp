// A proxy stands in front of a backend, overrides what it is about, and lets everything else through.

#include <kennel/kennel.hpp>
#include <kennel/proxies/logging.hpp>
#include <kennel/proxies/retry_delete.hpp>

#include "expect.hpp"

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;

// [own_proxy]
/// A network that loses the first removal.
class LossyProxy final : public kennel::ProxyBackend {
public:
    void erase(std::string_view key) override {
        if (++removals == 1) throw kennel::BackendError("the connection was lost");
        proxied().erase(key); // the next proxy, or the backend
    }

    int removals = 0;
};
// [/own_proxy]

int main() {
    std::vector<std::string> log;
    const auto lossy = std::make_shared<LossyProxy>();

    // [wrap]
    const auto logging = std::make_shared<kennel::LoggingProxy>(
        [&log](std::string_view line) { log.emplace_back(line); });
    const auto retrying = std::make_shared<kennel::RetryDeleteProxy>(
        kennel::Arguments{{"tries", 3}, {"pause", 1ms}});

    kennel::CacheRegion prices{{.name = "prices"}};
    prices.configure(
        "memory", {.expiration_time = 1h, .wrap = {logging, retrying, lossy}}); // outermost first
    // [/wrap]

    const int price = prices.get_or_create("price:42", [] { return 995; });
    prices.erase("price:42"); // is lost once and tried again, and nobody here needs to know

    for (const std::string& line : log) std::cout << line << '\n';
    std::cout << "the removal was tried " << lossy->removals << " times\n";
    expect(price == 995 && lossy->removals == 2, "a removal that fails is tried again");
    expect(!prices.get<int>("price:42"), "and succeeds");
    expect(log.front().starts_with("get \"price:42\" miss"), "the log begins with a miss");
    expect(dynamic_cast<kennel::MemoryBackend*>(prices.actual_backend().get()) != nullptr,
           "the backend behind the proxies can be reached");
}
