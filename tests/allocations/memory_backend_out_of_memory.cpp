// Whichever allocation fails while a memory backend stores, evicts, grows and is resized: it counts what it holds, holds what
// was stored, keeps its limit, and goes on.

#include <kennel/backends/memory.hpp>
#include <kennel/kennel.hpp>

#include "support/allocations.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t most_entries = 40;

std::string key_of(std::size_t number) { return "a key that is too long for a small string " + std::to_string(number); }

/// Values of three kinds, of which one copies by allocating.
void store(kennel::MemoryBackend& backend, std::size_t number) {
    const std::string key = key_of(number);
    const std::string text = "the text of " + key;
    if (number % 3 == 0) backend.set(key, {kennel::Payload::borrowed_object(number), {}});
    else if (number % 3 == 1) backend.set(key, {kennel::Payload::borrowed_bytes(text), {}});
    else backend.set(key, {kennel::Payload::borrowed_object(text), {}});
}

bool is_right(std::string_view key, const kennel::CachedValue& value) {
    const std::size_t number = std::stoul(std::string(key.substr(key.rfind(' ') + 1)));
    if (const auto* const found = value.payload.get_if<std::size_t>()) return *found == number;
    const auto* const text = value.payload.get_if<std::string>();
    return (text != nullptr ? std::string_view(*text) : value.payload.as_bytes()) == "the text of " + key_of(number);
}

bool is_consistent(const kennel::MemoryBackend& backend) {
    std::uint64_t entries = 0;
    bool are_right = true;
    backend.for_each([&](std::string_view key, const kennel::CachedValue& value) {
        ++entries;
        are_right = are_right && is_right(key, value);
    });
    const kennel::MemoryStatistics counts = backend.statistics();
    return are_right && entries == counts.entries && entries <= most_entries &&
           entries == counts.inserted - counts.erased - counts.expired - counts.evicted;
}

template <class Action>
void try_to(const Action& action) {
    try {
        action();
    } catch (const std::bad_alloc&) { // NOLINT(*-empty-catch): of course
    }
}

/// Says how many allocations there were, each of which has failed once.
long run(const char* policy, bool has_listener) {
    for (long failing = 1;; ++failing) {
        kennel::MemorySettings settings{.max_entries = most_entries, .policy = policy};
        bool was_told_right = true;
        if (has_listener)
            settings.removal_listener = [&](std::string_view key, const kennel::CachedValue& value, auto /*cause*/) {
                was_told_right = was_told_right && is_right(key, value);
            };
        kennel::MemoryBackend backend(settings);
        test::allocations().until_failure = failing;
        for (std::size_t number = 0; number != 4 * most_entries; ++number) {
            try_to([&] { store(backend, number); });
            try_to([&] { (void)backend.get(key_of(number / 2)); });
        }
        try_to([&] { backend.erase(key_of(4 * most_entries - 1)); });
        try_to([&] { backend.resize({.max_entries = most_entries / 2}); });
        try_to([&] { backend.resize({.max_entries = most_entries}); });
        const bool has_failed = test::allocations().until_failure == 0;
        test::allocations().until_failure = 0;
        if (!was_told_right || !is_consistent(backend)) {
            std::printf("%s: inconsistent after allocation %ld has failed\n", policy, failing);
            return 0;
        }
        for (std::size_t number = 0; number != 2 * most_entries; ++number) store(backend, number);
        if (!is_consistent(backend) || backend.size() != most_entries) {
            std::printf("%s: does not go on after allocation %ld has failed\n", policy, failing);
            return 0;
        }
        if (!has_failed) return failing - 1;
    }
}

} // namespace

int main() {
    bool is_good = true;
    for (const char* const policy : {"adaptive", "s3_fifo", "lru"})
        for (const bool has_listener : {false, true}) {
            const long count = run(policy, has_listener);
            std::printf("%s%s: each of %ld allocations\n", policy, has_listener ? " with a listener" : "", count);
            is_good = is_good && count > 10;
        }
    return is_good ? 0 : 1;
}
