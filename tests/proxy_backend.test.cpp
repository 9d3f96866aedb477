#include "kennel/proxy_backend.hpp"

#include "kennel/kennel.hpp"
#include "kennel/thread_mutex.hpp"
#include "support/backends.hpp"
#include "support/catch.hpp"
#include "support/counting_backend.hpp"
#include "support/messages.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using kennel::testing_support::CountingProxy;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using kennel::testing_support::new_backend;
using kennel::testing_support::wrapped;
using Texts = std::vector<std::string>;

struct DoesNothing : kennel::ProxyBackend {};

/// Remembers what goes through `get`, and overrides nothing else.
struct SeesReads : kennel::ProxyBackend {
    std::optional<kennel::CachedValue> get(std::string_view key) override {
        keys.emplace_back(key);
        return proxied().get(key);
    }
    Texts keys;
};

struct SeesWrites : kennel::ProxyBackend {
    void set(std::string_view key, const kennel::CachedValue& value) override {
        keys.emplace_back(key);
        proxied().set(key, value);
    }
    Texts keys;
};

struct SeesRemovals : kennel::ProxyBackend {
    void erase(std::string_view key) override {
        keys.emplace_back(key);
        proxied().erase(key);
    }
    Texts keys;
};

/// Inherits its `get` from another proxy.
struct InheritsItsReads : SeesReads {
    void set(std::string_view key, const kennel::CachedValue& value) override {
        written.emplace_back(key);
        proxied().set(key, value);
    }
    Texts written;
};

/// The guide's: does not let one key be set.
class RefusesKey : public kennel::ProxyBackend {
public:
    explicit RefusesKey(std::string key) : key_(std::move(key)) {}
    void set(std::string_view key, const kennel::CachedValue& value) override {
        if (key != key_) proxied().set(key, value);
    }

private:
    std::string key_;
};

kennel::CachedValue entry(int number) { return {kennel::Payload::object(number), {}}; }

/// The numbers that `get_multi` finds, with their positions.
std::map<std::size_t, int> numbers(kennel::CacheBackend& backend, const std::vector<std::string_view>& keys) {
    std::map<std::size_t, int> found;
    backend.get_multi(keys, [&](std::size_t index, const kennel::CachedValue& value) {
        found[index] = *value.payload.get_if<int>();
    });
    return found;
}

} // namespace

TEST_CASE("a proxy sees values with their metadata, in get and in set", "[proxy_backend][dogpile-83]") {
    struct SeesValues : kennel::ProxyBackend {
        std::optional<kennel::CachedValue> get(std::string_view key) override {
            auto found = proxied().get(key);
            if (found) read = *found;
            return found;
        }
        void set(std::string_view key, const kennel::CachedValue& value) override {
            written = value;
            proxied().set(key, value);
        }
        kennel::CachedValue read;
        kennel::CachedValue written;
    };
    const auto proxy = std::make_shared<SeesValues>();
    kennel::CacheRegion region;
    region.configure("memory", {.wrap = {proxy}});
    region.set("key", 7, {.tags = {"tag"}});
    CHECK(region.get<int>("key") == 7);
    REQUIRE(proxy->written.payload.get_if<int>() != nullptr);
    CHECK(*proxy->written.payload.get_if<int>() == 7);
    CHECK(proxy->written.metadata.version == kennel::value_version);
    CHECK(proxy->written.metadata.created > kennel::WallTime());
    REQUIRE(proxy->read.payload.get_if<int>() != nullptr);
    CHECK(*proxy->read.payload.get_if<int>() == 7);
    CHECK(proxy->read.metadata.created == proxy->written.metadata.created);
    CHECK(proxy->read.metadata.tags == kennel::Tags(std::vector<std::string>{"tag"}));
}

TEST_CASE("a proxy on a backend that keeps bytes sees every value, too", "[proxy_backend][dogpile-83]") {
    const auto reads = std::make_shared<SeesReads>();
    const auto writes = std::make_shared<SeesWrites>();
    kennel::CacheRegion region;
    region.configure("memory_bytes", {.wrap = {reads, writes}});
    region.set("a", 1);
    region.set_multi<int>({{"b", 2}, {"c", 3}});
    CHECK(region.get<int>("a") == 1);
    CHECK(region.get_multi<int>({"c", "b"}) == std::vector<std::optional<int>>{3, 2});
    CHECK(writes->keys == Texts{"a", "b", "c"});
    CHECK(reads->keys.size() == 3);
}

TEST_CASE("two stacked proxies both see what they override, and the rest still works", "[proxy_backend][dogpile-84]") {
    const auto reads = std::make_shared<SeesReads>();
    const auto writes = std::make_shared<SeesWrites>();
    kennel::CacheRegion region;
    region.configure("memory", {.wrap = {reads, writes}});
    region.set("key", 1);
    region.set("key", 2);
    CHECK(region.get<int>("key") == 2);
    region.erase("key");
    CHECK_FALSE(region.get<int>("key").has_value());
    CHECK(reads->keys == Texts{"key", "key"});
    CHECK(writes->keys == Texts{"key", "key"});
    CHECK_FALSE(region.key_is_locked("key"));
}

TEST_CASE("two instances of one proxy do not share their state", "[proxy_backend][dogpile-85]") {
    const auto first = std::make_shared<SeesWrites>();
    const auto second = std::make_shared<SeesWrites>();
    kennel::CacheRegion one;
    kennel::CacheRegion other;
    one.configure("memory", {.wrap = {first}});
    other.configure("memory", {.wrap = {second}});
    one.set("a", 1);
    one.set("b", 1);
    other.set("c", 1);
    CHECK(first->keys == Texts{"a", "b"});
    CHECK(second->keys == Texts{"c"});
    CHECK_FALSE(other.get<int>("a").has_value());
}

TEST_CASE("a proxy may take arguments, and keep a key from the backend", "[proxy_backend][dogpile-86]") {
    kennel::CacheRegion region;
    region.configure("memory", {.wrap = {std::make_shared<RefusesKey>("secret")}});
    region.set("secret", 1);
    region.set("open", 2);
    region.set_multi<int>({{"secret", 3}, {"other", 4}});
    CHECK_FALSE(region.get<int>("secret").has_value());
    CHECK(region.get<int>("open") == 2);
    CHECK(region.get<int>("other") == 4);
}

TEST_CASE("a region gives its outermost proxy and the backend behind all proxies",
          "[proxy_backend][dogpile-87][dogpile-88]") {
    const auto outer = std::make_shared<SeesReads>();
    const auto inner = std::make_shared<SeesWrites>();
    kennel::CacheRegion region;
    SECTION("with proxies") {
        region.configure("memory", {.wrap = {outer, inner}});
        CHECK(region.backend() == outer);
        CHECK(&outer->proxied() == inner.get());
        CHECK(&inner->proxied() == region.actual_backend().get());
    }
    SECTION("with a proxy that is put in front later") {
        region.configure("memory", {.wrap = {inner}});
        region.set("key", 1);
        region.wrap(outer);
        CHECK(region.backend() == outer);
        CHECK(&outer->proxied() == inner.get());
        CHECK(region.get<int>("key") == 1);
        CHECK(outer->keys == Texts{"key"});
    }
    SECTION("without proxies") {
        region.configure("memory");
        CHECK(region.backend() == region.actual_backend());
    }
    CHECK(std::dynamic_pointer_cast<kennel::MemoryBackend>(region.actual_backend()) != nullptr);
}

TEST_CASE("a proxy that overrides get alone sees every way to read", "[proxy_backend]") {
    const auto proxy = std::make_shared<SeesReads>();
    const auto backend = wrapped(proxy, new_backend());
    backend->set("a", entry(1));
    static_cast<void>(backend->get("a"));
    CHECK(backend->visit("a", [](const kennel::CachedValue&) {}));
    CHECK(numbers(*backend, {"b", "a", "c"}) == std::map<std::size_t, int>{{1, 1}});
    CHECK(proxy->keys == Texts{"a", "a", "b", "a", "c"});
}

TEST_CASE("a proxy that overrides set or erase alone sees every way to write", "[proxy_backend]") {
    const auto writes = std::make_shared<SeesWrites>();
    const auto removals = std::make_shared<SeesRemovals>();
    const auto backend = kennel::WrappedProxy(writes).around(kennel::WrappedProxy(removals).around(new_backend()));
    const kennel::CachedValue value = entry(1);
    const kennel::BackendEntry entries[] = {{"a", &value}, {"b", &value}};
    const std::string_view keys[] = {"b", "c"};
    backend->set("c", value);
    backend->set_multi(entries);
    backend->erase("a");
    backend->erase_multi(keys);
    CHECK(writes->keys == Texts{"c", "a", "b"});
    CHECK(removals->keys == Texts{"a", "b", "c"});
}

TEST_CASE("a proxy that inherits its get from another proxy sees every way to read", "[proxy_backend]") {
    const auto proxy = std::make_shared<InheritsItsReads>();
    const auto backend = wrapped(proxy, new_backend());
    backend->visit("a", [](const kennel::CachedValue&) {});
    static_cast<void>(numbers(*backend, {"b"}));
    CHECK(proxy->keys == Texts{"a", "b"});
}

TEST_CASE("a proxy that is handed over as its base class sees what it overrides itself", "[proxy_backend]") {
    const auto proxy = std::make_shared<InheritsItsReads>();
    const kennel::CachedValue value = entry(1);
    const kennel::BackendEntry entries[] = {{"a", &value}, {"b", &value}};
    SECTION("as another proxy") {
        kennel::WrappedProxy(std::shared_ptr<SeesReads>(proxy)).around(new_backend())->set_multi(entries);
    }
    SECTION("as a proxy of any kind") {
        kennel::WrappedProxy(std::shared_ptr<kennel::ProxyBackend>(proxy)).around(new_backend())->set_multi(entries);
    }
    CHECK(proxy->written == Texts{"a", "b"});
}

TEST_CASE("what a proxy does not override stays one call of the same kind", "[proxy_backend]") {
    const auto counting = std::make_shared<CountingProxy>();
    const auto backend =
        kennel::WrappedProxy(std::make_shared<DoesNothing>())
            .around(kennel::WrappedProxy(std::make_shared<SeesRemovals>()).around(wrapped(counting, new_backend())));
    const kennel::CachedValue value = entry(1);
    const kennel::BackendEntry entries[] = {{"a", &value}, {"b", &value}};
    backend->set_multi(entries);
    CHECK(numbers(*backend, {"a", "b"}).size() == 2);
    CHECK(backend->visit("a", [](const kennel::CachedValue&) {}));
    static_cast<void>(backend->get_mutex("a"));
    CHECK(counting->set_multis == 1);
    CHECK(counting->sets == 0);
    CHECK(counting->get_multis == 1);
    CHECK(counting->visits == 1);
    CHECK(counting->gets == 0);
    CHECK(counting->get_mutexes == 1);
}

TEST_CASE("a region makes one call for many keys through a proxy that does nothing", "[proxy_backend]") {
    const auto counting = std::make_shared<CountingProxy>();
    kennel::CacheRegion region;
    region.configure("memory", {.wrap = {std::make_shared<DoesNothing>(), counting}});
    region.set_multi<int>({{"a", 1}, {"b", 2}});
    CHECK(region.get_multi<int>({"a", "b", "c"}) == std::vector<std::optional<int>>{1, 2, std::nullopt});
    region.erase_multi({"a", "b"});
    CHECK(counting->set_multis == 1);
    CHECK(counting->get_multis == 1);
    CHECK(counting->erase_multis == 1);
    CHECK(counting->sets + counting->gets + counting->visits + counting->erases == 0);
}

TEST_CASE("one proxy instance wraps one backend", "[proxy_backend]") {
    const auto proxy = std::make_shared<DoesNothing>();
    kennel::CacheRegion one;
    kennel::CacheRegion other;
    one.configure("memory", {.wrap = {proxy}});
    one.set("key", 1);
    SECTION("not that of a second region") {
        const std::string text = message_of<kennel::ValidationError>(
            [&] { other.configure("memory", {.wrap = {proxy}}); });
        CHECK(mentions(text, {"already wraps a backend", "each region", "WrappedProxy::of"}));
        CHECK_FALSE(other.is_configured());
    }
    SECTION("not itself") {
        const auto twice = std::make_shared<DoesNothing>();
        REQUIRE_THROWS_AS(other.configure("memory", {.wrap = {twice, twice}}), kennel::ValidationError);
        CHECK_FALSE(other.is_configured());
    }
    CHECK(one.get<int>("key") == 1);
}

TEST_CASE("a proxy that is given by its class is made anew for each region, by the same options", "[proxy_backend]") {
    const kennel::ConfigureOptions options{
        .wrap = {kennel::WrappedProxy::of<RefusesKey>("secret"), kennel::WrappedProxy::of<SeesWrites>()},
        .replace_existing_backend = true};
    kennel::CacheRegion one;
    kennel::CacheRegion other;
    one.configure("memory", options);
    other.configure("memory", options);
    one.set_multi<int>({{"secret", 1}, {"a", 1}});
    other.set("b", 2);
    const auto writes_of = [](const kennel::CacheRegion<>& region) {
        const auto outer = std::dynamic_pointer_cast<RefusesKey>(region.backend());
        return outer == nullptr ? Texts{"no proxy"} : dynamic_cast<SeesWrites&>(outer->proxied()).keys;
    };
    CHECK(writes_of(one) == Texts{"a"});
    CHECK(writes_of(other) == Texts{"b"});
    SECTION("and anew when a region is configured anew") {
        one.configure("memory", options);
        CHECK(writes_of(one).empty());
    }
    SECTION("and anew each time that it is put in front") {
        const auto proxy = kennel::WrappedProxy::of<RefusesKey>(std::string("b"));
        other.wrap(proxy).wrap(proxy);
        other.set("b", 3);
        const auto outermost = std::dynamic_pointer_cast<RefusesKey>(other.backend());
        REQUIRE(outermost != nullptr);
        CHECK(dynamic_cast<RefusesKey*>(&outermost->proxied()) != nullptr);
        CHECK(other.get<int>("b") == 2);
    }
}

TEST_CASE("a proxy that is given by its class is made from copies of the arguments, and not before it is needed",
          "[proxy_backend]") {
    struct Counted : kennel::ProxyBackend {
        explicit Counted(const std::shared_ptr<int>& count) { ++*count; }
    };
    const auto count = std::make_shared<int>(0);
    const auto proxy = kennel::WrappedProxy::of<Counted>(count);
    CHECK(*count == 0);
    const auto first = proxy.around(new_backend());
    const auto second = proxy.around(new_backend());
    CHECK(first != second);
    CHECK(*count == 2);
}

TEST_CASE("a proxy that is given by its class sees what it overrides, and passes on the rest as it is",
          "[proxy_backend]") {
    const auto counting = std::make_shared<CountingProxy>();
    const auto backend = kennel::WrappedProxy::of<SeesWrites>().around(wrapped(counting, new_backend()));
    const kennel::CachedValue value = entry(1);
    const kennel::BackendEntry entries[] = {{"a", &value}, {"b", &value}};
    backend->set_multi(entries);
    CHECK(numbers(*backend, {"a", "b"}).size() == 2);
    CHECK(counting->sets == 2);
    CHECK(counting->set_multis == 0);
    CHECK(counting->get_multis == 1);
    CHECK(std::dynamic_pointer_cast<SeesWrites>(backend)->keys == Texts{"a", "b"});
}

TEST_CASE("a proxy passes on what its backend says of itself", "[proxy_backend]") {
    class Special final : public kennel::CacheBackend {
    public:
        std::optional<kennel::CachedValue> get(std::string_view) override { return std::nullopt; }
        void set(std::string_view, const kennel::CachedValue&) override {}
        void erase(std::string_view) override {}
        std::shared_ptr<kennel::CacheMutex> get_mutex(std::string_view) override { return mutex; }
        std::function<std::string(std::string_view)> key_mangler() const override {
            return [](std::string_view key) { return "mangled " + std::string(key); };
        }
        kennel::PayloadForm payload_form() const override { return kennel::PayloadForm::bytes; }
        kennel::BackendCapabilities capabilities() const override { return {.is_remote = true, .is_shared = true}; }

        std::shared_ptr<kennel::CacheMutex> mutex = std::make_shared<kennel::ThreadMutex>();
    };
    const auto special = std::make_shared<Special>();
    const auto backend = kennel::WrappedProxy(std::make_shared<DoesNothing>()).around(special);
    CHECK(backend->get_mutex("key") == special->mutex);
    CHECK(backend->key_mangler()("key") == "mangled key");
    CHECK(backend->payload_form() == kennel::PayloadForm::bytes);
    CHECK(backend->capabilities().is_remote);
    CHECK(backend->capabilities().is_shared);
    CHECK_FALSE(backend->capabilities().expires_entries);
    CHECK(&kennel::innermost(*backend) == special.get());
}

TEST_CASE("a proxy that wraps nothing says so", "[proxy_backend]") {
    DoesNothing proxy;
    CHECK(mentions(message_of<kennel::RegionNotConfigured>([&] { static_cast<void>(proxy.get("key")); }),
                   {"wraps no backend", "'wrap'"}));
    REQUIRE_THROWS_AS(kennel::WrappedProxy(std::shared_ptr<DoesNothing>()), kennel::ValidationError);
}
