#include "kennel/kennel.hpp"

#include "support/region_variants.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;
using kennel::ConfigureOptions;

/// Keeps nothing but the arguments that it was made with, and for how long the last entry was of use.
class ArgumentsBackend final : public kennel::CacheBackend {
public:
    explicit ArgumentsBackend(const kennel::Arguments& given) : arguments(given) {}
    [[nodiscard]] std::optional<kennel::CachedValue> get(std::string_view /*key*/) override { return std::nullopt; }
    void set(std::string_view /*key*/, const kennel::CachedValue& value) override {
        useful_for = value.metadata.useful_for;
    }
    void erase(std::string_view /*key*/) override {}

    const kennel::Arguments arguments;
    kennel::TimeSpan useful_for{};
};

[[maybe_unused]] const bool is_registered = (kennel::register_backend<ArgumentsBackend>("configure.test: arguments"),
                                             true);

/// Writes its name behind every key, so that the order of several shows.
class NamingProxy final : public kennel::ProxyBackend {
public:
    explicit NamingProxy(std::string name) : name_(std::move(name)) {}
    void set(std::string_view key, const kennel::CachedValue& value) override {
        proxied().set(std::string(key) + name_, value);
    }

private:
    std::string name_;
};

std::shared_ptr<NamingProxy> naming(const std::string& name) { return std::make_shared<NamingProxy>(name); }

const ArgumentsBackend& backend_of(const kennel::CacheRegion<>& region) {
    return dynamic_cast<ArgumentsBackend&>(*region.actual_backend());
}

} // namespace

TEST_CASE("a region keeps its name", "[dogpile-33]") {
    CHECK(kennel::CacheRegion<>({.name = "users"}).name() == "users");
    CHECK(kennel::make_region({.name = "orders"}).name() == "orders");
    CHECK(kennel::CacheRegion<>().name().empty());
}

TEST_CASE("a region is configured from settings with a prefix", "[dogpile-34]") {
    kennel::CacheRegion<> region;
    region.configure_from_config({{"cache.example.backend", "configure.test: arguments"},
                                  {"cache.example.expiration_time", 600},
                                  {"cache.example.stale_time", 0},
                                  {"cache.example.arguments.url", "127.0.0.1"},
                                  {"cache.other.backend", "null"},
                                  {"cache.exampl", "unrelated"}},
                                 "cache.example.");
    CHECK(region.is_configured());
    const ArgumentsBackend& backend = backend_of(region);
    REQUIRE(backend.arguments.size() == 1);
    CHECK(backend.arguments.find("url")->second.as<std::string>() == "127.0.0.1");
    region.set("key", 1);
    CHECK(backend.useful_for == kennel::TimeSpan(600s));
}

TEST_CASE("texts from a settings file become what is asked for", "[dogpile-35]") {
    const test::RegionFactory make;
    kennel::CacheRegion<> region({.clock = make.clock});
    region.configure_from_config({{"cache.backend", "memory"},
                                  {"cache.expiration_time", "600"},
                                  {"cache.replace_existing_backend", "false"},
                                  {"cache.lock_timeout", "None"},
                                  {"cache.arguments.max_entries", "50"},
                                  {"cache.arguments.time_to_live", "None"}},
                                 "cache.");
    region.set("key", 1);
    make.clock->advance(600s);
    CHECK(region.get<int>("key") == 1);
    make.clock->advance(1s);
    CHECK_FALSE(region.get<int>("key"));
}

TEST_CASE("an expiration time is a length of time, exact to less than a second", "[dogpile-36][defect-D11]") {
    test::on_every_region([](const test::RegionFactory& make) {
        auto region = make({.expiration_time = 500ms});
        region.set("key", 1);
        make.clock->advance(499ms);
        CHECK(region.get<int>("key") == 1);
        make.clock->advance(2ms);
        CHECK_FALSE(region.get<int>("key"));
        CHECK(region.get<int>("key", {.expiration_time = 1500ms}) == 1);
    });
}

TEST_CASE("an expiration time may be text") {
    const test::RegionFactory make;
    auto region = make({.expiration_time = "1m30s"});
    region.set("key", 1);
    make.clock->advance(90s);
    CHECK(region.get<int>("key") == 1);
    make.clock->advance(1s);
    CHECK_FALSE(region.get<int>("key"));
}

TEST_CASE("an expiration time that is none is a validation error", "[dogpile-37]") {
    kennel::CacheRegion<> region;
    CHECK_THROWS_AS(region.configure("memory", {.expiration_time = "soon"}), kennel::ValidationError);
    CHECK_THROWS_AS(region.configure("memory", {.expiration_time = -1s}), kennel::ValidationError);
    CHECK_FALSE(region.is_configured());
}

TEST_CASE("a second configure is refused and changes nothing", "[dogpile-40]") {
    kennel::CacheRegion<> region({.name = "users"});
    region.configure("memory");
    region.set("key", 1);
    CHECK(test::contains(test::message_of<kennel::RegionAlreadyConfigured>([&] { region.configure("null"); }),
                         "'users'"));
    CHECK(region.is_configured());
    CHECK(region.get<int>("key") == 1);
}

TEST_CASE("a backend is replaced when that is asked for", "[dogpile-41][defect-D12]") {
    kennel::CacheRegion<> region;
    region.configure("memory");
    region.set("key", 1);
    const auto before = region.actual_backend();
    region.configure("null", {.replace_existing_backend = true});
    CHECK_FALSE(region.get<int>("key"));
    CHECK(region.actual_backend() != before);
    CHECK(dynamic_cast<kennel::NullBackend*>(region.actual_backend().get()) != nullptr);
}

TEST_CASE("replacing the backend replaces what was configured with it") {
    const test::RegionFactory make;
    auto region = make({.expiration_time = 1s});
    region.configure("memory", {.replace_existing_backend = true});
    region.set("key", 1);
    make.clock->advance(24h);
    CHECK(region.get<int>("key") == 1);
}

TEST_CASE("a configure that fails leaves the region as it was") {
    kennel::CacheRegion<> region;
    region.configure("memory");
    region.set("key", 1);
    CHECK_THROWS_AS(region.configure("nowhere", {.replace_existing_backend = true}), kennel::PluginNotFound);
    CHECK_THROWS_AS(region.configure("memory", {.arguments = {{"max_entries", -1}}, .replace_existing_backend = true}),
                    kennel::ValidationError);
    CHECK(region.get<int>("key") == 1);
}

TEST_CASE("every use before configure is one clear error", "[dogpile-43]") {
    kennel::CacheRegion<> region({.name = "users"});
    test::Numbers numbers;
    test::ManyNumbers many;
    const std::vector<std::string> keys{"key"};
    const std::map<std::string, int> values{{"key", 1}};
    const std::function<void()> uses[] = {
        [&] { static_cast<void>(region.get<int>("key")); },
        [&] { static_cast<void>(region.get_multi<int>(keys)); },
        [&] { static_cast<void>(region.get_value_metadata<int>("key")); },
        [&] { static_cast<void>(region.look_up<int>("key")); },
        [&] { region.get_or_create("key", numbers); },
        [&] { static_cast<void>(region.get_or_create_multi(keys, many)); },
        [&] { static_cast<void>(region.get_or_create_multi(std::vector<std::string>(), many)); },
        [&] { region.refresh("key", numbers); },
        [&] { region.set("key", 1); },
        [&] { region.set_multi(values); },
        [&] { region.erase("key"); },
        [&] { region.erase_multi(keys); },
        [&] { region.invalidate(); },
        [&] { static_cast<void>(region.key_is_locked("key")); },
        [&] { static_cast<void>(region.backend()); },
        [&] { static_cast<void>(region.actual_backend()); },
        [&] { region.wrap(std::make_shared<test::IdleProxy>()); },
    };
    for (const auto& use : uses) {
        const std::string message = test::message_of<kennel::RegionNotConfigured>(use);
        CHECK(test::contains(message, "'users'"));
        CHECK(test::contains(message, "configure()"));
    }
    CHECK_FALSE(region.is_configured());
    CHECK(numbers.made() == 0);
    CHECK(many.calls.empty());

    const kennel::CacheRegion<> unnamed;
    CHECK(test::contains(test::message_of<kennel::RegionNotConfigured>([&] { unnamed.erase("key"); }),
                         "a region without a name (RegionOptions::name) is not configured"));
}

TEST_CASE("an unknown backend is an error that names those that there are", "[dogpile-44]") {
    kennel::CacheRegion<> region;
    const std::string message = test::message_of<kennel::PluginNotFound>([&] { region.configure("nowhere"); });
    CHECK(test::contains(message, "'nowhere'"));
    CHECK(test::contains(message, "memory"));
    CHECK_FALSE(region.is_configured());
    CHECK(test::contains(test::message_of<kennel::PluginNotFound>(
                             [] { kennel::CacheRegion<>().configure_from_config({{"backend", "nowhere"}}, ""); }),
                         "'nowhere'"));
}

TEST_CASE("the caller's arguments and settings are left as they are", "[dogpile-24][H29]") {
    ConfigureOptions options{.expiration_time = 1min, .arguments = {{"max_entries", 10}}};
    kennel::CacheRegion<>().configure("memory", options);
    kennel::CacheRegion<>().configure("memory", options);
    CHECK(options.arguments.size() == 1);
    CHECK(options.arguments.find("max_entries")->second.as<int>() == 10);

    kennel::Settings settings = {{"backend", "memory"}, {"arguments.max_entries", "10"}};
    kennel::CacheRegion<>().configure_from_config(settings, "");
    kennel::CacheRegion<>().configure_from_config(settings, "");
    CHECK(settings.size() == 2);
    CHECK(settings.find("arguments.max_entries")->second.as<std::string>() == "10");
}

TEST_CASE("what the caller does to its arguments after configure changes nothing", "[H29]") {
    ConfigureOptions options{.arguments = {{"url", "here"}}};
    kennel::CacheRegion<> region;
    region.configure("configure.test: arguments", options);
    options.arguments["url"] = "there";
    options.arguments["another"] = 1;
    CHECK(backend_of(region).arguments.size() == 1);
    CHECK(backend_of(region).arguments.find("url")->second.as<std::string>() == "here");
}

TEST_CASE("an unknown argument is refused, where dogpile ignores it, and the known ones are listed", "[dogpile-24]") {
    for (const char* const backend : {"memory", "memory_bytes"}) {
        kennel::CacheRegion<> region;
        const std::string message = test::message_of<kennel::ValidationError>(
            [&] { region.configure(backend, {.arguments = {{"max_entires", 10}}}); });
        CHECK(test::contains(message, "'max_entires'"));
        CHECK(test::contains(message, "max_entries"));
        CHECK_FALSE(region.is_configured());
    }
}

TEST_CASE("what is wrong with the arguments of a region with a name is said with that name") {
    const auto refusal_of = [](const std::string& name, const char* backend) {
        return test::message_of<kennel::DogpileCacheException>(
            [&] { kennel::CacheRegion<>({.name = name}).configure(backend, {.arguments = {{"max_entires", 10}}}); });
    };
    CHECK(
        refusal_of("users", "memory").starts_with("region 'users': backend 'memory': unknown argument 'max_entires'"));
    CHECK(refusal_of("users", "memroy").starts_with("region 'users': there is no backend named 'memroy'"));
    CHECK(refusal_of("", "memory")
              .starts_with("backend 'memory': unknown argument 'max_entires' "
                           "(perhaps 'max_entries' is meant; "));
}

TEST_CASE("proxies are wrapped around the backend outermost first") {
    kennel::CacheRegion<> region;
    region.configure("memory", {.wrap = {naming("-outer"), naming("-inner")}});
    region.set("key", 1);
    CHECK(region.get<int>("key-outer-inner") == 1);
    CHECK(dynamic_cast<kennel::MemoryBackend*>(region.actual_backend().get()) != nullptr);
    CHECK(dynamic_cast<NamingProxy*>(region.backend().get()) != nullptr);
}

TEST_CASE("a proxy can be put in front later and keeps what is stored") {
    kennel::CacheRegion<> region;
    region.configure("memory", {.wrap = {naming("-first")}});
    region.set("key", 1);
    const auto actual = region.actual_backend();
    region.wrap(naming("-second"));
    CHECK(region.actual_backend() == actual);
    CHECK(region.get<int>("key-first") == 1);
    region.set("key", 2);
    CHECK(region.get<int>("key-second-first") == 2);
}

TEST_CASE("a proxy instance serves one region") {
    const auto proxy = naming("-mine");
    kennel::CacheRegion<>().configure("memory", {.wrap = {proxy}});
    kennel::CacheRegion<> other;
    CHECK_THROWS_AS(other.configure("memory", {.wrap = {proxy}}), kennel::ValidationError);
    CHECK_FALSE(other.is_configured());
}

TEST_CASE("copies of a region are handles on one state, which the last one keeps") {
    auto first = std::make_unique<kennel::CacheRegion<>>(kennel::RegionOptions{.name = "users"});
    const kennel::CacheRegion<> second = *first;
    first->configure("memory");
    first->set("key", 1);
    first.reset();
    CHECK(second.is_configured());
    CHECK(second.get<int>("key") == 1);
    CHECK(second.name() == "users");
}

TEST_CASE("replacing the backend keeps the invalidations of before, unless a new strategy comes with it") {
    const test::RegionFactory make;
    auto region = make({.expiration_time = 1h});
    region.invalidate(kennel::Invalidation::soft);
    region.configure("memory", {.replace_existing_backend = true});
    test::Numbers numbers;
    CHECK_THROWS_AS(region.get_or_create("key", numbers), kennel::DogpileCacheException);
    region.configure("memory", {.replace_existing_backend = true,
                                .region_invalidator = std::make_shared<kennel::DefaultInvalidationStrategy>()});
    CHECK(region.get_or_create("key", numbers) == 1);
}
