#include "kennel/kennel.hpp"

#include "support/region_variants.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using test::on_every_region;
using test::RegionFactory;

/// A memory backend that wants its keys mangled.
template <char mark>
class MarkingBackend final : public kennel::CacheBackend {
public:
    [[nodiscard]] std::optional<kennel::CachedValue> get(std::string_view key) override {
        const auto found = entries.find(std::string(key));
        return found == entries.end() ? std::nullopt : std::optional(found->second);
    }
    void set(std::string_view key, const kennel::CachedValue& value) override { entries[std::string(key)] = value; }
    void erase(std::string_view key) override { entries.erase(std::string(key)); }
    [[nodiscard]] std::function<std::string(std::string_view)> key_mangler() const override {
        return [](std::string_view key) { return mark + std::string(key); };
    }

    std::map<std::string, kennel::CachedValue> entries{};
};

[[maybe_unused]] const bool are_registered = (kennel::register_backend<MarkingBackend<'<'>>("mangler.test: first"),
                                              kennel::register_backend<MarkingBackend<'>'>>("mangler.test: second"),
                                              true);

std::string twice(std::string_view key) { return std::string(key) + std::string(key); }

bool stores(const kennel::CacheRegion<>& region, const std::string& stored_key) {
    return region.actual_backend()->get(stored_key).has_value();
}

} // namespace

TEST_CASE("the user's mangler wins over the backend's, which wins over none", "[dogpile-38]") {
    const RegionFactory plain;
    auto unmangled = plain();
    unmangled.set("key", 1);
    CHECK(stores(unmangled, "key"));

    for (const bool has_proxy : {false, true}) {
        const RegionFactory make{.backend = "mangler.test: first", .has_proxy = has_proxy};
        auto by_backend = make();
        by_backend.set("key", 1);
        CHECK(stores(by_backend, "<key"));
        CHECK(by_backend.get<int>("key") == 1);

        auto by_user = make({}, {.key_mangler = twice});
        by_user.set("key", 1);
        CHECK(stores(by_user, "keykey"));
        CHECK_FALSE(stores(by_user, "<key"));
    }
}

TEST_CASE("an empty mangler turns the backend's off", "[defect-D9]") {
    const RegionFactory make{.backend = "mangler.test: first"};
    auto region = make({}, {.key_mangler = kennel::KeyMangler()});
    region.set("key", 1);
    CHECK(stores(region, "key"));
    CHECK_FALSE(stores(region, "<key"));
}

TEST_CASE("the mangler is applied by every operation, and creators see the key as it was", "[dogpile-39]") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({}, {.key_mangler = twice});
        region.set("a", 1);
        CHECK(stores(region, "aa"));
        CHECK_FALSE(stores(region, "a"));
        CHECK(region.get<int>("a") == 1);
        CHECK_FALSE(region.get<int>("aa"));
        region.erase("a");
        CHECK_FALSE(stores(region, "aa"));

        std::string seen;
        region.get_or_create("b", [&](kennel::Creation& creation) {
            seen = creation.key();
            return 2;
        });
        CHECK(seen == "b");
        CHECK(stores(region, "bb"));

        region.set_multi(std::map<std::string, int>{{"c", 3}, {"d", 4}});
        CHECK(stores(region, "cc"));
        CHECK(stores(region, "dd"));
        CHECK(region.get_multi<int>({"d", "b"}) == std::vector<std::optional<int>>{4, 2});
        region.erase_multi({"c", "d"});
        CHECK_FALSE(stores(region, "cc"));

        test::ManyNumbers many;
        static_cast<void>(region.get_or_create_multi(std::vector<std::string>{"f", "e"}, many));
        CHECK(many.calls.front() == std::vector<std::string>{"e", "f"});
        CHECK(stores(region, "ee"));
        CHECK(stores(region, "ff"));
    });
}

TEST_CASE("the backend's mangler follows a new backend", "[dogpile-41]") {
    const RegionFactory make{.backend = "mangler.test: first"};
    auto region = make();
    region.configure("mangler.test: second", {.replace_existing_backend = true});
    region.set("key", 1);
    CHECK(stores(region, ">key"));
    region.configure("memory", {.replace_existing_backend = true});
    region.set("key", 1);
    CHECK(stores(region, "key"));
}

TEST_CASE("the user's mangler stays with a new backend", "[dogpile-42]") {
    const RegionFactory make{.backend = "mangler.test: first"};
    auto region = make({}, {.key_mangler = twice});
    region.configure("mangler.test: second", {.replace_existing_backend = true});
    region.set("key", 1);
    CHECK(stores(region, "keykey"));
}

TEST_CASE("whether a key is locked is asked about the key as the caller wrote it", "[defect-D8]") {
    const RegionFactory make;
    auto region = make({}, {.key_mangler = kennel::sha1_mangle_key});
    bool was_locked = false;
    region.get_or_create("key", [&] {
        was_locked = region.key_is_locked("key");
        return 1;
    });
    CHECK(was_locked);
    CHECK_FALSE(region.key_is_locked("key"));
}

TEST_CASE("what a mangler throws reaches the caller, and is no failure of the backend") {
    kennel::CacheRegion<> region{
        {.key_mangler = [](std::string_view) -> std::string { throw std::runtime_error("no"); }}};
    region.configure("memory");
    CHECK_THROWS_AS(region.get<int>("key"), std::runtime_error);
    CHECK_THROWS_AS(region.get_or_create("key", [] { return 1; }), std::runtime_error);
    CHECK(region.statistics().reads_failed == 0);
}
