#include "kennel/kennel.hpp"

#include "support/region_variants.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::Invalidation;
using test::on_every_region;
using test::RegionFactory;

const std::vector<std::string> keys{"key1", "key2"};

using Values = std::vector<int>;

/// Hits entries of one group and leaves all others.
class GroupStrategy final : public kennel::RegionInvalidationStrategy {
public:
    explicit GroupStrategy(std::string group) : group_(std::move(group)) {}

    void invalidate(Invalidation kind, kennel::WallTime /*now*/) override { kind_ = kind; }
    [[nodiscard]] Invalidation judge(std::string_view key, const kennel::Metadata& metadata) const override {
        const auto& tags = metadata.tags.names();
        const bool is_hit = key.starts_with(group_) || std::find(tags.begin(), tags.end(), group_) != tags.end();
        return is_hit ? kind_ : Invalidation::none;
    }
    [[nodiscard]] bool was_soft_invalidated() const override { return kind_ == Invalidation::soft; }

private:
    std::string group_;
    Invalidation kind_ = Invalidation::none;
};

} // namespace

TEST_CASE("get misses what was hard-invalidated", "[dogpile-57]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.set("some_key", 1);
        region.invalidate();
        CHECK_FALSE(region.get<int>("some_key"));
        CHECK(region.look_up<int>("some_key").is_miss());
        CHECK(region.get<int>("some_key", {.ignore_expiration = true}) == 1);
        CHECK(region.statistics().hard_invalidated == 2);
    });
}

TEST_CASE("each hard invalidation makes get_or_create create once", "[dogpile-58]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        test::Numbers numbers;
        for (int round = 1; round != 5; ++round) {
            CHECK(region.get_or_create("some_key", numbers) == round);
            CHECK(region.get_or_create("some_key", numbers) == round);
            region.invalidate();
        }
    });
}

TEST_CASE("each hard invalidation makes get_or_create_multi create once", "[dogpile-59]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        test::ManyNumbers many;
        for (int round = 1; round != 5; ++round) {
            CHECK(region.get_or_create_multi(keys, many) == Values{round, round});
            CHECK(region.get_or_create_multi(keys, many) == Values{round, round});
            region.invalidate();
        }
    });
}

TEST_CASE("get misses what was soft-invalidated", "[dogpile-60]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        region.set("some_key", 1);
        region.invalidate(Invalidation::soft);
        CHECK_FALSE(region.get<int>("some_key"));
        CHECK(region.look_up<int>("some_key").is_stale());
    });
}

TEST_CASE("get_or_create creates anew what was soft-invalidated", "[dogpile-61]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        test::Numbers numbers;
        CHECK(region.get_or_create("some_key", numbers) == 1);
        region.invalidate(Invalidation::soft);
        CHECK(region.get_or_create("some_key", numbers) == 2);
        CHECK(region.get_or_create("some_key", numbers) == 2);
    });
}

TEST_CASE("get_or_create_multi creates anew what was soft-invalidated", "[dogpile-62]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        test::ManyNumbers many;
        CHECK(region.get_or_create_multi(keys, many) == Values{1, 1});
        region.invalidate(Invalidation::soft);
        CHECK(region.get_or_create_multi(keys, many) == Values{2, 2});
        CHECK(region.get_or_create_multi(keys, many) == Values{2, 2});
    });
}

TEST_CASE("a soft invalidation without an expiration time is an error before any creator runs",
          "[dogpile-63][dogpile-64][dogpile-65][dogpile-66][defect-D15]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        test::Numbers numbers;
        test::ManyNumbers many;
        const auto expect_refusals = [&] {
            region.invalidate(Invalidation::soft);
            CHECK_THROWS_AS(region.get_or_create("key1", numbers), kennel::DogpileCacheException);
            CHECK_THROWS_AS(region.get_or_create_multi(keys, many), kennel::DogpileCacheException);
            CHECK(numbers.made() == 0);
            CHECK(many.calls.empty());
        };
        SECTION("on an empty cache") { expect_refusals(); }
        SECTION("with cached values") {
            region.set_multi(std::map<std::string, int>{{"key1", 1}, {"key2", 2}});
            expect_refusals();
        }
        CHECK(region.get_or_create("key1", numbers, {.expiration_time = 1min}) == 1);
    });
}

TEST_CASE("what was stored after a soft invalidation needs no expiration time") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.invalidate(Invalidation::soft);
        region.set_multi(std::map<std::string, int>{{"key1", 1}, {"key2", 2}});
        test::Numbers numbers;
        test::ManyNumbers many;
        CHECK(region.get_or_create("key1", numbers) == 1);
        CHECK(region.get_or_create_multi(keys, many) == Values{1, 2});
    });
}

TEST_CASE("a soft invalidation never weakens a hard one", "[defect-D14]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        region.set("old", 1);
        make.clock->advance(1s);
        region.invalidate(Invalidation::hard);
        region.set("new", 2);
        make.clock->advance(1s);
        region.invalidate(Invalidation::soft);
        CHECK(region.look_up<int>("old").is_miss());
        CHECK(region.look_up<int>("new").is_stale());
        region.invalidate(Invalidation::hard);
        CHECK(region.look_up<int>("new").is_miss());
    });
}

TEST_CASE("an invalidation hits what was stored at the same moment and spares what comes after it") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        for (const Invalidation kind :
             {Invalidation::hard, Invalidation::soft, Invalidation::hard, Invalidation::soft}) {
            region.set("some_key", 1);
            region.invalidate(kind);
            CHECK_FALSE(region.get<int>("some_key"));
            region.set("some_key", 2);
            CHECK(region.get<int>("some_key") == 2);
        }
    });
}

TEST_CASE("an invalidation holds while the clock is set back") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.set("some_key", 1);
        make.clock->set_wall(make.clock->wall_now() - 1h);
        region.set("other_key", 2);
        region.invalidate();
        CHECK_FALSE(region.get<int>("other_key"));
        region.set("other_key", 3);
        CHECK(region.get<int>("other_key") == 3);
    });
}

TEST_CASE("an invalidation hits what was stored before the clock was set back") {
    for (const std::string backend : {"memory", "memory_bytes"}) {
        DYNAMIC_SECTION(backend) {
            const RegionFactory make{.backend = backend};
            auto region = make({.expiration_time = 5min});
            test::Numbers numbers;
            region.set("some_key", 0);
            CHECK(region.get_or_create("other_key", numbers) == 1);
            make.clock->set_wall(make.clock->wall_now() - 2s);
            SECTION("hard") {
                region.invalidate();
                CHECK(region.look_up<int>("some_key").is_miss());
                CHECK(region.get_or_create("other_key", numbers) == 2);
            }
            SECTION("soft") {
                region.invalidate(Invalidation::soft);
                CHECK(region.look_up<int>("some_key").is_stale());
                CHECK_FALSE(region.get<int>("other_key"));
            }
        }
    }
}

TEST_CASE("what is stored while the clock is behind an invalidation is served") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 5min});
        region.invalidate();
        make.clock->set_wall(make.clock->wall_now() - 1h);
        test::Numbers numbers;
        test::ManyNumbers many;
        for (int round = 0; round != 3; ++round) {
            CHECK(region.get_or_create("some_key", numbers) == 1);
            CHECK(region.get_or_create_multi(keys, many) == Values{1, 1});
            make.clock->advance(1min);
        }
    });
}

TEST_CASE("what is stored while the clock is behind an invalidation expires within twice its time") {
    const RegionFactory make;
    auto region = make({.expiration_time = 5min});
    region.invalidate();
    make.clock->set_wall(make.clock->wall_now() - 24h * 365);
    region.set("some_key", 1);
    make.clock->advance(5min);
    CHECK(region.get<int>("some_key") == 1);
    make.clock->advance(5min + 1s);
    CHECK_FALSE(region.get<int>("some_key"));
    CHECK(region.look_up<int>("some_key").is_stale());
}

TEST_CASE("an entry from a clock that is far ahead is not served although the own clock is behind an invalidation") {
    const RegionFactory make;
    const auto backend = std::make_shared<test::IdleProxy>();
    auto region = make({.expiration_time = 5min, .wrap = {backend}});
    region.invalidate();
    make.clock->set_wall(make.clock->wall_now() - 1h);
    region.set("some_key", 1);
    kennel::CachedValue entry = *backend->get("some_key");
    entry.metadata.created += 1h;
    backend->set("some_key", entry);
    CHECK_FALSE(region.get<int>("some_key"));
    make.clock->advance(3h);
    CHECK_FALSE(region.get<int>("some_key"));
}

TEST_CASE("an invalidation counts for every handle of the region and for no other region") {
    const RegionFactory make;
    auto region = make();
    const auto handle = region;
    auto other = make();
    region.set("some_key", 1);
    other.set("some_key", 1);
    handle.invalidate();
    CHECK_FALSE(region.get<int>("some_key"));
    CHECK(other.get<int>("some_key") == 1);
}

TEST_CASE("an invalidation strategy sees the key as the caller wrote it, and the metadata") {
    for (const std::string backend : {"memory", "memory_bytes"}) {
        DYNAMIC_SECTION(backend) {
            const RegionFactory make{.backend = backend};
            auto region = make({.region_invalidator = std::make_shared<GroupStrategy>("team")},
                               {.key_mangler = kennel::sha1_mangle_key});
            region.set("team:5", 1);
            region.set("user:5", 2, {.tags = {"admins", "team"}});
            region.set("user:6", 3);
            region.invalidate();
            CHECK_FALSE(region.get<int>("team:5"));
            CHECK_FALSE(region.get<int>("user:5"));
            CHECK(region.get<int>("user:6") == 3);
        }
    }
}
