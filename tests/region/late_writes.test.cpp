#include "kennel/kennel.hpp"

#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/halted_creation.hpp"
#include "support/hooked_proxy.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::CacheRegion;
using kennel::ConfigureOptions;
using kennel::Invalidation;
using kennel::testing::ManualClock;

/// A way to overtake the creation of "key".
struct Overtaking {
    const char* name;
    std::function<void(CacheRegion<>&)> run;
    std::optional<int> left{}; ///< what is stored then
};

const std::vector<Overtaking>& overtakings() {
    static const std::vector<Overtaking> all{
        {"erase", [](auto& region) { region.erase("key"); }},
        {"erase_multi", [](auto& region) { region.erase_multi({"another key", "key"}); }},
        {"set", [](auto& region) { region.set("key", 7); }, 7},
        {"set_multi", [](auto& region) { region.template set_multi<int>({{"another key", 1}, {"key", 7}}); }, 7},
        {"invalidate hard", [](auto& region) { region.invalidate(Invalidation::hard); }},
        {"invalidate soft", [](auto& region) { region.invalidate(Invalidation::soft); }},
        {"refresh", [](auto& region) { (void)region.refresh("key", [] { return 7; }); }, 7},
        {"configure",
         [](auto& region) { region.configure("memory", {.expiration_time = 10s, .replace_existing_backend = true}); }},
    };
    return all;
}

/// A strategy in whose invalidation a test can stop.
class StoppingStrategy final : public kennel::RegionInvalidationStrategy {
public:
    void invalidate(Invalidation kind, kennel::WallTime now) override {
        if (before_invalidate) before_invalidate();
        strategy_.invalidate(kind, now);
    }
    [[nodiscard]] Invalidation judge(std::string_view key, const kennel::Metadata& metadata) const override {
        return strategy_.judge(key, metadata);
    }
    [[nodiscard]] bool was_soft_invalidated() const override { return strategy_.was_soft_invalidated(); }
    [[nodiscard]] kennel::WallTime stamp(kennel::WallTime now) const override { return strategy_.stamp(now); }

    std::function<void()> before_invalidate{};

private:
    kennel::DefaultInvalidationStrategy strategy_;
};

/// A value that says when it is copied out of the store.
struct Watched {
    explicit Watched(int number_) : number(number_) {}
    Watched(const Watched& other) : number(other.number) {
        if (on_copy) on_copy();
    }
    Watched(Watched&&) = default;
    Watched& operator=(const Watched&) = default;
    Watched& operator=(Watched&&) = default;
    ~Watched() = default;

    int number;
    static inline std::function<void()> on_copy{};
};

struct World {
    World() { region.configure("memory", {.expiration_time = 10s, .wrap = {proxy}, .region_invalidator = strategy}); }

    std::shared_ptr<StoppingStrategy> strategy = std::make_shared<StoppingStrategy>();
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<test::HookedProxy> proxy = std::make_shared<test::HookedProxy>();
    CacheRegion<> region{{.clock = clock}};
};

} // namespace

TEST_CASE("a creation that was overtaken is not stored, and its callers get its value all the same",
          "[defect-D2][H5]") {
    for (const Overtaking& overtaking : overtakings()) {
        DYNAMIC_SECTION(overtaking.name) {
            World world;
            test::HaltedCreation creation(world.region, "key", 1);
            auto waiting = test::on_another_thread([&] { return world.region.get_or_create("key", [] { return 2; }); });
            world.clock->await_waiters(1);
            overtaking.run(world.region);
            CHECK(world.region.get<int>("key") == overtaking.left);
            CHECK(creation.finish() == 1);
            CHECK(waiting.get() == 1);
            CHECK(world.region.get<int>("key") == overtaking.left);
            CHECK(world.region.statistics().writes_dropped == 1);
        }
    }
}

TEST_CASE("a creation of many that was overtaken stores only the keys that were not", "[defect-D2][H5]") {
    World world;
    const auto create = [&](const std::vector<std::string>& keys) {
        world.region.erase("b");
        world.region.set("c", 7);
        return std::vector<int>(keys.size(), 1);
    };
    CHECK(world.region.get_or_create_multi(std::vector<std::string>{"a", "b", "c"}, create) ==
          std::vector<int>{1, 1, 1});
    CHECK(world.region.get_multi<int>({"a", "b", "c"}) == std::vector<std::optional<int>>{1, std::nullopt, 7});
    CHECK(world.region.statistics().writes_dropped == 2);
}

TEST_CASE("a creation in the background that was overtaken is not stored", "[defect-D2][H5]") {
    for (const Overtaking& overtaking : overtakings()) {
        DYNAMIC_SECTION(overtaking.name) {
            const auto clock = std::make_shared<ManualClock>();
            std::vector<kennel::CreationJob> jobs;
            CacheRegion<> region(
                {.async_creation_runner = [&](kennel::CreationJob job) { jobs.push_back(std::move(job)); },
                 .clock = clock});
            region.configure("memory", {.expiration_time = 10s});
            region.set("key", 1);
            clock->advance(11s);
            CHECK(region.get_or_create("key", [] { return 2; }) == 1);
            overtaking.run(region);
            REQUIRE(jobs.size() == 1);
            jobs.front()();
            CHECK(region.get<int>("key") == overtaking.left);
            CHECK(region.statistics().writes_dropped == 1);
            jobs.clear();
        }
    }
}

TEST_CASE("whoever asks after the erase does not join the creation from before", "[defect-D2]") {
    World world;
    test::HaltedCreation old(world.region, "key", 1);
    world.region.erase("key");
    CHECK(world.region.get_or_create("key", [] { return 2; }) == 2);
    CHECK(old.finish() == 1);
    CHECK(world.region.get<int>("key") == 2);
}

TEST_CASE("whoever waits while its creation is overtaken twice gets that creation's value") {
    World world;
    test::HaltedCreation first(world.region, "key", 1);
    world.region.erase("key");
    test::HaltedCreation second(world.region, "key", 2);
    world.region.invalidate();
    CHECK(world.region.get_or_create("key", [] { return 3; }) == 3);
    CHECK(second.finish() == 2);
    CHECK(first.finish() == 1);
    CHECK(world.region.get<int>("key") == 3);
    CHECK(world.region.statistics().writes_dropped == 2);
}

TEST_CASE("an erase that comes while a creation is being stored waits for it, and removes it", "[defect-D2]") {
    World world;
    test::Stop storing;
    world.proxy->before_set = [&](std::string_view) { storing.halt(); };
    auto leader = test::on_another_thread([&] { return world.region.get_or_create("key", [] { return 1; }); });
    storing.await_arrival();
    auto erasing = test::on_another_thread([&] { world.region.erase("key"); });
    storing.let_go();
    CHECK(leader.get() == 1);
    erasing.get();
    CHECK_FALSE(world.region.get<int>("key"));
}

TEST_CASE("a creation that began while its key was being set does not replace what was set") {
    World world;
    test::Stop setting;
    test::Gate is_set;
    std::atomic<int> sets = 0;
    world.proxy->before_set = [&](std::string_view) {
        if (++sets == 1) setting.halt();
        else is_set.pass(); // the creation's write reaches the store after that of the set
    };
    world.proxy->after_set = [&](std::string_view) {
        if (!is_set.is_open()) is_set.open();
    };
    auto setter = test::on_another_thread([&] { world.region.set("key", 7); });
    setting.await_arrival();
    auto creation = test::on_another_thread([&] {
        return world.region.get_or_create("key", [&] {
            setting.let_go();
            return 1;
        });
    });
    CHECK(creation.get() == 1);
    setter.get();
    CHECK(world.region.get<int>("key") == 7);
}

TEST_CASE("whoever asks after an erase or a hard invalidation is not given what another caller found before it") {
    World world;
    test::Stop overtaking;
    test::Stop found;
    world.proxy->before_erase = [&](std::string_view) { overtaking.halt(); };
    world.strategy->before_invalidate = [&] { overtaking.halt(); };
    const bool by_erase = GENERATE(true, false);
    std::atomic<int> reads = 0;
    std::atomic<bool> has_read = false;
    world.proxy->after_get = [&](std::string_view) { has_read = reads == 2; };
    Watched::on_copy = [&] {
        if (has_read.exchange(false)) found.halt(); // the leader has found the old value, and holds it in its hands
    };
    world.proxy->before_get = [&](std::string_view key) {
        if (++reads != 2) return; // just now another process has stored it
        kennel::CachedValue entry{kennel::Payload::object(Watched(1)), {}};
        entry.metadata.created = world.clock->wall_now();
        world.region.actual_backend()->set(key, entry);
    };
    auto overtaker = test::on_another_thread([&] { by_erase ? world.region.erase("key") : world.region.invalidate(); });
    overtaking.await_arrival();
    auto leader = test::on_another_thread(
        [&] { return world.region.get_or_create("key", [] { return Watched(2); }).number; });
    found.await_arrival();
    overtaking.let_go();
    overtaker.get();
    CHECK(world.region.get_or_create("key", [] { return Watched(3); }, {.lock_timeout = 0s}).number == 3);
    found.let_go();
    CHECK(leader.get() == 1);
    Watched::on_copy = nullptr;
}
