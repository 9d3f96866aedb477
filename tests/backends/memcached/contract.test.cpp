// needs: memcached
#include "kennel/backends/memcached.hpp"

#include "backends/memcached/memcached_backend.hpp"
#include "kennel/proxy_backend.hpp"
#include "kennel/testing/backend_contract.hpp"
#include "kennel/testing/mutex_contract.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/counting_backend.hpp"
#include "support/memcached_server.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

using kennel::testing_support::run_contract;

struct DoesNothing : kennel::ProxyBackend {};

struct OverridesGetAndSet : kennel::ProxyBackend {
    std::optional<kennel::CachedValue> get(std::string_view key) override { return proxied().get(key); }
    void set(std::string_view key, const kennel::CachedValue& value) override { proxied().set(key, value); }
};

template <class Proxy>
kennel::MakeBackend behind(kennel::MakeBackend make_backend) {
    return [make_backend = std::move(make_backend)] {
        return kennel::testing_support::wrapped(std::make_shared<Proxy>(), make_backend());
    };
}

kennel::MakeBackend maker(std::string url, kennel::Arguments arguments = {}) {
    return [url = std::move(url), arguments = std::move(arguments)] { return test::memcached_backend(url, arguments); };
}

/// A second server beside the one that all tests share.
const test::MemcachedServer& other_server() {
    static const test::MemcachedServer server;
    return server;
}

} // namespace

TEST_CASE("the memcached backend keeps the contract of backends", "[memcached][backend_contract]") {
    const std::string url = test::memcached_server().url();
    SECTION("alone") { run_contract(backend_contract(maker(url))); }
    SECTION("with the binary protocol") { run_contract(backend_contract(maker(url, {{"binary", true}}))); }
    SECTION("with locks") { run_contract(backend_contract(maker(url, {{"distributed_lock", true}}))); }
    SECTION("with compression") { run_contract(backend_contract(maker(url, {{"min_compress_len", 1}}))); }
    SECTION("with one connection") { run_contract(backend_contract(maker(url, {{"max_connections", 1}}))); }
}

TEST_CASE("the memcached backend keeps the contract of backends on several servers", "[memcached][backend_contract]") {
    const std::string urls = test::memcached_server().url() + ' ' + other_server().url();
    SECTION("placed by modula") { run_contract(backend_contract(maker(urls))); }
    SECTION("placed by ketama") { run_contract(backend_contract(maker(urls, {{"ketama", true}}))); }
    SECTION("with the binary protocol") {
        run_contract(backend_contract(maker(urls, {{"binary", true}, {"ketama", true}})));
    }
}

TEST_CASE("the memcached backend keeps the contract of backends behind proxies", "[memcached][backend_contract]") {
    using kennel::testing_support::CountingProxy;
    const kennel::MakeBackend make_backend = maker(test::memcached_server().url());
    SECTION("a proxy that does nothing") { run_contract(backend_contract(behind<DoesNothing>(make_backend))); }
    SECTION("two proxies") { run_contract(backend_contract(behind<CountingProxy>(behind<DoesNothing>(make_backend)))); }
    SECTION("a proxy that overrides get and set alone") {
        run_contract(backend_contract(behind<OverridesGetAndSet>(make_backend)));
    }
}

TEST_CASE("the locks of the memcached backend keep the contract of mutexes", "[memcached][mutex_contract]") {
    const std::string url = test::memcached_server().url();
    const auto contract_of = [](const std::string& urls, kennel::Arguments arguments) {
        arguments.emplace("distributed_lock", true);
        return kennel::mutex_contract([backend = test::memcached_backend(urls, std::move(arguments))](
                                          std::string_view key) { return backend->get_mutex(key); });
    };
    SECTION("with a lease") { run_contract(contract_of(url, {{"lock_timeout", 3600}})); }
    SECTION("without a lease") { run_contract(contract_of(url, {{"lock_timeout", 0}})); }
    SECTION("with the binary protocol") { run_contract(contract_of(url, {{"lock_timeout", 3600}, {"binary", true}})); }
    SECTION("on two servers") {
        run_contract(contract_of(url + ',' + other_server().url(), {{"lock_timeout", 3600}, {"ketama", true}}));
    }
}
