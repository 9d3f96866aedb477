#include "kennel/backends/memory.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <string_view>

namespace {

using kennel::CachedValue;
using kennel::MemoryLimits;
using kennel::MemorySettings;
using namespace test;

/// What a `ScarceAllocator` has given, and when it fails.
struct Supply {
    std::size_t until_failure = 0; ///< the allocation of this number fails; 0: none does
    std::size_t blocks = 0;
    std::size_t bytes = 0;
};

/// Takes memory from the system, and fails when its supply says so.
template <class Type>
class ScarceAllocator {
public:
    using value_type = Type;

    ScarceAllocator() : supply_(std::make_shared<Supply>()) {}
    explicit ScarceAllocator(std::shared_ptr<Supply> supply) : supply_(std::move(supply)) {}
    template <class Other>
    ScarceAllocator(const ScarceAllocator<Other>& other) noexcept : supply_(other.supply()) {} // NOLINT(*-explicit-*)

    [[nodiscard]] Type* allocate(std::size_t count) {
        if (supply_->until_failure != 0 && --supply_->until_failure == 0) throw std::bad_alloc();
        Type* const memory = std::allocator<Type>().allocate(count);
        ++supply_->blocks;
        supply_->bytes += count * sizeof(Type);
        return memory;
    }
    void deallocate(Type* memory, std::size_t count) noexcept {
        --supply_->blocks;
        supply_->bytes -= count * sizeof(Type);
        std::allocator<Type>().deallocate(memory, count);
    }

    [[nodiscard]] const std::shared_ptr<Supply>& supply() const noexcept { return supply_; }
    friend bool operator==(const ScarceAllocator& left, const ScarceAllocator& right) noexcept {
        return left.supply_ == right.supply_;
    }

private:
    std::shared_ptr<Supply> supply_;
};

using ScarceBackend = kennel::BasicMemoryBackend<void, ScarceAllocator<std::byte>>;

/// A backend, and what must be in it.
class World {
public:
    World(const std::shared_ptr<Supply>& supply, std::size_t most)
        : supply_(supply), backend_(MemorySettings{.max_entries = most}, kennel::SystemClock::shared(),
                                    ScarceAllocator<std::byte>(supply)) {}

    /// Stores texts, small and large, over each other; the allocation of this number fails. Whether it came to that.
    bool survives(std::size_t failing) {
        supply_->until_failure = failing;
        std::size_t failures = 0;
        for (std::size_t number = 0; number != 600; ++number) {
            const std::string key = key_of(number * 7 % 400);
            const std::string text(number % 50 == 0 ? 5'000 : number % 90, static_cast<char>('a' + number % 20));
            try {
                store_bytes(backend_, key, text);
                expected_[key] = text;
            } catch (const std::bad_alloc&) {
                ++failures;
                REQUIRE(is_as_expected());
                store_bytes(backend_, key, text); // there is memory again
                expected_[key] = text;
            }
            if (number % 10 == 0) {
                backend_.erase(key);
                expected_.erase(key);
            }
        }
        supply_->until_failure = 0;
        CHECK(is_as_expected());
        CHECK(failures <= 1);
        return failures == 1;
    }

    /// All that is there is right, and without a limit nothing is missing.
    [[nodiscard]] bool is_as_expected() {
        std::size_t count = 0;
        bool is_right = true;
        backend_.for_each([&](std::string_view key, const CachedValue& value) {
            ++count;
            const auto entry = expected_.find(std::string(key));
            is_right = is_right && entry != expected_.end() && entry->second == value.payload.as_bytes();
        });
        const auto statistics = backend_.statistics();
        return is_right && count == statistics.entries && (statistics.evicted != 0 || count == expected_.size());
    }

private:
    std::shared_ptr<Supply> supply_;
    ScarceBackend backend_;
    std::map<std::string, std::string> expected_;
};

} // namespace

TEST_CASE("whichever allocation of a set fails, the error reaches the caller and every entry is as it was",
          "[memory]") {
    const std::size_t most = GENERATE(std::size_t{50}, MemoryLimits::none);
    const auto supply = std::make_shared<Supply>();
    std::size_t failing = 1;
    for (bool has_failed = true; has_failed; ++failing) {
        {
            World world(supply, most);
            has_failed = world.survives(failing);
        }
        REQUIRE(supply->blocks == 0);
        REQUIRE(supply->bytes == 0);
    }
    CHECK(failing > 10);
}

TEST_CASE("a backend that finds no memory to begin with leaves none behind", "[memory]") {
    const auto supply = std::make_shared<Supply>();
    std::size_t failing = 0;
    for (bool has_failed = true; has_failed;) {
        supply->until_failure = ++failing;
        try {
            const ScarceBackend backend({}, kennel::SystemClock::shared(), ScarceAllocator<std::byte>(supply));
            has_failed = false;
        } catch (const std::bad_alloc&) { // NOLINT(*-empty-catch): of course
        }
        REQUIRE(supply->blocks == 0);
    }
    CHECK(failing > 1);
}

TEST_CASE("values that are copied into a backend without memory are not leaked", "[memory]") {
    const auto supply = std::make_shared<Supply>();
    const auto token = std::make_shared<int>(1);
    {
        long stored = 0;
        ScarceBackend backend({}, kennel::SystemClock::shared(), ScarceAllocator<std::byte>(supply));
        for (std::size_t number = 0; number != 2'000; ++number) {
            supply->until_failure = 1;
            bool has_failed = false;
            try {
                store(backend, key_of(number), token);
            } catch (const std::bad_alloc&) {
                has_failed = true;
            }
            REQUIRE(has(backend, key_of(number)) != has_failed);
            supply->until_failure = 0;
            stored += has_failed ? 0 : 1;
            REQUIRE(token.use_count() == 1 + stored);
            store(backend, "more " + key_of(number), number); // may grow
        }
        CHECK(stored > 0);
        CHECK(stored < 2'000);
    }
    CHECK(token.use_count() == 1);
    CHECK(supply->blocks == 0);
}
