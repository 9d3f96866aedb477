#ifndef KENNEL_TESTS_SUPPORT_PROXIED_CONTRACT_HPP
#define KENNEL_TESTS_SUPPORT_PROXIED_CONTRACT_HPP

#include "kennel/proxies/logging.hpp"
#include "kennel/testing/backend_contract.hpp"
#include "support/backends.hpp"
#include "support/contract.hpp"
#include "support/counting_backend.hpp"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace kennel::testing_support {

/// Passes everything on.
struct DoesNothing : ProxyBackend {};

/// Leaves it to the base class to make the other operations of these two.
struct OverridesGetAndSet : ProxyBackend {
    std::optional<CachedValue> get(std::string_view key) override { return proxied().get(key); }
    void set(std::string_view key, const CachedValue& value) override { proxied().set(key, value); }
};

/// What makes backends behind a new proxy each.
template <class Proxy, class... ProxyArguments>
[[nodiscard]] MakeBackend behind(MakeBackend make_backend, ProxyArguments... arguments) {
    return [make_backend = std::move(make_backend), ... arguments = std::move(arguments)] {
        return wrapped(std::make_shared<Proxy>(arguments...), make_backend());
    };
}

/// Runs a contract of backends on a backend, and on it behind proxies.
template <class Contract>
void run_behind_proxies(const Contract& contract, const MakeBackend& make_backend) {
    SECTION("alone") { run_contract(contract(make_backend)); }
    SECTION("behind a proxy that does nothing") { run_contract(contract(behind<DoesNothing>(make_backend))); }
    SECTION("behind two proxies") { run_contract(contract(behind<CountingProxy>(behind<DoesNothing>(make_backend)))); }
    SECTION("behind a proxy that overrides get and set alone") {
        run_contract(contract(behind<OverridesGetAndSet>(make_backend)));
    }
    SECTION("behind a proxy that writes a log") {
        run_contract(contract(behind<LoggingProxy>(make_backend, [](std::string_view) {})));
    }
}

} // namespace kennel::testing_support

#endif
