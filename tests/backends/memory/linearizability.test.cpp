#include "kennel/backends/memory.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"
#include "support/register_history.hpp"
#include "support/threads.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using kennel::MemoryBackend;
using kennel::MemoryLimits;
using kennel::MemorySettings;
using namespace test;
using Kind = RegisterOperation::Kind;

constexpr std::size_t thread_count = 4;

/// As values of different forms, in which a mixture of two of them is recognised.
struct AsNumber {
    using Value = std::uint64_t;
    static Value write(std::uint64_t number) { return number; }
    static std::optional<std::uint64_t> read(const Value& value) { return value; }
};
struct AsBlock {
    using Value = std::array<std::uint64_t, 8>;
    static Value write(std::uint64_t number) {
        Value value;
        for (std::size_t at = 0; at != value.size(); ++at) value[at] = number * (at + 1);
        return value;
    }
    static std::optional<std::uint64_t> read(const Value& value) {
        return value == write(value[0]) ? std::optional(value[0]) : std::nullopt;
    }
};
struct AsText {
    using Value = std::string;
    static Value write(std::uint64_t number) { return std::to_string(number) + " in words of more than one word"; }
    static std::optional<std::uint64_t> read(const Value& value) {
        const std::uint64_t number = std::stoull(value);
        return value == write(number) ? std::optional(number) : std::nullopt;
    }
};

/// What one thread has done, by key.
using Log = std::vector<RegisterHistory::Operations>;

struct Game {
    std::size_t key_count;
    std::size_t operation_count; ///< of each thread
    std::atomic<std::uint64_t> now = 1;
};

/// Does random operations; the values that are written say by whom, of which key and the how manieth they are.
template <class Form>
Log play(MemoryBackend& backend, Game& game, std::size_t thread, Dice dice) {
    Log log(game.key_count);
    for (auto& operations : log) operations.reserve(game.operation_count * 2 / game.key_count);
    for (std::uint64_t count = 1; count <= game.operation_count; ++count) {
        const std::size_t key = dice.roll(game.key_count);
        const std::string name = key_of(key);
        const std::size_t action = dice.roll(10);
        RegisterOperation operation{Kind::miss, 0, game.now++, 0};
        if (action < 4) {
            operation.kind = Kind::write;
            operation.value = (count * game.key_count + key) * thread_count + thread;
            store(backend, name, Form::write(operation.value));
        } else if (action == 4) {
            operation.kind = Kind::erase;
            backend.erase(name);
        } else if (const auto value = found<typename Form::Value>(backend, name)) {
            operation.kind = Kind::read;
            operation.value = Form::read(*value).value_or(0); // nobody writes zero
        }
        operation.returned = game.now++;
        log[key].push_back(operation);
    }
    return log;
}

/// Plays as many games as come to `operation_count` operations together, and checks each of them key by key.
template <class Form>
void check(const MemorySettings& settings, std::size_t operation_count) {
    const std::uint64_t seed = seed_of_run();
    const bool may_evict = settings.max_entries != MemoryLimits::none;
    const std::size_t per_game = (std::min)(operation_count, std::size_t{200'000});
    for (std::size_t round = 0; round * per_game < operation_count; ++round) {
        MemoryBackend backend(settings);
        Game game{.key_count = round % 3 == 0 ? 1U : 8U, .operation_count = per_game / thread_count};
        std::array<Log, thread_count> logs;
        run_together(thread_count, [&](std::size_t thread) {
            logs[thread] = play<Form>(backend, game, thread, Dice(seed + 1'000 * round + thread));
        });
        for (std::size_t key = 0; key != game.key_count; ++key) {
            RegisterHistory::Operations all;
            for (const Log& log : logs) all.insert(all.end(), log[key].begin(), log[key].end());
            INFO("seed " << seed << ", game " << round << ", key " << key);
            REQUIRE(RegisterHistory(std::move(all)).flaw(may_evict) == "");
        }
    }
}

} // namespace

TEST_CASE("entries without a limit are linearizable: nothing is lost, stale, torn or foreign", "[memory]") {
    SECTION("small numbers, overwritten in place") { check<AsNumber>({}, rounds(2'000'000)); }
    SECTION("blocks of 64 bytes, overwritten in place") { check<AsBlock>({}, rounds(2'000'000)); }
    SECTION("texts") { check<AsText>({}, rounds(2'000'000)); }
    SECTION("numbers that are replaced because a listener hears of it") {
        check<AsNumber>({.removal_listener = [](auto&&...) {}}, rounds(1'000'000));
    }
    SECTION("numbers that have a weight") {
        check<AsNumber>({.weigher = [](auto&&...) { return std::size_t{1}; }}, rounds(1'000'000));
    }
    SECTION("numbers that have a life and an idle time") {
        using namespace std::chrono_literals;
        check<AsNumber>({.time_to_live = 24h, .time_to_idle = 24h}, rounds(1'000'000));
    }
}

TEST_CASE("entries that may be evicted are linearizable: they may be missed, but are not stale or foreign",
          "[memory]") {
    const std::string policy = GENERATE("adaptive", "s3_fifo", "lru");
    const std::size_t most = GENERATE(std::size_t{1}, std::size_t{3});
    const MemorySettings settings{.max_entries = most, .policy = policy};
    check<AsNumber>(settings, rounds(600'000));
    check<AsText>(settings, rounds(600'000));
}
