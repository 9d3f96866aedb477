// Whichever allocation of a call fails, no lock is held afterwards and no creation is under way; and a proxy that
// could not be put in front of a backend wraps nothing.

#include <kennel/kennel.hpp>
#include <kennel/testing/manual_clock.hpp>

#include "support/allocations.hpp"
#include "support/locking_proxy.hpp"

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;

const std::vector<std::string> keys{"a key that is too long for a small string",
                                    "b key that is too long for a small string"};

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
        return locks->acquired() == locks->released() && !region.key_is_locked(keys[0]) &&
               !region.key_is_locked(keys[1]);
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
        test::allocations().until_failure = number;
        try {
            call.run();
        } catch (const std::bad_alloc&) {     // NOLINT(*-empty-catch): of course
        } catch (const std::runtime_error&) { // NOLINT(*-empty-catch): the creator's
        }
        const bool has_failed = test::allocations().until_failure == 0;
        test::allocations().until_failure = 0;
        if (!world.is_unlocked()) {
            std::printf("%s: allocation %ld left something locked\n", call.name, number);
            return false;
        }
        if (has_failed) continue;
        std::printf("%s%s: each of %ld allocations\n", call.name, is_stale ? " with an old value" : "", number - 1);
        const std::string_view name = call.name;
        return number > 1 || name == "invalidate" || name == "erase"; // which need no memory
    }
}

class IdleProxy final : public kennel::ProxyBackend {};

bool wraps_nothing(const kennel::ProxyBackend& proxy) {
    try {
        static_cast<void>(proxy.proxied());
        return false;
    } catch (const kennel::RegionNotConfigured&) {
        return true;
    }
}

/// Makes the first allocation of a call that takes two proxies fail, then the second, and so on, until it succeeds.
template <class PutInFront>
bool leaves_proxies_alone(const char* name, PutInFront put_in_front) {
    const auto outer = std::make_shared<IdleProxy>();
    const auto inner = std::make_shared<IdleProxy>();
    for (long number = 1;; ++number) {
        kennel::CacheRegion region;
        region.configure("memory");
        const kennel::ConfigureOptions options{.wrap = {outer, inner}, .replace_existing_backend = true};
        test::allocations().until_failure = number;
        try {
            put_in_front(region, options);
        } catch (const std::bad_alloc&) { // NOLINT(*-empty-catch): of course
        }
        const bool has_failed = test::allocations().until_failure == 0;
        test::allocations().until_failure = 0;
        if (!has_failed) return !wraps_nothing(*inner);
        if (wraps_nothing(*outer) && wraps_nothing(*inner)) continue;
        std::printf("%s: allocation %ld left a proxy on a backend\n", name, number);
        return false;
    }
}

} // namespace

int main() {
    int failures = 0;
    const auto configure = [](auto& region, const auto& options) { region.configure("memory", options); };
    const auto wrap = [](auto& region, const auto& options) { region.wrap(options.wrap.back()); };
    failures += leaves_proxies_alone("configure", configure) ? 0 : 1;
    failures += leaves_proxies_alone("wrap", wrap) ? 0 : 1;
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
