#include "kennel/region/wrapping.hpp"

#include "kennel/kennel.hpp"
#include "support/backends.hpp"
#include "support/catch.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using kennel::testing_support::new_backend;

class IdleProxy : public kennel::ProxyBackend {};

/// Fails when a region asks for its mangler, which is after all proxies are in place.
class FailingProxy final : public kennel::ProxyBackend {
public:
    explicit FailingProxy(std::string text = "no mangler") : text_(std::move(text)) {}
    std::function<std::string(std::string_view)> key_mangler() const override { throw std::runtime_error(text_); }

private:
    std::string text_;
};

/// Cannot be made.
class ImpossibleProxy final : public kennel::ProxyBackend {
public:
    ImpossibleProxy() { throw std::runtime_error("impossible"); }
};

std::shared_ptr<IdleProxy> idle() { return std::make_shared<IdleProxy>(); }

bool wraps_nothing(const kennel::ProxyBackend& proxy) {
    try {
        static_cast<void>(proxy.proxied());
        return false;
    } catch (const kennel::RegionNotConfigured&) {
        return true;
    }
}

} // namespace

TEST_CASE("a configure that fails at a proxy leaves all proxies as they were, and they can be used again",
          "[wrapping]") {
    const auto outer = idle();
    const auto taken = idle();
    const auto inner = idle();
    kennel::CacheRegion first;
    first.configure("memory", {.wrap = {taken}});
    first.set("key", 1);
    const kennel::CacheBackend* const before = &taken->proxied();

    kennel::CacheRegion<> second;
    REQUIRE_THROWS_AS(second.configure("memory", {.wrap = {outer, taken, inner}}), kennel::ValidationError);
    CHECK_FALSE(second.is_configured());
    CHECK(wraps_nothing(*inner));
    CHECK(wraps_nothing(*outer));
    CHECK(&taken->proxied() == before);
    CHECK(first.get<int>("key") == 1);

    second.configure("memory", {.wrap = {outer, inner}});
    CHECK(&outer->proxied() == inner.get());
}

TEST_CASE("a configure that fails behind the last proxy leaves all proxies as they were", "[wrapping]") {
    const auto outer = std::make_shared<FailingProxy>();
    const auto inner = idle();
    kennel::CacheRegion<> region;
    SECTION("when it is the first") {
        REQUIRE_THROWS_AS(region.configure("memory", {.wrap = {outer, inner}}), std::runtime_error);
        CHECK_FALSE(region.is_configured());
    }
    SECTION("when it is to replace a backend, which stays") {
        region.configure("memory", {.wrap = {idle()}});
        region.set("key", 1);
        const auto backend = region.backend();
        REQUIRE_THROWS_AS(region.configure("memory", {.wrap = {outer, inner}, .replace_existing_backend = true}),
                          std::runtime_error);
        CHECK(region.backend() == backend);
        CHECK(region.get<int>("key") == 1);
    }
    CHECK(wraps_nothing(*outer));
    CHECK(wraps_nothing(*inner));
}

TEST_CASE("one proxy given twice is refused and wraps nothing afterwards", "[wrapping]") {
    const auto twice = idle();
    kennel::CacheRegion<> region;
    REQUIRE_THROWS_AS(region.configure("memory", {.wrap = {twice, twice}}), kennel::ValidationError);
    CHECK(wraps_nothing(*twice));
}

TEST_CASE("a proxy that cannot be made leaves those that are there as they were", "[wrapping]") {
    const auto inner = idle();
    kennel::CacheRegion<> region;
    REQUIRE_THROWS_AS(region.configure("memory", {.wrap = {kennel::WrappedProxy::of<ImpossibleProxy>(), inner}}),
                      std::runtime_error);
    CHECK_FALSE(region.is_configured());
    CHECK(wraps_nothing(*inner));
}

TEST_CASE("a configure that fails drops the backend that it has made", "[wrapping]") {
    std::weak_ptr<kennel::CacheBackend> made;
    kennel::register_backend("wrapping.test: watched", [&made](const kennel::BackendContext& context) {
        const auto backend = std::make_shared<kennel::MemoryBackend>(context);
        made = backend;
        return backend;
    });
    const auto inner = idle();
    kennel::CacheRegion<> region;
    REQUIRE_THROWS_AS(region.configure("wrapping.test: watched", {.wrap = {std::make_shared<FailingProxy>(), inner}}),
                      std::runtime_error);
    CHECK(made.expired());
}

TEST_CASE("a proxy that another region has on the same store stays there when configure fails", "[wrapping]") {
    const auto store = new_backend();
    kennel::register_backend("wrapping.test: shared", [store](const kennel::BackendContext&) { return store; });
    const auto shared = idle();
    kennel::CacheRegion first;
    first.configure("wrapping.test: shared", {.wrap = {shared}});
    kennel::CacheRegion<> second;
    REQUIRE_THROWS_AS(second.configure("wrapping.test: shared", {.wrap = {std::make_shared<FailingProxy>(), shared}}),
                      std::runtime_error);
    CHECK(&shared->proxied() == store.get());
    first.set("key", 1);
    CHECK(first.get<int>("key") == 1);
}

TEST_CASE("a wrap that fails leaves the proxy and the region as they were", "[wrapping]") {
    kennel::CacheRegion region;
    region.configure("memory", {.wrap = {idle()}});
    region.set("key", 1);
    const auto backend = region.backend();
    SECTION("because the proxy fails") {
        const auto failing = std::make_shared<FailingProxy>();
        REQUIRE_THROWS_AS(region.wrap(failing), std::runtime_error);
        CHECK(wraps_nothing(*failing));
    }
    SECTION("because the proxy is another region's") {
        const auto taken = idle();
        kennel::CacheRegion other;
        other.configure("memory", {.wrap = {taken}});
        REQUIRE_THROWS_AS(region.wrap(taken), kennel::ValidationError);
        CHECK(&taken->proxied() == other.actual_backend().get());
    }
    CHECK(region.backend() == backend);
    CHECK(region.get<int>("key") == 1);
}

TEST_CASE("a wrap of a region that is not configured leaves the proxy as it was", "[wrapping]") {
    const auto proxy = idle();
    kennel::CacheRegion<> region;
    REQUIRE_THROWS_AS(region.wrap(proxy), kennel::RegionNotConfigured);
    CHECK(wraps_nothing(*proxy));
}
