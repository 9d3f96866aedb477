#include "kennel/backends/memory/queue.hpp"

#include "kennel/backends/memory/entry.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace {

using kennel::detail::MemoryEntry;
using kennel::detail::MemoryPlace;
using kennel::detail::MemoryQueue;

/// Entries that live as long as this.
class Entries {
public:
    explicit Entries(std::size_t count) : blocks_(count) {
        for (auto& block : blocks_) {
            const int value = 1;
            block.resize(16);
            entries_.push_back(MemoryEntry::make(block.data(), "key", {kennel::Payload::borrowed_object(value), {}},
                                                 kennel::detail::never, false));
        }
    }
    [[nodiscard]] MemoryEntry& operator[](std::size_t index) const { return *entries_[index]; }

private:
    std::vector<std::vector<std::uint64_t>> blocks_;
    std::vector<MemoryEntry*> entries_;
};

} // namespace

TEST_CASE("a queue gives back its entries in their order, without those that were taken from its middle", "[memory]") {
    const std::uint32_t first = GENERATE(std::uint32_t{0}, MemoryPlace::last_position - 20, 0U - 20U);
    const Entries entries(100);
    MemoryQueue queue(0, first);
    std::deque<MemoryEntry*> expected;
    for (std::size_t index = 0; index != 100; ++index) {
        queue.reserve(1, 50);
        queue.push(entries[index]);
        if (index % 3 == 0) queue.remove(entries[index]);
        else expected.push_back(&entries[index]);
        if (index % 5 == 4) {
            CHECK(&queue.front() == expected.front());
            queue.pop();
            expected.pop_front();
        }
        REQUIRE(queue.size() == expected.size());
    }
    for (; !expected.empty(); expected.pop_front()) {
        REQUIRE(&queue.front() == expected.front());
        queue.pop();
    }
    CHECK(queue.size() == 0);
}

TEST_CASE("entries may go round a queue more often than there are positions, without room being made", "[memory]") {
    const Entries entries(10);
    MemoryQueue queue(0, MemoryPlace::last_position - 15);
    queue.reserve(10, 10);
    for (std::size_t index = 0; index != 10; ++index) queue.push(entries[index]);
    for (std::size_t round = 0; round != 40; ++round) {
        MemoryEntry& oldest = queue.front();
        REQUIRE(&oldest == &entries[round % 10]);
        queue.pop();
        queue.push(oldest);
    }
    queue.remove(entries[5]);
    CHECK(queue.size() == 9);
}
