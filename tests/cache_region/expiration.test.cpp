#include "kennel/kennel.hpp"

#include "support/region_variants.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::unlimited;
using test::on_every_region;
using test::RegionFactory;

} // namespace

TEST_CASE("an expired value is still there for who ignores expiration, until a new one is made", "[dogpile-21]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        test::Numbers numbers;
        CHECK(region.get_or_create("some_key", numbers) == 1);
        make.clock->advance(61s);
        CHECK(region.get<int>("some_key", {.ignore_expiration = true}) == 1);
        CHECK(region.get_or_create("some_key", numbers) == 2);
        CHECK(region.get<int>("some_key") == 2);
    });
}

TEST_CASE("an expired value is kept by a call for which nothing expires", "[dogpile-51][defect-D10]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        test::Numbers numbers;
        region.set("some_key", 100);
        make.clock->advance(61s);
        CHECK_FALSE(region.get<int>("some_key"));
        CHECK(region.get<int>("some_key", {.ignore_expiration = true}) == 100);
        CHECK(region.get<int>("some_key", {.expiration_time = unlimited}) == 100);
        CHECK(region.get_or_create("some_key", numbers, {.expiration_time = unlimited}) == 100);
        CHECK(region.get_or_create("some_key", numbers) == 1);
    });
}

TEST_CASE("get misses once the expiration time has passed", "[dogpile-53]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        region.set("some_key", 1);
        make.clock->advance(60s);
        CHECK(region.get<int>("some_key") == 1);
        make.clock->advance(1ms);
        CHECK_FALSE(region.get<int>("some_key"));
    });
}

TEST_CASE("get that ignores expiration hits an expired value", "[dogpile-54]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        region.set("some_key", 1);
        make.clock->advance(2min);
        CHECK(region.get<int>("some_key", {.ignore_expiration = true}) == 1);
        CHECK(region.get_multi<int>({"some_key"}, {.ignore_expiration = true}).front() == 1);
    });
}

TEST_CASE("no way of reading an expired value makes it fresh", "[H7]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        const kennel::WallTime start = make.clock->wall_now();
        test::Numbers numbers;
        const std::vector<std::string> keys{"some_key"};
        const auto read = [&] {
            static_cast<void>(region.get<int>("some_key"));
            static_cast<void>(region.get<int>("some_key", {.ignore_expiration = true}));
            static_cast<void>(region.get<int>("some_key", {.expiration_time = 10min}));
            static_cast<void>(region.look_up<int>("some_key"));
            static_cast<void>(region.get_multi<int>(keys, {.ignore_expiration = true}));
            static_cast<void>(region.get_or_create("some_key", numbers, {.expiration_time = unlimited}));
            return region.get_value_metadata<int>("some_key", {.ignore_expiration = true});
        };
        region.set("some_key", 100);
        for (const auto moment : {30s, 59s, 61s, 100s}) {
            make.clock->advance(moment - (make.clock->wall_now() - start));
            const auto found = read();
            REQUIRE(found);
            CHECK(found->created == start);
            CHECK(region.look_up<int>("some_key").is_hit() == (moment < 60s));
        }
        CHECK(region.get_or_create("some_key", numbers) == 1);
        CHECK(numbers.made() == 1);
    });
}

TEST_CASE("a longer expiration of one call hits, and the next call without it misses", "[dogpile-55]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        region.set("some_key", 1);
        make.clock->advance(2min);
        CHECK(region.get<int>("some_key", {.expiration_time = 10min}) == 1);
        CHECK_FALSE(region.get<int>("some_key"));
    });
}

TEST_CASE("a shorter expiration of one call creates anew what others still get", "[dogpile-56]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 10min});
        test::Numbers numbers;
        CHECK(region.get_or_create("some_key", numbers) == 1);
        make.clock->advance(2min);
        CHECK(region.get<int>("some_key") == 1);
        CHECK(region.get_or_create("some_key", numbers, {.expiration_time = 1min}) == 2);
        CHECK(region.get<int>("some_key") == 2);
    });
}

TEST_CASE("without an expiration time nothing expires") {
    on_every_region([](const RegionFactory& make) {
        for (const auto& options :
             {kennel::ConfigureOptions{}, kennel::ConfigureOptions{.expiration_time = unlimited}}) {
            auto region = make(options);
            region.set("some_key", 1);
            make.clock->advance(24h * 365 * 30);
            CHECK(region.get<int>("some_key") == 1);
            CHECK_FALSE(region.get<int>("some_key", {.expiration_time = 1h}));
        }
    });
}

TEST_CASE("an expiration time of zero is always over") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 0s});
        test::Numbers numbers;
        CHECK(region.get_or_create("some_key", numbers) == 1);
        CHECK_FALSE(region.get<int>("some_key"));
        CHECK(region.look_up<int>("some_key").is_stale());
        CHECK(region.get_or_create("some_key", numbers) == 2);
        CHECK(region.get<int>("some_key", {.ignore_expiration = true}) == 2);

        auto lasting = make();
        lasting.set("some_key", 5);
        CHECK(lasting.get_or_create("some_key", numbers, {.expiration_time = 0s}) == 3);
        CHECK_FALSE(lasting.get<int>("some_key", {.expiration_time = 0s}));
    });
}

TEST_CASE("with a stale time of zero no expired value is served") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min, .stale_time = 0s});
        region.set("some_key", 1);
        make.clock->advance(59s);
        CHECK(region.look_up<int>("some_key").is_hit());
        make.clock->advance(2s);
        CHECK(region.look_up<int>("some_key").is_miss());

        auto serving = make({.expiration_time = 1min});
        serving.set("some_key", 1);
        make.clock->advance(2min);
        const int* previous = nullptr;
        const auto create = [&](kennel::Creation& creation) {
            previous = creation.previous<int>();
            return 2;
        };
        CHECK(serving.get_or_create("some_key", create, {.stale_time = 0s}) == 2);
        CHECK(previous == nullptr);
    });
}

TEST_CASE("an entry older than expiration and stale time together is none") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min, .stale_time = 1h});
        region.set("some_key", 1);
        make.clock->advance(60min);
        CHECK(region.look_up<int>("some_key").is_stale());
        make.clock->advance(2min);
        CHECK(region.look_up<int>("some_key").is_miss());
        const bool has_own_clock = region.backend()->capabilities().is_remote;
        CHECK((has_own_clock || !region.backend()->get("some_key")));
    });
}

TEST_CASE("an entry that was made in the future expires by its distance", "[defect-D24]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        region.set("some_key", 1);
        auto entry = region.backend()->get("some_key");
        REQUIRE(entry);
        entry->metadata.created += 30s;
        region.backend()->set("some_key", *entry);
        CHECK(region.get<int>("some_key") == 1);
        CHECK(region.look_up<int>("some_key").age() == kennel::TimeSpan());
        entry->metadata.created += 1min;
        region.backend()->set("some_key", *entry);
        CHECK_FALSE(region.get<int>("some_key"));
        CHECK(region.look_up<int>("some_key").is_stale());
        entry->metadata.created += 24h * 365;
        region.backend()->set("some_key", *entry);
        CHECK(region.look_up<int>("some_key").is_miss());
        test::Numbers numbers;
        CHECK(region.get_or_create("some_key", numbers) == 1);
    });
}

TEST_CASE("a wall clock that is set does not keep a value for longer than its time") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        test::Numbers numbers;
        region.set("some_key", 100);
        const kennel::WallTime start = make.clock->wall_now();
        make.clock->set_wall(start - 24h);
        CHECK_FALSE(region.get<int>("some_key"));
        CHECK(region.get_or_create("some_key", numbers) == 1);
        CHECK(region.get<int>("some_key") == 1);
        make.clock->set_wall(start + 48h);
        CHECK_FALSE(region.get<int>("some_key"));
        CHECK(region.get_or_create("some_key", numbers) == 2);
        CHECK(region.get<int>("some_key") == 2);
    });
}

TEST_CASE("an entry's own time to live counts when it is the earlier one") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        region.set("short", 1, {.time_to_live = 10s});
        region.set("long", 2, {.time_to_live = 10min});
        make.clock->advance(11s);
        CHECK_FALSE(region.get<int>("short"));
        CHECK_FALSE(region.get<int>("short", {.expiration_time = unlimited}));
        CHECK(region.get<int>("short", {.ignore_expiration = true}) == 1);
        CHECK(region.get<int>("long") == 2);
        make.clock->advance(50s);
        CHECK_FALSE(region.get<int>("long"));
        CHECK(region.get<int>("long", {.expiration_time = 5min}) == 2);
    });
}
