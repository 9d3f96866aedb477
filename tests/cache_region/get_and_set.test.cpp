#include "kennel/kennel.hpp"

#include "support/region_variants.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <typeinfo>

namespace {

using namespace std::chrono_literals;
using test::on_every_region;
using test::RegionFactory;

kennel::CachedValue entry_of(const std::string& bytes) {
    kennel::CachedValue entry;
    entry.payload = kennel::Payload::bytes(bytes);
    entry.metadata.created = kennel::WallTime(1s);
    return entry;
}

/// A type that no serializer knows: it has a constructor and no codec.
class Opaque {
public:
    explicit Opaque(int number) : number_(number) {}
    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

} // namespace

TEST_CASE("a raw get of an absent key gives nothing", "[dogpile-1]") {
    on_every_region([](const RegionFactory& make) { CHECK_FALSE(make().backend()->get("some_key")); });
}

TEST_CASE("a raw erase of an absent key is fine", "[dogpile-2]") {
    on_every_region([](const RegionFactory& make) { make().backend()->erase("some_key"); });
}

TEST_CASE("a raw get gives the bytes that were set", "[dogpile-3]") {
    on_every_region([](const RegionFactory& make) {
        const auto backend = make().backend();
        backend->set("some_key", entry_of(std::string("some\0value|", 11)));
        const auto found = backend->get("some_key");
        REQUIRE(found);
        CHECK(found->payload.as_bytes() == std::string("some\0value|", 11));
        CHECK(found->metadata.created == kennel::WallTime(1s));
    });
}

TEST_CASE("a raw get after an erase gives nothing", "[dogpile-4]") {
    on_every_region([](const RegionFactory& make) {
        const auto backend = make().backend();
        backend->set("some_key", entry_of("some value"));
        backend->erase("some_key");
        CHECK_FALSE(backend->get("some_key"));
    });
}

TEST_CASE("what was set is got", "[dogpile-6][dogpile-45]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.set("some_key", "some value");
        CHECK(region.get<std::string>("some_key") == "some value");
        region.set("some_key", "another value");
        CHECK(region.get<std::string>("some_key") == "another value");
    });
}

TEST_CASE("an absent key gives nothing, whatever else is asked", "[dogpile-16][dogpile-46]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        CHECK_FALSE(region.get<int>("some_key"));
        CHECK_FALSE(region.get<int>("some_key", {.expiration_time = 10s}));
        CHECK_FALSE(region.get<int>("some_key", {.ignore_expiration = true}));
        region.invalidate();
        CHECK_FALSE(region.get<int>("some_key"));
    });
}

TEST_CASE("get_or_create on an empty cache gives the creator's value and keeps it", "[dogpile-17][dogpile-47]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        test::Numbers numbers;
        CHECK(region.get_or_create("some_key", numbers) == 1);
        CHECK(region.get_or_create("some_key", numbers) == 1);
        CHECK(region.get<int>("some_key") == 1);
        CHECK(numbers.made() == 1);
    });
}

TEST_CASE("erasing twice is fine", "[dogpile-20][dogpile-50]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.set("some_key", 1);
        region.erase("some_key");
        region.erase("some_key");
        CHECK_FALSE(region.get<int>("some_key"));
    });
}

TEST_CASE("a creator's exception reaches the caller as it is, and nothing is stored", "[dogpile-23]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        const auto fail = []() -> int { throw std::out_of_range("no such user"); };
        CHECK(test::message_of<std::out_of_range>([&] { region.get_or_create("some_key", fail); }) == "no such user");
        CHECK_FALSE(region.get<int>("some_key"));
        test::Numbers numbers;
        CHECK(region.get_or_create("some_key", numbers) == 1);
        CHECK(region.statistics().creation_failed == 1);
    });
}

TEST_CASE("a creator may get or create another key", "[dogpile-32]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        const auto outer = [&] { return region.get_or_create("inner", [] { return 20; }) + 1; };
        CHECK(region.get_or_create("outer", outer) == 21);
        region.erase("outer");
        CHECK(region.get_or_create("outer", outer) == 21);
    });
}

TEST_CASE("a key is not locked while nobody creates", "[dogpile-5][dogpile-48]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        CHECK_FALSE(region.key_is_locked("some_key"));
        CHECK_FALSE(region.key_is_locked("some_key"));
        bool was_locked = false;
        bool was_other_locked = true;
        region.get_or_create("some_key", [&] {
            was_locked = region.key_is_locked("some_key") && region.key_is_locked("some_key");
            was_other_locked = region.key_is_locked("other_key");
            return 1;
        });
        CHECK(was_locked);
        CHECK_FALSE(was_other_locked);
        CHECK_FALSE(region.key_is_locked("some_key"));
    });
}

TEST_CASE("a rejected value is returned and the old one stays stored", "[dogpile-67]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        test::Numbers numbers;
        const kennel::CreateOptions<int> only_odd{.should_cache_fn = [](int value) { return value % 2 == 1; }};
        CHECK(region.get_or_create("some_key", numbers, only_odd) == 1);
        make.clock->advance(2min);
        CHECK(region.get_or_create("some_key", numbers, only_odd) == 2);
        CHECK(region.get<int>("some_key", {.ignore_expiration = true}) == 1);
        CHECK(region.get_or_create("some_key", numbers, only_odd) == 3);
        CHECK(region.get<int>("some_key") == 3);
        CHECK(region.statistics().not_stored == 1);
    });
}

TEST_CASE("the cache filter may look at the key, as the caller wrote it") {
    const RegionFactory make;
    auto region = make({}, {.key_mangler = kennel::sha1_mangle_key});
    test::Numbers numbers;
    const kennel::CreateOptions<int> only_users{
        .should_cache_fn = [](int, std::string_view key) { return key.starts_with("user:"); }};
    region.get_or_create("user:1", numbers, only_users);
    region.get_or_create("guest:1", numbers, only_users);
    CHECK(region.get<int>("user:1") == 1);
    CHECK_FALSE(region.get<int>("guest:1"));
}

TEST_CASE("a value of another type is a counted miss") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.set("some_key", "text");
        CHECK_FALSE(region.get<int>("some_key"));
        CHECK_FALSE(region.get<std::vector<int>>("some_key"));
        CHECK(region.look_up<long>("some_key").is_miss());
        CHECK_FALSE(region.get_multi<int>({"some_key"}).front());
        CHECK(region.statistics().not_understood == 4);
        CHECK(region.statistics().misses == 4);
        CHECK(region.statistics().hits == 0);
        CHECK(region.get<std::string>("some_key") == "text");

        test::Numbers numbers;
        CHECK(region.get_or_create("some_key", numbers) == 1);
        CHECK(region.get<int>("some_key") == 1);
    });
}

TEST_CASE("numbers of different types are different types") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.set("some_key", 1);
        CHECK_FALSE(region.get<unsigned>("some_key"));
        CHECK_FALSE(region.get<std::int64_t>("some_key"));
        CHECK_FALSE(region.get<bool>("some_key"));
        CHECK(region.get<int>("some_key") == 1);
    });
}

TEST_CASE("a type that no serializer knows works where objects are kept") {
    const RegionFactory make;
    auto region = make();
    region.set("some_key", Opaque(5));
    CHECK(region.get<Opaque>("some_key")->number() == 5);
    CHECK(region.get_or_create("some_key", [] { return Opaque(6); }).number() == 5);
}

TEST_CASE("a type that no serializer knows is refused where bytes are kept, and the remedy named") {
    const RegionFactory make{.backend = "memory_bytes"};
    auto region = make();
    const std::string message = test::message_of<kennel::SerializationError>(
        [&] { region.set("some_key", Opaque(5)); });
    CHECK(test::contains(message, "Opaque"));
    CHECK(test::contains(message, "kennel::Codec"));
    CHECK_FALSE(region.get<Opaque>("some_key"));
    const std::map<std::string, Opaque> many{{"some_key", Opaque(5)}};
    CHECK_THROWS_AS(region.set_multi(many), kennel::SerializationError);
}

TEST_CASE("a value that cannot be serialized goes to its caller all the same", "[defect-D20]") {
    const RegionFactory make{.backend = "memory_bytes"};
    auto region = make();
    int calls = 0;
    const auto create = [&] { return Opaque(++calls); };
    CHECK(region.get_or_create("some_key", create).number() == 1);
    CHECK(region.get_or_create("some_key", create).number() == 2);
    CHECK(region.statistics().writes_failed == 2);
    const auto create_many = [](const std::vector<std::string>& keys) {
        return std::vector<Opaque>(keys.size(), Opaque(7));
    };
    CHECK(region.get_or_create_multi(std::vector<std::string>{"a", "b"}, create_many).back().number() == 7);
}

TEST_CASE("an entry of another format version is a miss before anything else is looked at") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        region.set("some_key", 1);
        auto entry = region.backend()->get("some_key");
        REQUIRE(entry);
        entry->metadata.version = 1;
        region.backend()->set("some_key", *entry);
        CHECK_FALSE(region.get<int>("some_key"));
        CHECK_FALSE(region.get<int>("some_key", {.ignore_expiration = true}));
        CHECK(region.statistics().version_differs == 2);
        test::Numbers numbers;
        CHECK(region.get_or_create("some_key", numbers) == 1);
        CHECK(region.get<int>("some_key") == 1);
    });
}

TEST_CASE("a damaged entry is a counted miss and is overwritten", "[defect-D7]") {
    const RegionFactory make{.backend = "memory_bytes"};
    auto region = make();
    region.set("some_key", "text");
    auto entry = region.backend()->get("some_key");
    REQUIRE(entry);
    for (const std::string damaged : {"", "\xff", "garbage that is longer than a fingerprint"}) {
        entry->payload = kennel::Payload::bytes(damaged);
        region.backend()->set("some_key", *entry);
        CHECK_FALSE(region.get<std::string>("some_key"));
        CHECK(region.get_or_create("some_key", [] { return std::string("new"); }) == "new");
        CHECK(region.get<std::string>("some_key") == "new");
    }
    CHECK(region.statistics().not_understood >= 3);
}

TEST_CASE("refresh creates whatever is stored, and stores it unless the filter says no", "[defect-D16]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        test::Numbers numbers;
        CHECK(region.refresh("some_key", numbers) == 1);
        CHECK(region.refresh("some_key", numbers) == 2);
        CHECK(region.get<int>("some_key") == 2);
        CHECK(region.refresh("some_key", numbers, {.should_cache_fn = [](int) { return false; }}) == 3);
        CHECK(region.get<int>("some_key") == 2);
    });
}

TEST_CASE("every look-up is one of hit and miss", "[H27]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1min});
        test::Numbers numbers;
        test::ManyNumbers many;
        const auto counted = [&] {
            const kennel::RegionStatistics now = region.statistics();
            region.reset_statistics();
            return std::vector<std::uint64_t>{now.hits, now.stale_hits, now.misses, now.created};
        };
        using Counts = std::vector<std::uint64_t>;
        static_cast<void>(region.get<int>("key"));
        CHECK(counted() == Counts{0, 0, 1, 0});
        region.get_or_create("key", numbers);
        CHECK(counted() == Counts{0, 0, 1, 1});
        region.get_or_create("key", numbers);
        static_cast<void>(region.get<int>("key"));
        static_cast<void>(region.look_up<int>("key"));
        static_cast<void>(region.get_value_metadata<int>("key"));
        CHECK(counted() == Counts{4, 0, 0, 0});
        static_cast<void>(region.get_multi<int>({"key", "key", "absent"}));
        CHECK(counted() == Counts{1, 0, 1, 0});
        static_cast<void>(region.get_or_create_multi(std::vector<std::string>{"absent", "key"}, many));
        CHECK(counted() == Counts{1, 0, 1, 1});
        make.clock->advance(2min);
        static_cast<void>(region.get<int>("key"));
        region.get_or_create("key", numbers);
        CHECK(counted() == Counts{0, 0, 2, 1});
        region.refresh("key", numbers);
        CHECK(counted() == Counts{0, 0, 0, 1});
    });
}

TEST_CASE("a creator may return a reference or a const value, and what is kept is a value") {
    const RegionFactory make;
    auto region = make();
    const std::string name = "Ada";
    CHECK(region.get_or_create("by reference", [&]() -> const std::string& { return name; }) == "Ada");
    CHECK(region.get<std::string>("by reference") == "Ada");
}

TEST_CASE("a large value is shared, not copied, by a shared pointer") {
    const RegionFactory make;
    auto region = make();
    const auto value = std::make_shared<const std::string>("large");
    region.set("some_key", value);
    CHECK(region.get<std::shared_ptr<const std::string>>("some_key") == value);
}
