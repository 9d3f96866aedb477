// Whichever allocation of a call fails, no lock is held afterwards and no creation is under way.

#include <kennel/kennel.hpp>
#include <kennel/testing/manual_clock.hpp>

#include "support/locking_proxy.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

thread_local long allocations_until_failure = 0; ///< none fails while it is zero

void* allocate(std::size_t size, std::size_t alignment) {
    if (allocations_until_failure > 0 && --allocations_until_failure == 0) throw std::bad_alloc();
    const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
    if (void* const memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded)) return memory;
    throw std::bad_alloc();
}

} // namespace

[[gnu::noinline]] void* operator new(std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

using namespace std::chrono_literals;

const std::vector<std::string> keys{"a key that is too long for a small string", "b key that is too long for a small string"};

struct World {
    explicit World(kennel::AsyncCreationRunner runner)
        : region({.name = "numbers",
                  .async_creation_runner = std::move(runner),
                  .clock = clock,
                  .listener = [](const kennel::Event&) {}}) {
        configure();
    }

    void configure() {
        region.configure("memory", {.expiration_time = 10s,
                                    .wrap = {std::make_shared<test::LockingProxy>(locks)},
                                    .replace_existing_backend = true});
    }

    [[nodiscard]] bool is_unlocked() const {
        return locks->acquired() == locks->released() && !region.key_is_locked(keys[0]) && !region.key_is_locked(keys[1]);
    }

    std::shared_ptr<kennel::testing::ManualClock> clock = std::make_shared<kennel::testing::ManualClock>();
    std::shared_ptr<test::Locks> locks = std::make_shared<test::Locks>(clock);
    kennel::CacheRegion<> region;
};

struct Call {
    const char* name;
    std::function<void()> run;
};

int create() { return 2; }
int fail() { throw std::runtime_error("a text that is too long for a small string"); }
std::vector<int> create_many(const std::vector<std::string>& missing) { return std::vector<int>(missing.size(), 2); }

/// Makes the first allocation of the call fail, then the second, and so on, until none is left to fail.
bool survives(World& world, const Call& call, bool is_stale) {
    for (long number = 1;; ++number) {
        world.region.erase_multi(keys);
        if (is_stale) world.region.set_multi<int>({{keys[0], 1}, {keys[1], 1}});
        if (is_stale) world.clock->advance(11s);
        allocations_until_failure = number;
        try {
            call.run();
        } catch (const std::bad_alloc&) { // NOLINT(*-empty-catch): of course
        } catch (const std::runtime_error&) { // NOLINT(*-empty-catch): the creator's
        }
        const bool has_failed = allocations_until_failure == 0;
        allocations_until_failure = 0;
        if (!world.is_unlocked()) {
            std::printf("%s: allocation %ld left something locked\n", call.name, number);
            return false;
        }
        if (has_failed) continue;
        std::printf("%s%s: each of %ld allocations\n", call.name, is_stale ? " with an old value" : "", number - 1);
        return number > 1 || call.name == std::string("invalidate"); // which needs no memory
    }
}

} // namespace

int main() {
    int failures = 0;
    for (const bool has_runner : {false, true}) {
        World world(has_runner ? kennel::AsyncCreationRunner([](const kennel::CreationJob& job) { job(); })
                               : kennel::AsyncCreationRunner());
        const Call calls[] = {
            {"get_or_create", [&] { (void)world.region.get_or_create(keys[0], create); }},
            {"get_or_create whose creator throws", [&] { (void)world.region.get_or_create(keys[0], fail); }},
            {"get_or_create_multi", [&] { (void)world.region.get_or_create_multi(keys, create_many); }},
            {"refresh", [&] { (void)world.region.refresh(keys[0], create); }},
            {"set", [&] { world.region.set(keys[0], 3); }},
            {"erase", [&] { world.region.erase(keys[0]); }},
            {"erase_multi", [&] { world.region.erase_multi(keys); }},
            {"invalidate", [&] { world.region.invalidate(); }},
            {"configure", [&] { world.configure(); }},
        };
        for (const bool is_stale : {false, true})
            for (const Call& call : calls) failures += survives(world, call, is_stale) ? 0 : 1;
    }
    return failures == 0 ? 0 : 1;
}
