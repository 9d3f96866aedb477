#include "kennel/flight.hpp"

#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::Flight;
using kennel::Landing;
using kennel::Payload;

Landing value_landing(int value) { return {.kind = Landing::Kind::value, .value = Payload::object(value)}; }

bool waits(Flight& flight, kennel::SteadyTime deadline = kennel::no_deadline) {
    return flight.wait(*kennel::SystemClock::shared(), deadline);
}

int value_of(const Flight& flight) { return *flight.landing().value.get_if<int>(); }

/// A continuation that no thread waits in.
class Callback final : public kennel::Passenger {
public:
    void landed(const Landing& landing) noexcept override {
        ++calls;
        if (const int* const number = landing.value.get_if<int>()) value = *number;
    }

    std::atomic<int> calls = 0;
    std::atomic<int> value = 0;
};

} // namespace

TEST_CASE("everybody who waits for a flight gets its landing") {
    const auto flight = std::make_shared<Flight>();
    std::atomic<int> sum = 0;
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    const auto lander = test::on_another_thread([&] {
        clock->await_waiters(3);
        flight->land(value_landing(7));
    });
    test::run_together(3, [&](std::size_t) {
        if (flight->wait(*clock, kennel::no_deadline)) sum += value_of(*flight);
    });
    CHECK(sum == 21);
}

TEST_CASE("whoever waits for a flight that has landed does not block, and only the first landing counts") {
    const auto flight = std::make_shared<Flight>();
    flight->land(value_landing(1));
    flight->land(value_landing(2));
    REQUIRE(waits(*flight, kennel::at_once));
    CHECK(value_of(*flight) == 1);
}

TEST_CASE("a wait for a flight ends at its deadline") {
    const auto flight = std::make_shared<Flight>();
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    CHECK_FALSE(flight->wait(*clock, kennel::at_once));
    auto waiting = test::on_another_thread([&] { return flight->wait(*clock, clock->steady_now() + 2s); });
    clock->await_waiters(1);
    clock->advance(2s);
    CHECK_FALSE(waiting.get());
}

TEST_CASE("a passenger who is no thread is called once, when the flight lands") {
    const auto flight = std::make_shared<Flight>();
    Callback first;
    Callback second;
    REQUIRE(flight->join(first));
    REQUIRE(flight->join(second));
    CHECK(first.calls == 0);
    flight->land(value_landing(5));
    flight->land(value_landing(6));
    CHECK(first.calls == 1);
    CHECK(second.calls == 1);
    CHECK(first.value == 5);
}

TEST_CASE("a passenger cannot join a flight that has landed, and is not called") {
    const auto flight = std::make_shared<Flight>();
    flight->land(value_landing(5));
    Callback late;
    CHECK_FALSE(flight->join(late));
    CHECK(late.calls == 0);
}

TEST_CASE("a passenger who joins while the flight lands is called exactly once or told to look at the landing") {
    for (int round = 0; round != 2000; ++round) {
        const auto flight = std::make_shared<Flight>();
        Callback callback;
        bool has_joined = false;
        test::run_together(2, [&](std::size_t index) {
            if (index == 0) flight->land(value_landing(5));
            else has_joined = flight->join(callback);
        });
        const bool is_right = callback.calls == (has_joined ? 1 : 0) && value_of(*flight) == 5;
        if (!is_right) FAIL("in round " << round);
    }
}

TEST_CASE("a flight that was superseded commits nothing") {
    const Flight flight;
    CHECK(flight.commit().is_permitted());
    auto superseded = std::make_shared<Flight>();
    superseded->supersede();
    CHECK_FALSE(superseded->commit().is_permitted());
}

TEST_CASE("whoever supersedes a flight waits until a commit under way has ended") {
    const auto flight = std::make_shared<Flight>();
    std::atomic<bool> is_superseded = false;
    test::Gate committing;
    auto superseding = test::on_another_thread([&] {
        committing.pass();
        flight->supersede();
        is_superseded = true;
    });
    {
        const Flight::Commit commit = flight->commit();
        REQUIRE(commit.is_permitted());
        committing.open();
        for (int turn = 0; turn != 1000; ++turn) std::this_thread::yield();
        CHECK_FALSE(is_superseded);
    }
    superseding.get();
    CHECK(is_superseded);
    CHECK_FALSE(flight->commit().is_permitted());
}

TEST_CASE("a thread that supersedes its own flight in the middle of its commit is not blocked") {
    const auto flight = std::make_shared<Flight>();
    const Flight::Commit commit = flight->commit();
    flight->supersede();
    CHECK_FALSE(flight->commit().is_permitted());
}

TEST_CASE("a thread that waits for the flight which it leads gets an error") {
    const auto flight = std::make_shared<Flight>();
    flight->lead();
    CHECK_THROWS_AS(waits(*flight), kennel::RecursiveCreation);
    flight->hand_over({});
    CHECK_FALSE(waits(*flight, kennel::at_once));
}

TEST_CASE("two threads that wait for each other's flights are told, and do not block") {
    for (int round = 0; round != 200; ++round) {
        const std::shared_ptr<Flight> flights[] = {std::make_shared<Flight>(), std::make_shared<Flight>()};
        std::latch both_lead(2);
        std::atomic<int> errors = 0;
        test::run_together(2, [&](std::size_t index) {
            flights[index]->lead();
            both_lead.arrive_and_wait();
            try {
                (void)waits(*flights[1 - index]);
            } catch (const kennel::RecursiveCreation&) {
                ++errors;
            }
            flights[index]->land(value_landing(1));
        });
        if (errors == 0) FAIL("nobody was told in round " << round);
    }
}

TEST_CASE("a circle of many flights and threads is found by one of them") {
    constexpr std::size_t count = 5;
    for (int round = 0; round != 100; ++round) {
        std::vector<std::shared_ptr<Flight>> flights;
        for (std::size_t index = 0; index != count; ++index) flights.push_back(std::make_shared<Flight>());
        std::latch all_lead(count);
        std::atomic<int> errors = 0;
        test::run_together(count, [&](std::size_t index) {
            flights[index]->lead();
            all_lead.arrive_and_wait();
            try {
                (void)waits(*flights[(index + 1) % count]);
            } catch (const kennel::RecursiveCreation&) {
                ++errors;
            }
            flights[index]->land(value_landing(1));
        });
        if (errors == 0) FAIL("nobody was told in round " << round);
    }
}

TEST_CASE("a chain of flights that wait for each other is no circle") {
    constexpr std::size_t count = 5;
    std::vector<std::shared_ptr<Flight>> flights;
    for (std::size_t index = 0; index != count; ++index) flights.push_back(std::make_shared<Flight>());
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    std::latch all_lead(count);
    std::atomic<int> errors = 0;
    test::run_together(count, [&](std::size_t index) {
        flights[index]->lead();
        all_lead.arrive_and_wait();
        try {
            if (index + 1 != count) (void)flights[index + 1]->wait(*clock, kennel::no_deadline);
            else clock->await_waiters(count - 1);
        } catch (const kennel::RecursiveCreation&) {
            ++errors;
        }
        flights[index]->land(value_landing(static_cast<int>(index)));
    });
    CHECK(errors == 0);
}

TEST_CASE("a thread that has landed the flight one waits for and then waits itself closes no circle") {
    std::atomic<int> errors = 0;
    for (int round = 0; round != 3000; ++round) {
        const auto first = std::make_shared<Flight>();
        const auto second = std::make_shared<Flight>();
        std::latch both_lead(2);
        test::run_together(2, [&](std::size_t index) {
            (index == 0 ? first : second)->lead();
            both_lead.arrive_and_wait();
            try {
                if (index == 0) {
                    first->land(value_landing(1));
                    (void)waits(*second);
                } else {
                    (void)waits(*first);
                    second->land(value_landing(2));
                }
            } catch (const kennel::RecursiveCreation&) {
                ++errors;
                second->land({});
            }
        });
    }
    CHECK(errors == 0);
}

TEST_CASE("a creation that was handed over and that nobody has begun is done by the first who waits for it") {
    const auto flight = std::make_shared<Flight>();
    std::atomic<int> calls = 0;
    const auto work = std::make_shared<Flight::Work>([&] {
        ++calls;
        flight->lead();
        flight->land(value_landing(5));
    });
    flight->hand_over(work);
    CHECK(calls == 0);
    CHECK(waits(*flight));
    CHECK(calls == 1);
    CHECK(value_of(*flight) == 5);
}

TEST_CASE("of those who wait already when a creation is handed over, one wakes up and does it for all") {
    for (int round = 0; round != 20; ++round) {
        const auto flight = std::make_shared<Flight>();
        std::atomic<int> calls = 0;
        std::atomic<int> landed = 0;
        const auto work = std::make_shared<Flight::Work>([&] {
            ++calls;
            flight->land(value_landing(5));
        });
        test::run_together(4, [&](std::size_t thread) {
            if (thread == 0) {
                for (int turn = 0; turn != 1000; ++turn) std::this_thread::yield();
                flight->hand_over(work);
            } else if (waits(*flight) && value_of(*flight) == 5) {
                ++landed;
            }
        });
        const bool is_right = calls == 1 && landed == 3;
        if (!is_right) FAIL("in round " << round);
    }
}

TEST_CASE("whoever waits idly leaves the creation to others") {
    const auto flight = std::make_shared<Flight>();
    int calls = 0;
    const auto work = std::make_shared<Flight::Work>([&] { ++calls; });
    flight->hand_over(work);
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    CHECK_FALSE(flight->wait_idly(*clock, kennel::at_once));
    auto waiting = test::on_another_thread([&] { return flight->wait_idly(*clock, kennel::no_deadline); });
    clock->await_waiters(1);
    CHECK(calls == 0);
    flight->land(value_landing(5));
    CHECK(waiting.get());
}

TEST_CASE("a creation that has been begun, or given up, is waited for like any other") {
    const auto flight = std::make_shared<Flight>();
    int calls = 0;
    auto work = std::make_shared<Flight::Work>([&] { ++calls; });
    flight->hand_over(work);
    SECTION("begun") {
        test::on_another_thread([&] { flight->lead(); }).get();
    }
    SECTION("given up") { work.reset(); }
    CHECK_FALSE(waits(*flight, kennel::at_once));
    CHECK(calls == 0);
}

TEST_CASE("whoever supersedes a flight waits until another thread has committed") {
    const auto flight = std::make_shared<Flight>();
    std::optional<Flight::Commit> commit;
    commit.emplace(*flight);
    std::atomic<bool> is_superseded = false;
    auto other = test::on_another_thread([&] {
        flight->supersede();
        is_superseded = true;
    });
    CHECK_FALSE(is_superseded);
    commit.reset();
    other.get();
    CHECK(is_superseded);
    CHECK_FALSE(flight->commit().is_permitted());
}
