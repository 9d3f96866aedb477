#include "kennel/backends/memory.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using kennel::CachedValue;
using kennel::MemoryBackend;
using kennel::MemorySettings;
using namespace test;

/// Counts how many of it there are; copying it fails while `fails`.
class Counted {
public:
    static inline std::atomic<int> living = 0;
    static inline std::atomic<bool> fails = false;

    explicit Counted(int number) : number_(number) { ++living; }
    Counted(const Counted& other) : number_(other.number_) {
        if (fails) throw std::domain_error("not to be copied");
        ++living;
    }
    Counted& operator=(const Counted&) = delete;
    ~Counted() {
        --living;
        number_ = -1;
    }

    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
    std::string text_ = "so that a leak is seen by the sanitizer, too";
};

} // namespace

TEST_CASE("when a value cannot be copied, the error reaches the caller and the older entry stays", "[memory]") {
    {
        const std::size_t most = GENERATE(std::size_t{2}, kennel::MemoryLimits::none);
        MemoryBackend backend(MemorySettings{.max_entries = most});
        store(backend, "key", Counted(1));
        store(backend, "other", Counted(2));
        const auto before = backend.statistics();
        Counted::fails = true;
        REQUIRE_THROWS_AS(store(backend, "key", Counted(3)), std::domain_error);
        REQUIRE_THROWS_AS(store(backend, "new", Counted(3)), std::domain_error);
        REQUIRE_THROWS_AS(backend.get("key"), std::domain_error);
        Counted::fails = false;
        const auto after = backend.statistics();
        CHECK(after.entries == 2);
        CHECK(after.weight == before.weight);
        CHECK(after.inserted + after.replaced == 2);
        CHECK(found<Counted>(backend, "key")->number() == 1);
        CHECK(found<Counted>(backend, "other")->number() == 2);
        CHECK_FALSE(has(backend, "new"));
        CHECK(Counted::living == 2);
    }
    CHECK(Counted::living == 0);
}

TEST_CASE("each value is destroyed once, whatever becomes of its entry", "[memory]") {
    const std::uint64_t seed = seed_of_run();
    INFO("seed " << seed);
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    std::atomic<std::size_t> wrong = 0;
    {
        MemoryBackend backend(MemorySettings{.max_entries = 100}, clock);
        run_together(4, [&](std::size_t thread) {
            Dice dice(seed + thread);
            for (std::size_t round = 0; round != rounds(20'000); ++round) {
                const auto number = static_cast<int>(dice.roll(150));
                const std::string key = key_of(static_cast<std::size_t>(number));
                switch (dice.roll(5)) {
                case 0: backend.erase(key); break;
                case 1: store(backend, key, Counted(number), 1s); break;
                case 2: store(backend, key, Counted(number)); break;
                case 3: clock->advance(1ms); break;
                default:
                    backend.visit(key, [&](const CachedValue& value) {
                        wrong += value.payload.get_if<Counted>()->number() == number ? 0U : 1U;
                    });
                }
            }
        });
        CHECK(Counted::living >= static_cast<int>(backend.size()));
        CHECK(Counted::living <= static_cast<int>(backend.size()) + 100); // few wait for the next removals
    }
    CHECK(wrong == 0);
    CHECK(Counted::living == 0);
}

TEST_CASE("what is dropped while somebody looks at it is freed once he has left", "[memory]") {
    constexpr int count = 100;
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    MemoryBackend backend(MemorySettings{.time_to_live = 10s}, clock);
    for (int number = 0; number != count; ++number)
        store(backend, key_of(static_cast<std::size_t>(number)), Counted(number));
    backend.visit(key_of(5), [&](const CachedValue& value) {
        on_another_thread([&] {
            clock->advance(10s);
            backend.drop_expired();
        }).get();
        CHECK(backend.size() == 0);
        CHECK(Counted::living == count);
        CHECK(value.payload.get_if<Counted>()->number() == 5);
    });
    backend.drop_expired();
    CHECK(Counted::living == 0);
}

TEST_CASE("values may call the backend when they are copied and destroyed", "[memory]") {
    struct Caller {
        explicit Caller(MemoryBackend** to) : backend(to) {}
        Caller(const Caller& other) : backend(other.backend) { store(**backend, "copied", 1); }
        Caller& operator=(const Caller&) = delete;
        ~Caller() {
            if (*backend != nullptr) store(**backend, "destroyed", 1);
        }
        MemoryBackend** backend;
    };
    MemoryBackend* calls = nullptr;
    MemoryBackend backend;
    const Caller caller(&calls);
    calls = &backend;
    for (std::size_t number = 0; number != 500; ++number) store(backend, key_of(number % 10), caller);
    CHECK(has(backend, "copied"));
    CHECK(has(backend, "destroyed"));
    CHECK(backend.size() == 12);
    CHECK(backend.statistics().entries + backend.statistics().replaced >= 1'000);
    calls = nullptr;
}
