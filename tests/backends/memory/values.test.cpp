#include "kennel/backends/memory.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"
#include "support/threads.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CachedValue;
using kennel::MemoryBackend;
using namespace test;

template <std::size_t Alignment>
struct alignas(Alignment) Aligned {
    explicit Aligned(unsigned char with) : byte(with) {}
    unsigned char byte;
    [[nodiscard]] bool is_aligned() const { return reinterpret_cast<std::uintptr_t>(this) % Alignment == 0; }
};

template <std::size_t Alignment>
void check_alignment() {
    MemoryBackend backend;
    std::size_t wrong = 0;
    for (std::size_t number = 0; number != 100; ++number) {
        const std::string key(number, 'k'); // so that the value would lie anywhere
        store(backend, key, Aligned<Alignment>(static_cast<unsigned char>(number)));
        REQUIRE(backend.visit(key, [&](const CachedValue& value) {
            const auto* const aligned = value.payload.get_if<Aligned<Alignment>>();
            wrong += aligned->byte == number && (Alignment <= 8 || aligned->is_aligned()) ? 0U : 1U;
        }));
        wrong += found<Aligned<Alignment>>(backend, key)->is_aligned() ? 0U : 1U;
    }
    CHECK(wrong == 0);
}

/// Of any size; all of its bytes are the same unless it was torn.
template <std::size_t Size>
using Block = std::array<unsigned char, Size>;

template <std::size_t Size>
std::size_t count_torn() {
    MemoryBackend backend;
    Block<Size> first{};
    store(backend, "key", first);
    std::atomic<bool> is_over = false;
    std::size_t wrong = 0;
    run_together(2, [&](std::size_t thread) {
        if (thread == 0) {
            for (std::size_t round = 0; !is_over; ++round) {
                Block<Size> block;
                block.fill(static_cast<unsigned char>(round));
                store(backend, "key", block);
            }
            return;
        }
        for (std::size_t round = 0; round != rounds(20'000); ++round)
            backend.visit("key", [&](const CachedValue& value) {
                const auto& block = *value.payload.get_if<Block<Size>>();
                for (const unsigned char byte : block) wrong += byte == block[0] ? 0U : 1U;
            });
        is_over = true;
    });
    return wrong;
}

template <std::size_t... Sizes>
std::vector<std::size_t> torn_of_sizes(std::index_sequence<Sizes...>) {
    return {count_torn<Sizes + 1>()...};
}

} // namespace

TEST_CASE("values are aligned as their type demands", "[memory]") {
    check_alignment<1>();
    check_alignment<8>();
    check_alignment<16>();
    check_alignment<32>();
    check_alignment<64>();
    check_alignment<128>();
    check_alignment<4096>();
}

TEST_CASE("nobody sees half of a value, of whatever size, that is overwritten", "[memory]") {
    const auto torn = torn_of_sizes(std::make_index_sequence<72>());
    CHECK(torn == std::vector<std::size_t>(72, 0));
}

TEST_CASE("a value may be replaced by one of another type or size, and by its own", "[memory]") {
    MemoryBackend backend;
    const auto check_all = [&] {
        store(backend, "key", 1);
        CHECK(found(backend, "key") == 1);
        CHECK_FALSE(found<std::string>(backend, "key"));
        store(backend, "key", 2U);
        CHECK_FALSE(found(backend, "key"));
        CHECK(found<unsigned>(backend, "key") == 2U);
        store(backend, "key", std::string("text"));
        CHECK(found<std::string>(backend, "key") == "text");
        store_bytes(backend, "key", std::string("\0bytes", 6));
        CHECK(found_bytes(backend, "key") == std::string("\0bytes", 6));
        store_bytes(backend, "key", "");
        CHECK(found_bytes(backend, "key") == "");
        store_bytes(backend, "key", std::string(3'000'000, 'v'));
        CHECK(found_bytes(backend, "key") == std::string(3'000'000, 'v'));
        backend.visit("key", [&](const CachedValue& value) { backend.set("key", value); });
        CHECK(found_bytes(backend, "key") == std::string(3'000'000, 'v'));
    };
    check_all();
    check_all();
    CHECK(backend.size() == 1);
}

TEST_CASE("what is stored beside a value is kept", "[memory]") {
    const kennel::Metadata plain{.created = kennel::WallTime(123'456'789'012'345'678ns),
                                 .creation_cost = 1'234'567'891ns};
    kennel::Metadata rich = plain;
    rich.version = 7;
    rich.time_to_live = 90s;
    rich.tags = kennel::Tags({"one", "two"});
    const kennel::Payload payloads[] = {kennel::Payload::object(1), kennel::Payload::object(std::string("text")),
                                        kennel::Payload::bytes("bytes"), kennel::Payload::object(Block<65>{})};
    MemoryBackend backend;
    for (const auto& payload : payloads)
        for (const auto& metadata : {plain, rich, plain}) {
            backend.set("key", {payload, metadata});
            const auto entry = backend.get("key");
            REQUIRE(entry);
            CHECK(entry->metadata.created == metadata.created);
            CHECK(entry->metadata.version == metadata.version);
            CHECK(entry->metadata.time_to_live == metadata.time_to_live);
            CHECK(entry->metadata.tags == metadata.tags);
            const auto error = entry->metadata.creation_cost.nanoseconds() - metadata.creation_cost.nanoseconds();
            CHECK((error >= 0 && error < 1'000)); // kept in whole microseconds
        }
}
