#include "kennel/backends/memory/entry.hpp"

#include "kennel/backends/memory.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"

#include <cstddef>
#include <memory>

namespace {

using namespace test;

constexpr int most_overwrites = 32'767; ///< two numbers of sixteen bits for each

kennel::CachedValue entry_of(const int& number) { return {kennel::Payload::borrowed_object(number), {}}; }

} // namespace

TEST_CASE("an entry is overwritten as often as it has numbers for, and then no more", "[memory]") {
    using kennel::detail::MemoryEntry;
    int number = 0;
    const auto block = std::make_unique<std::byte[]>(MemoryEntry::size_for("key", entry_of(number), false));
    MemoryEntry& entry = *MemoryEntry::make(block.get(), "key", entry_of(number), kennel::detail::never, false);
    while (number <= most_overwrites && entry.overwrite(entry_of(number + 1), kennel::detail::never)) ++number;
    CHECK(number == most_overwrites);
    int last = 0;
    entry.visit([&](const kennel::CachedValue& value) { last = *value.payload.get_if<int>(); });
    CHECK(last == most_overwrites);
    entry.destroy();
}

TEST_CASE("a value may be stored more often than its entry can be overwritten", "[memory]") {
    kennel::MemoryBackend backend;
    for (int number = 0; number <= 2 * most_overwrites + 3; ++number) {
        store(backend, "key", number);
        if (found(backend, "key") != number) FAIL("lost: " << number);
    }
    CHECK(backend.size() == 1);
    CHECK(backend.statistics().inserted == 1);
    CHECK(backend.statistics().replaced == 2 * most_overwrites + 3);
}
