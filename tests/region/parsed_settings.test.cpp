#include "kennel/region/parsed_settings.hpp"

#include "kennel/kennel.hpp"
#include "support/region_variants.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::OnFailure;
using kennel::OnLockTimeout;
using kennel::Settings;
using kennel::TimeSpan;

kennel::detail::ParsedSettings parse_settings(const Settings& settings, std::string_view prefix) {
    return kennel::detail::parse_settings<void>(settings, prefix);
}

std::string refusal_of(const Settings& settings, const std::string& prefix = "cache.") {
    return test::message_of<kennel::ValidationError>([&] { static_cast<void>(parse_settings(settings, prefix)); });
}

/// Writes a letter behind every key.
template <char letter>
class LetterProxy final : public kennel::ProxyBackend {
public:
    void set(std::string_view key, const kennel::CachedValue& value) override {
        proxied().set(std::string(key) + letter, value);
    }
};

[[maybe_unused]] const bool are_registered = (kennel::register_proxy<LetterProxy<'a'>>("parsed_settings.test: a"),
                                              kennel::register_proxy<LetterProxy<'b'>>("parsed_settings.test: b"),
                                              true);

} // namespace

TEST_CASE("without settings but the backend everything is as in code") {
    const auto parsed = parse_settings({{"cache.backend", "memory"}}, "cache.");
    const kennel::ConfigureOptions usual;
    CHECK(parsed.backend == "memory");
    CHECK_FALSE(parsed.options.expiration_time);
    CHECK(parsed.options.arguments.empty());
    CHECK(parsed.options.wrap.empty());
    CHECK_FALSE(parsed.options.replace_existing_backend);
    CHECK(parsed.options.stale_time == usual.stale_time);
    CHECK_FALSE(parsed.options.lock_timeout);
    CHECK(parsed.options.on_lock_timeout == usual.on_lock_timeout);
    CHECK(parsed.options.on_read_failure == usual.on_read_failure);
    CHECK(parsed.options.on_write_failure == usual.on_write_failure);
}

TEST_CASE("every setting is read, as text or as what it is") {
    const auto parsed = parse_settings({{"cache.backend", "redis"},
                                        {"cache.expiration_time", "2h5m"},
                                        {"cache.stale_time", 60},
                                        {"cache.lock_timeout", 1500ms},
                                        {"cache.soft_timeout", "0.5"},
                                        {"cache.on_lock_timeout", "serve_stale"},
                                        {"cache.on_read_failure", "throw_error"},
                                        {"cache.on_write_failure", "degrade"},
                                        {"cache.replace_existing_backend", "true"},
                                        {"cache.arguments.url", "redis://localhost"},
                                        {"cache.arguments.deep.name", 5}},
                                       "cache.");
    CHECK(parsed.backend == "redis");
    CHECK(parsed.options.expiration_time == TimeSpan(125min));
    CHECK(parsed.options.stale_time == TimeSpan(1min));
    CHECK(parsed.options.lock_timeout == TimeSpan(1500ms));
    CHECK(parsed.options.soft_timeout == TimeSpan(500ms));
    CHECK(parsed.options.on_lock_timeout == OnLockTimeout::serve_stale);
    CHECK(parsed.options.on_read_failure == OnFailure::throw_error);
    CHECK(parsed.options.on_write_failure == OnFailure::degrade);
    CHECK(parsed.options.replace_existing_backend);
    CHECK(parsed.options.arguments.size() == 2);
    CHECK(parsed.options.arguments.find("url")->second.as<std::string>() == "redis://localhost");
    CHECK(parsed.options.arguments.find("deep.name")->second.as<int>() == 5);
}

TEST_CASE("settings with another prefix are none of the region's business") {
    const Settings settings = {
        {"backend", "null"}, {"cache", "x"}, {"cache.a.backend", "memory"}, {"cache.b.backend", "null"}};
    CHECK(parse_settings(settings, "cache.a.").backend == "memory");
    CHECK(parse_settings({{"backend", "null"}}, "").backend == "null");
}

TEST_CASE("a setting that is null or, as dogpile writes it, None is absent") {
    const auto parsed = parse_settings(
        {{"cache.backend", "memory"}, {"cache.expiration_time", "None"}, {"cache.lock_timeout", nullptr}}, "cache.");
    CHECK_FALSE(parsed.options.expiration_time);
    CHECK_FALSE(parsed.options.lock_timeout);
}

TEST_CASE("the blanks around the text of a setting are taken off, as dogpile does", "[dogpile-35]") {
    const auto parsed = parse_settings({{"cache.backend", " memory\n"},
                                        {"cache.expiration_time", "\t2h5m "},
                                        {"cache.lock_timeout", " None "},
                                        {"cache.replace_existing_backend", " true"},
                                        {"cache.on_read_failure", "throw_error "},
                                        {"cache.arguments.url", "  redis://localhost/a b  "},
                                        {"cache.arguments.names", std::vector<std::string>{" one "}}},
                                       "cache.");
    CHECK(parsed.backend == "memory");
    CHECK(parsed.options.expiration_time == TimeSpan(125min));
    CHECK_FALSE(parsed.options.lock_timeout);
    CHECK(parsed.options.replace_existing_backend);
    CHECK(parsed.options.on_read_failure == OnFailure::throw_error);
    CHECK(parsed.options.arguments.find("url")->second.as<std::string>() == "redis://localhost/a b");
    CHECK(parsed.options.arguments.find("names")->second.as<std::vector<std::string>>() ==
          std::vector<std::string>{" one "});
}

TEST_CASE("a missing backend is an error that names the setting and a remedy") {
    const std::string message = refusal_of({{"cache.expiration_time", 5}});
    CHECK(test::contains(message, "cache."));
    CHECK(test::contains(message, "'backend'"));
    CHECK(test::contains(message, "memory"));
}

TEST_CASE("an unknown setting is an error that lists the known ones") {
    const std::string message = refusal_of({{"cache.backend", "memory"}, {"cache.expiration_tme", 5}});
    CHECK(test::contains(message, "cache."));
    CHECK(test::contains(message, "'expiration_tme'"));
    for (const std::string known : {"expiration_time", "backend", "wrap", "stale_time", "replace_existing_backend"})
        CHECK(test::contains(message, known));
}

TEST_CASE("who forgets where the arguments of the backend belong is told") {
    const std::string message = refusal_of({{"cache.backend", "redis"}, {"cache.url", "redis://localhost"}});
    CHECK(test::contains(message, "unknown argument 'url'"));
    CHECK(test::contains(message, "what the backend takes begins with 'cache.arguments.'"));
}

TEST_CASE("an unknown setting is reported before a missing one") {
    const std::string message = refusal_of({{"cache.backnd", "memory"}});
    CHECK(test::contains(message, "unknown argument 'backnd'"));
    CHECK(test::contains(message, "known: backend"));
}

TEST_CASE("a prefix that no setting begins with, or that lacks its dot, is an error that says so") {
    CHECK(test::contains(refusal_of({{"cache.backend", "memory"}}, "cahce."), "no setting begins with 'cahce.'"));
    CHECK(
        test::contains(refusal_of({{"cache.backend", "memory"}}, "cache"), "the prefix lacks its dot: write 'cache.'"));
    CHECK(test::contains(refusal_of({}), "no setting begins with 'cache.'"));
}

TEST_CASE("what is wrong with settings is said with their prefix and the region") {
    const auto refusal = [](const Settings& settings) {
        return test::message_of<kennel::DogpileCacheException>(
            [&] { kennel::CacheRegion<>({.name = "users"}).configure_from_config(settings, "cache."); });
    };
    const std::string place = "settings 'cache.*' of region 'users': ";
    CHECK(refusal({{"cache.backend", "memroy"}}).starts_with(place + "there is no backend named 'memroy'"));
    CHECK(refusal({{"cache.backend", "memory"}, {"cache.wrap", "nowhere"}})
              .starts_with(place + "there is no proxy named"));
    CHECK(refusal({{"cache.backend", "memory"}, {"cache.arguments.max_entires", 5}})
              .starts_with(place + "backend 'memory'"));
    CHECK(refusal({{"cache.backend", "memory"}, {"cache.expiration_time", "-1"}}) ==
          place +
              "argument 'expiration_time' is '-1'; it must be a length of time (seconds, or text such as \"2h5m\" or "
              "\"unlimited\")");
    CHECK(refusal({{"cache.max_entries", 5}}).starts_with(place));
    CHECK(refusal({}).starts_with(place));
}

TEST_CASE("an exception that a backend has a class of its own for stays what it is") {
    struct OwnError : kennel::ValidationError {
        using kennel::ValidationError::ValidationError;
    };
    kennel::register_backend(
        "parsed_settings.test: refusing",
        [](const kennel::BackendContext&) -> std::shared_ptr<kennel::CacheBackend> { throw OwnError("own text"); });
    CHECK(test::message_of<OwnError>([] {
              kennel::CacheRegion<>().configure_from_config({{"backend", "parsed_settings.test: refusing"}}, "");
          }) == "own text");
}

TEST_CASE("a bad value is an error that names the setting, the value and what it should be") {
    const auto refused = [](const std::string& name, const kennel::ArgumentValue& value) {
        const std::string message = refusal_of({{"cache.backend", "memory"}, {"cache." + name, value}});
        CHECK(test::contains(message, "cache."));
        CHECK(test::contains(message, "'" + name + "'"));
        return message;
    };
    CHECK(test::contains(refused("expiration_time", "soon"), "'soon'"));
    CHECK(test::contains(refused("expiration_time", -5), "length of time"));
    CHECK(test::contains(refused("replace_existing_backend", "perhaps"), "true or false"));
    CHECK(test::contains(refused("on_lock_timeout", "explode"), "'serve_stale'"));
    CHECK(test::contains(refused("on_read_failure", "explode"), "'degrade'"));
    CHECK(test::contains(refused("on_write_failure", 5), "text"));
    CHECK(test::contains(refused("wrap", 5), "list"));
}

TEST_CASE("proxies are wrapped by name, outermost first, from a list or a text with commas") {
    const std::vector<std::string> names{"parsed_settings.test: a", "parsed_settings.test: b"};
    for (const kennel::ArgumentValue& wrap :
         {kennel::ArgumentValue(names), kennel::ArgumentValue(" parsed_settings.test: a , parsed_settings.test: b,")}) {
        kennel::CacheRegion<> region;
        region.configure_from_config({{"cache.backend", "memory"}, {"cache.wrap", wrap}}, "cache.");
        region.set("key-", 1);
        CHECK(region.get<int>("key-ab") == 1);
    }
    CHECK(test::contains(test::message_of<kennel::PluginNotFound>([] {
                             kennel::CacheRegion<>().configure_from_config({{"backend", "memory"}, {"wrap", "nowhere"}},
                                                                           "");
                         }),
                         "'nowhere'"));
}

TEST_CASE("one settings map configures any number of regions, each with proxies of its own") {
    const Settings settings = {{"backend", "memory"}, {"wrap", "parsed_settings.test: a"}};
    kennel::CacheRegion<> first;
    kennel::CacheRegion<> second;
    first.configure_from_config(settings, "");
    second.configure_from_config(settings, "");
    first.set("key", 1);
    CHECK(first.get<int>("keya") == 1);
    CHECK_FALSE(second.get<int>("keya"));
}
