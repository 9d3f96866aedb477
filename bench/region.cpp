// What a region costs on top of its backend when the value is there: `get` and `get_or_create` against the backend's own
// `visit`, on an int in the memory backend.

#include "support/targets.hpp"

#include <kennel/kennel.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace {

constexpr int key_count = 10'000;

struct Fixture {
    kennel::CacheRegion<> region{{.name = "numbers"}};
    std::vector<std::string> keys;

    explicit Fixture(kennel::ConfigureOptions options) {
        region.configure("memory", options);
        for (int number = 0; number != key_count; ++number) {
            keys.push_back("user:" + std::string(18 - std::to_string(number).size(), '0') + std::to_string(number));
            region.set(keys.back(), number);
        }
    }

    /// The keys one after the other in a scattered order.
    [[nodiscard]] const std::string& next() {
        position_ = (position_ + 7919) % keys.size();
        return keys[position_];
    }

private:
    std::size_t position_ = 0;
};

Fixture& with_expiry() {
    static Fixture fixture({.expiration_time = std::chrono::hours(1)});
    return fixture;
}

Fixture& without_expiry() {
    static Fixture fixture({});
    return fixture;
}

void backend_visit(benchmark::State& state) {
    Fixture& fixture = with_expiry();
    const auto backend = fixture.region.backend();
    long sum = 0;
    for (auto _ : state)
        backend->visit(fixture.next(), [&](const kennel::CachedValue& value) { sum += *value.payload.get_if<int>(); });
    benchmark::DoNotOptimize(sum);
}

void get(benchmark::State& state, Fixture& (*make)()) {
    Fixture& fixture = make();
    long sum = 0;
    for (auto _ : state) sum += fixture.region.get<int>(fixture.next()).value_or(0);
    benchmark::DoNotOptimize(sum);
}

void get_or_create(benchmark::State& state, Fixture& (*make)()) {
    Fixture& fixture = make();
    long sum = 0;
    for (auto _ : state) sum += fixture.region.get_or_create(fixture.next(), [] { return 0; });
    benchmark::DoNotOptimize(sum);
}

void wrapped_function(benchmark::State& state) {
    kennel::CacheRegion<> region{{.name = "functions"}};
    region.configure("memory", {.expiration_time = std::chrono::hours(1)});
    const auto twice = region.cache_on_arguments("twice", [](int number) { return 2 * number; });
    int number = 0;
    long sum = 0;
    for (auto _ : state) sum += twice(number = (number + 7919) % key_count);
    benchmark::DoNotOptimize(sum);
}

BENCHMARK(backend_visit);
BENCHMARK_CAPTURE(get, with_expiry, &with_expiry);
BENCHMARK_CAPTURE(get, without_expiry, &without_expiry);
BENCHMARK_CAPTURE(get_or_create, with_expiry, &with_expiry);
BENCHMARK_CAPTURE(get_or_create, without_expiry, &without_expiry);
BENCHMARK(wrapped_function);

} // namespace

int main(int argc, char** argv) {
    bench::RememberingReporter reporter;
    bench::run(argc, argv, reporter);
    const double visit = reporter.median("backend_visit");
    const double hit = reporter.median("get_or_create/with_expiry");
    bench::print_target("get_or_create_hit_to_visit", visit > 0 ? hit / visit : 0, 1.5);
}
