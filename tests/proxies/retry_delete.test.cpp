#include "kennel/proxies/retry_delete.hpp"

#include "kennel/kennel.hpp"
#include "kennel/testing/backend_contract.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/backends.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/messages.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>

namespace {

using namespace std::chrono_literals;
using kennel::RetryDeleteProxy;
using kennel::testing_support::new_backend;
using kennel::testing_support::wrapped;

/// Fails to remove anything the first few times.
class StubbornBackend final : public kennel::CacheBackend {
public:
    explicit StubbornBackend(int failures) : failures_left_(failures) {}

    std::optional<kennel::CachedValue> get(std::string_view) override { return std::nullopt; }
    void set(std::string_view, const kennel::CachedValue&) override {
        ++sets;
        throw kennel::BackendError("cannot set");
    }
    void erase(std::string_view) override { attempt(); }
    void erase_multi(std::span<const std::string_view> keys) override {
        last_count = keys.size();
        attempt();
    }

    int sets = 0;
    int attempts = 0;
    std::size_t last_count = 0;

private:
    void attempt() {
        ++attempts;
        if (failures_left_-- > 0) throw kennel::BackendError("failure " + std::to_string(attempts));
    }

    int failures_left_;
};

struct Retried {
    explicit Retried(int failures, const kennel::Arguments& arguments = {{"pause", 0}})
        : stubborn(std::make_shared<StubbornBackend>(failures)),
          backend(kennel::WrappedProxy(std::make_shared<RetryDeleteProxy>(arguments)).around(stubborn)) {}

    std::shared_ptr<StubbornBackend> stubborn;
    std::shared_ptr<kennel::CacheBackend> backend;
};

std::string refusal_of(const kennel::Arguments& arguments) {
    return kennel::testing_support::message_of<kennel::ValidationError>(
        [&] { const RetryDeleteProxy proxy(arguments); });
}

} // namespace

TEST_CASE("a removal that succeeds is done once", "[retry_delete]") {
    const Retried retried(0);
    retried.backend->erase("key");
    CHECK(retried.stubborn->attempts == 1);
}

TEST_CASE("a removal that fails is tried up to three times", "[retry_delete]") {
    const Retried retried(2);
    retried.backend->erase("key");
    CHECK(retried.stubborn->attempts == 3);
}

TEST_CASE("a removal of many keys is tried again with all of them", "[retry_delete]") {
    const Retried retried(1);
    const std::string_view keys[] = {"a", "b"};
    retried.backend->erase_multi(keys);
    CHECK(retried.stubborn->attempts == 2);
    CHECK(retried.stubborn->last_count == 2);
}

TEST_CASE("when every try to remove fails, the last failure is thrown", "[retry_delete]") {
    const Retried thrice(100);
    REQUIRE_THROWS_WITH(thrice.backend->erase("key"), "failure 3");
    const Retried once(100, {{"tries", 1}});
    REQUIRE_THROWS_WITH(once.backend->erase("key"), "failure 1");
    const Retried five(100, {{"tries", "5"}, {"pause", "0s"}});
    REQUIRE_THROWS_WITH(five.backend->erase("key"), "failure 5");
}

TEST_CASE("only removals are tried again, and only after a BackendError", "[retry_delete]") {
    const Retried retried(0);
    REQUIRE_THROWS_AS(retried.backend->set("key", {}), kennel::BackendError);
    CHECK(retried.stubborn->sets == 1);
    RetryDeleteProxy without_backend;
    REQUIRE_THROWS_AS(without_backend.erase("key"), kennel::RegionNotConfigured);
}

TEST_CASE("between two tries to remove there is a pause", "[retry_delete]") {
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    const auto stubborn = std::make_shared<StubbornBackend>(1);
    const auto proxy = std::make_shared<RetryDeleteProxy>(kennel::Arguments{{"pause", "10s"}}, clock);
    const auto backend = wrapped(proxy, stubborn);
    const kennel::SteadyTime start = clock->steady_now();
    kennel::SteadyTime end{};
    std::thread remover([&] {
        backend->erase("key");
        end = clock->steady_now();
    });
    clock->await_waiters(1);
    clock->advance(10s);
    remover.join();
    CHECK(stubborn->attempts == 2);
    CHECK(end - start == 10s);
}

TEST_CASE("the retry_delete proxy refuses arguments that it cannot use, by name", "[retry_delete]") {
    using kennel::testing_support::mentions;
    CHECK(mentions(refusal_of({{"tries", 0}}), {"retry_delete", "'tries'"}));
    CHECK(mentions(refusal_of({{"tries", -1}}), {"'tries'"}));
    CHECK(mentions(refusal_of({{"tries", "many"}}), {"'tries'"}));
    CHECK(mentions(refusal_of({{"pause", "soon"}}), {"'pause'"}));
    CHECK(mentions(refusal_of({{"retries", 3}}), {"'retries'", "known: tries, pause"}));
}

TEST_CASE("a configuration can name the retry_delete proxy", "[retry_delete]") {
    kennel::CacheRegion region;
    region.configure_from_config({{"cache.backend", "memory"}, {"cache.wrap", "retry_delete"}}, "cache.");
    CHECK(std::dynamic_pointer_cast<RetryDeleteProxy>(region.backend()) != nullptr);
}

TEST_CASE("behind the retry_delete proxy a backend keeps its contract", "[retry_delete][backend_contract]") {
    kennel::testing_support::run_contract(
        kennel::backend_contract([] { return wrapped(std::make_shared<RetryDeleteProxy>(), new_backend()); }));
}
