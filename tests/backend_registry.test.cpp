#include "kennel/backend_registry.hpp"

#include "kennel/kennel.hpp"
#include "support/catch.hpp"
#include "support/messages.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

using kennel::testing_support::mentions;
using kennel::testing_support::message_of;

/// A backend that keeps nothing, for tests that only make it.
class BareBackend : public kennel::CacheBackend {
public:
    std::optional<kennel::CachedValue> get(std::string_view) override { return std::nullopt; }
    void set(std::string_view, const kennel::CachedValue&) override {}
    void erase(std::string_view) override {}
};

struct MadeFromContext : BareBackend {
    explicit MadeFromContext(const kennel::BackendContext& context)
        : clock(context.clock), has_argument(context.arguments.contains("size")) {}
    std::shared_ptr<const kennel::Clock> clock;
    bool has_argument;
};

struct MadeFromArguments : BareBackend {
    explicit MadeFromArguments(const kennel::Arguments& arguments) : has_argument(arguments.contains("size")) {}
    bool has_argument;
};

struct BareProxy : kennel::ProxyBackend {};

struct ProxyWithArguments : kennel::ProxyBackend {
    explicit ProxyWithArguments(const kennel::Arguments& arguments) : has_argument(arguments.contains("size")) {}
    bool has_argument;
};

/// A name that no other test and no other run of this one has registered.
std::string fresh_name() {
    static int count = 0;
    return "backend_registry.test " + std::to_string(++count);
}

template <class Backend>
const Backend* made(const std::string& name, const kennel::BackendContext& context) {
    static std::shared_ptr<kennel::CacheBackend> last;
    last = kennel::make_backend(name, context);
    return dynamic_cast<const Backend*>(last.get());
}

} // namespace

TEST_CASE("a region cannot be configured with a backend that nobody has registered", "[backend_registry][dogpile-44]") {
    kennel::CacheRegion region;
    const std::string text = message_of<kennel::PluginNotFound>([&] { region.configure("no such backend"); });
    CHECK(mentions(text, {"'no such backend'", "register_backend", "memory", "memory_bytes", "null"}));
    CHECK_FALSE(region.is_configured());
}

TEST_CASE("a backend is made from the context, the arguments or nothing, whatever it takes", "[backend_registry]") {
    const kennel::Arguments arguments{{"size", 1}};
    const auto clock = std::make_shared<const kennel::SystemClock>();
    const std::string names[] = {fresh_name(), fresh_name(), fresh_name()};
    kennel::register_backend<MadeFromContext>(names[0]);
    kennel::register_backend<MadeFromArguments>(names[1]);
    kennel::register_backend<BareBackend>(names[2]);

    const auto* const from_context = made<MadeFromContext>(names[0], {arguments, clock});
    REQUIRE(from_context != nullptr);
    CHECK(from_context->clock == clock);
    CHECK(from_context->has_argument);

    const auto* const from_arguments = made<MadeFromArguments>(names[1], {arguments, clock});
    REQUIRE(from_arguments != nullptr);
    CHECK(from_arguments->has_argument);

    CHECK(made<BareBackend>(names[2], {{}, clock}) != nullptr);
    CHECK(mentions(message_of<kennel::ValidationError>([&] { made<BareBackend>(names[2], {arguments, clock}); }),
                   {names[2], "'size'", "it takes none"}));
}

TEST_CASE("a backend may be registered as a function that makes it", "[backend_registry]") {
    const std::string name = fresh_name();
    const auto only = std::make_shared<BareBackend>();
    kennel::register_backend(name, [only](const kennel::BackendContext&) { return only; });
    kennel::CacheRegion region;
    region.configure(name);
    CHECK(region.actual_backend().get() == only.get());

    const std::string empty = fresh_name();
    kennel::register_backend(empty, [](const kennel::BackendContext&) { return nullptr; });
    CHECK(mentions(message_of<kennel::ValidationError>([&] { made<BareBackend>(empty, {{}}); }), {empty}));
}

TEST_CASE("a backend's name can be registered once", "[backend_registry]") {
    const std::string name = fresh_name();
    kennel::register_backend<BareBackend>(name);
    CHECK(mentions(message_of<kennel::ValidationError>([&] { kennel::register_backend<MadeFromArguments>(name); }),
                   {"'" + name + "'", "already"}));
    CHECK(made<BareBackend>(name, {{}}) != nullptr);
}

TEST_CASE("the names of the built-in backends are taken before anybody has used one", "[backend_registry]") {
    for (const std::string name : {"memory", "memory_bytes", "null"}) {
        CHECK(mentions(message_of<kennel::ValidationError>([&] { kennel::register_backend<BareBackend>(name); }),
                       {"'" + name + "'", "already"}));
        const auto make_none = [](const kennel::BackendContext&) { return nullptr; };
        CHECK(mentions(message_of<kennel::ValidationError>([&] { kennel::register_backend(name, make_none); }),
                       {"'" + name + "'", "already"}));
    }
    kennel::CacheRegion region;
    region.configure("memory");
    CHECK(dynamic_cast<kennel::MemoryBackend*>(region.actual_backend().get()) != nullptr);
}

TEST_CASE("no backend is registered under dogpile's name for another, where nobody would find it",
          "[backend_registry]") {
    const std::pair<std::string, std::string> names[] = {{"dogpile.cache.memory", "'memory'"},
                                                         {"dogpile.cache.memory_pickle", "'memory_bytes'"},
                                                         {"dogpile.cache.null", "'null'"},
                                                         {"dogpile.cache.valkey", "'redis'"},
                                                         {"dogpile.cache.pymemcache", "'memcached'"}};
    for (const auto& [alias, name] : names) {
        const auto make_none = [](const kennel::BackendContext&) { return nullptr; };
        const std::string texts[] = {
            message_of<kennel::ValidationError>([&] { kennel::register_backend<BareBackend>(alias); }),
            message_of<kennel::ValidationError>([&] { kennel::register_backend(alias, make_none); }),
        };
        for (const std::string& text : texts) CHECK(mentions(text, {"'" + alias + "'", "another name", name}));
    }
    kennel::CacheRegion region;
    region.configure("dogpile.cache.memory");
    CHECK(dynamic_cast<kennel::MemoryBackend*>(region.actual_backend().get()) != nullptr);
}

TEST_CASE("a backend that ships with Kennel may be included by many files", "[backend_registry]") {
    const std::string name = fresh_name();
    CHECK(kennel::detail::self_register<BareBackend>(name.c_str()));
    CHECK_FALSE(kennel::detail::self_register<BareBackend>(name.c_str()));
    CHECK(made<BareBackend>(name, {{}}) != nullptr);
}

TEST_CASE("a proxy is made by name from its arguments, or from nothing", "[backend_registry]") {
    const kennel::Arguments arguments{{"size", 1}};
    const std::string names[] = {fresh_name(), fresh_name()};
    kennel::register_proxy<BareProxy>(names[0]);
    kennel::register_proxy<ProxyWithArguments>(names[1]);

    const auto backend = std::make_shared<BareBackend>();
    const auto bare = kennel::proxy_registry().find(names[0])({}).around(backend);
    CHECK(std::dynamic_pointer_cast<BareProxy>(bare) != nullptr);
    CHECK(&kennel::innermost(*bare) == backend.get());
    const auto with_arguments = kennel::proxy_registry().find(names[1])(arguments).around(backend);
    REQUIRE(std::dynamic_pointer_cast<ProxyWithArguments>(with_arguments) != nullptr);
    CHECK(std::dynamic_pointer_cast<ProxyWithArguments>(with_arguments)->has_argument);

    CHECK(mentions(message_of<kennel::ValidationError>([&] { kennel::register_proxy<BareProxy>(names[0]); }),
                   {"proxy", names[0]}));
    CHECK(mentions(message_of<kennel::ValidationError>(
                       [&] { static_cast<void>(kennel::proxy_registry().find(names[0])(arguments)); }),
                   {"proxy", names[0], "'size'"}));
    CHECK(mentions(
        message_of<kennel::PluginNotFound>([] { static_cast<void>(kennel::proxy_registry().find("no such proxy")); }),
        {"no proxy named 'no such proxy'", names[0]}));
}

TEST_CASE("each making by name gives a backend of its own", "[backend_registry]") {
    kennel::CacheRegion one;
    kennel::CacheRegion other;
    one.configure("memory");
    other.configure("memory");
    one.set("key", 1);
    CHECK_FALSE(other.get<int>("key").has_value());
}
