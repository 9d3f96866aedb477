#include "kennel/flight_table.hpp"

#include "support/catch.hpp"
#include "support/threads.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace {

using kennel::FlightTable;
using kennel::Landing;
using kennel::Payload;

Landing value_landing(int value) { return {.kind = Landing::Kind::value, .value = Payload::object(value)}; }

} // namespace

TEST_CASE("the first who boards a key leads its flight and the others join it") {
    FlightTable table;
    const auto first = table.board("key");
    const auto second = table.board("key");
    CHECK(first.is_leader);
    CHECK_FALSE(second.is_leader);
    CHECK(first.flight == second.flight);
    CHECK(table.board("another key").is_leader);
    CHECK(table.contains("key"));
    CHECK_FALSE(table.contains("a third key"));
}

TEST_CASE("whoever boards a key after the landing starts anew") {
    FlightTable table;
    const auto first = table.board("key");
    table.land("key", first.flight, value_landing(1));
    CHECK_FALSE(table.contains("key"));
    const auto second = table.board("key");
    CHECK(second.is_leader);
    CHECK(second.flight != first.flight);
}

TEST_CASE("nobody joins a flight that was boarded alone") {
    FlightTable table;
    const auto alone = table.board_alone("key");
    CHECK(table.contains("key"));
    const auto boarded = table.board("key");
    CHECK(boarded.is_leader);
    CHECK(boarded.flight != alone);
    table.land("key", alone, {});
    CHECK_FALSE(table.board("key").is_leader);
    table.land("key", boarded.flight, {});
    CHECK_FALSE(table.contains("key"));
}

TEST_CASE("a superseded key has no flight, and what was under way commits nothing") {
    FlightTable table;
    const auto old = table.board("key");
    const auto alone = table.board_alone("key");
    const auto other = table.board("another key");
    table.supersede("key");
    CHECK_FALSE(table.contains("key"));
    CHECK_FALSE(old.flight->commit().is_permitted());
    CHECK_FALSE(alone->commit().is_permitted());
    CHECK(other.flight->commit().is_permitted());
    CHECK(table.board("key").is_leader);
}

TEST_CASE("the landing of a superseded flight leaves its successor on the table") {
    FlightTable table;
    const auto old = table.board("key");
    table.supersede("key");
    const auto young = table.board("key");
    table.land("key", old.flight, value_landing(1));
    CHECK_FALSE(table.board("key").is_leader);
    CHECK(table.board("key").flight == young.flight);
    CHECK(young.flight->commit().is_permitted());
}

TEST_CASE("a closure of all keys spares no flight") {
    FlightTable table;
    std::vector<std::shared_ptr<kennel::Flight>> flights;
    const auto board = [&] {
        for (int key = 0; key != 100; ++key) {
            flights.push_back(table.board(std::to_string(key)).flight);
            flights.push_back(table.board_alone(std::to_string(key)));
        }
    };
    board();
    {
        const FlightTable::Closure closure(table);
        CHECK_FALSE(table.contains("1"));
        board();
    }
    for (const auto& flight : flights)
        if (flight->commit().is_permitted()) FAIL("a flight was spared");
    CHECK_FALSE(table.contains("1"));
    CHECK(table.board("1").flight->commit().is_permitted());
}

TEST_CASE("while keys are closed their flights can be joined, but commit nothing and are off the table afterwards") {
    FlightTable table;
    const std::string_view keys[] = {"a", "b", "a"};
    const auto before = table.board("a");
    std::shared_ptr<kennel::Flight> meanwhile;
    {
        const FlightTable::Closure closure(table, keys);
        {
            const FlightTable::Closure inner(table, std::span(keys).first(1));
        }
        const auto boarding = table.board("a");
        meanwhile = boarding.flight;
        CHECK(boarding.is_leader);
        CHECK(meanwhile != before.flight);
        CHECK_FALSE(table.board("a").is_leader);
        CHECK_FALSE(meanwhile->commit().is_permitted());
        CHECK_FALSE(table.board_alone("b")->commit().is_permitted());
        CHECK(table.board("c").flight->commit().is_permitted());
    }
    CHECK_FALSE(before.flight->commit().is_permitted());
    CHECK_FALSE(table.contains("a"));
    CHECK_FALSE(table.contains("b"));
    CHECK(table.contains("c"));
    CHECK(table.board("a").flight->commit().is_permitted());
}

TEST_CASE("a key stays closed until all who closed it are done, whoever leaves first") {
    FlightTable table;
    std::optional<FlightTable::Closure> first;
    std::optional<FlightTable::Closure> second;
    {
        const std::string own_text = "a key that is too long for a small string";
        const std::string_view key = own_text;
        first.emplace(table, std::span(&key, 1));
        const std::string other_text = own_text;
        const std::string_view other_key = other_text;
        second.emplace(table, std::span(&other_key, 1));
        first.reset();
        CHECK_FALSE(table.board(key).flight->commit().is_permitted());
        second.reset();
        CHECK(table.board(key).flight->commit().is_permitted());
    }
}

TEST_CASE("threads that board and land the same keys never lead one key at the same time") {
    constexpr std::size_t keys = 3;
    FlightTable table;
    std::array<std::atomic<int>, keys> leaders{};
    std::atomic<int> collisions = 0;
    test::run_together(8, [&](std::size_t thread) {
        for (std::size_t round = 0; round != 2000; ++round) {
            const std::size_t key = (thread + round) % keys;
            const auto boarding = table.board(std::to_string(key));
            if (!boarding.is_leader) {
                (void)boarding.flight->wait(*kennel::SystemClock::shared(), kennel::no_deadline);
                continue;
            }
            if (++leaders[key] != 1) ++collisions;
            --leaders[key];
            table.land(std::to_string(key), boarding.flight, value_landing(1));
        }
    });
    CHECK(collisions == 0);
    for (std::size_t key = 0; key != keys; ++key) CHECK_FALSE(table.contains(std::to_string(key)));
}

TEST_CASE("closures of one key that end in any order leave nothing of each other's keys", "[flight]") {
    kennel::FlightTable table;
    const std::string text = "a key that is too long to lie in the string object itself";
    auto first_key = std::make_unique<std::string>(text);
    auto second_key = std::make_unique<std::string>(text);
    const std::string_view first_view = *first_key;
    const std::string_view second_view = *second_key;
    auto first = std::make_unique<kennel::FlightTable::Closure>(table, std::span(&first_view, 1));
    auto second = std::make_unique<kennel::FlightTable::Closure>(table, std::span(&second_view, 1));
    first.reset();
    first_key.reset();
    const auto late = table.board(text);
    CHECK_FALSE(late.flight->commit().is_permitted());
    second.reset();
    second_key.reset();
    table.land(text, late.flight, {});
    const auto next = table.board(text);
    CHECK(next.flight->commit().is_permitted());
    table.land(text, next.flight, {});
}

TEST_CASE("threads that close one key at the same time do not disturb each other", "[flight]") {
    kennel::FlightTable table;
    test::run_together(4, [&](std::size_t) {
        for (int round = 0; round != 500; ++round) {
            const std::string key = "a key that is too long to lie in the string object itself";
            const std::string_view view = key;
            const kennel::FlightTable::Closure closure(table, std::span(&view, 1));
        }
    });
    CHECK_FALSE(table.contains("key"));
}
