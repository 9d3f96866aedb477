#ifndef KENNEL_TESTS_BACKENDS_MEMCACHED_FAULTY_SERVER_HPP
#define KENNEL_TESTS_BACKENDS_MEMCACHED_FAULTY_SERVER_HPP

#include "backends/memcached/memcached_backend.hpp"
#include "support/catch.hpp"
#include "support/fault_proxy.hpp"
#include "support/memcached_server.hpp"
#include "support/unless_halted.hpp"
#include "support/wait_until.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace test {

/// Settings with which a fault is over soon.
[[nodiscard]] inline kennel::Arguments hasty(kennel::Arguments others = {}) {
    using namespace std::chrono_literals;
    others.emplace("socket_timeout", 300ms);
    others.emplace("connect_timeout", 300ms);
    others.emplace("retry_timeout", 50ms);
    return others;
}

/// A backend that talks to a server through a proxy, with the entries "key" and "other".
struct FaultySetting {
    explicit FaultySetting(const kennel::Arguments& arguments = hasty())
        : proxy(server.address()), backend(memcached_backend(proxy.address().text(), arguments)) {
        put(*backend, "key", "value");
        put(*backend, "other", "another value");
    }

    /// Waits until the server is asked again after a fault, and checks that all is as it should be.
    void expect_recovery() {
        proxy.pass();
        REQUIRE(wait_until([&] { return found("key") == "value"; }));
        for (int round = 0; round != 100; ++round) {
            REQUIRE(read("key") == "value");
            REQUIRE(read("other") == "another value");
            REQUIRE_FALSE(read("none"));
        }
        unless_halted([&] { put(*backend, "written", "afterwards"); }, [&] { return comes_back(); });
        CHECK(read("written") == "afterwards");
    }

    /// Waits until the server is asked again after a fault.
    [[nodiscard]] bool comes_back() {
        return wait_until([&] {
            proxy.pass();
            return found("key") == "value";
        });
    }

    /// What is found while the server is well.
    std::optional<std::string> read(std::string_view key) {
        return unless_halted([&] { return text_of(*backend, key); }, [&] { return comes_back(); });
    }

    /// What is found; text in brackets when the server fails.
    std::optional<std::string> found(std::string_view key) {
        try {
            return text_of(*backend, key);
        } catch (const kennel::BackendError&) {
            return "(failure)";
        }
    }

    MemcachedServer& server = memcached_server();
    FaultProxy proxy;
    std::shared_ptr<kennel::MemcachedBackend> backend;
};

/// How long the action takes that throws a `BackendError`.
template <class Action>
std::chrono::steady_clock::duration time_to_failure(Action&& action) {
    const auto start = std::chrono::steady_clock::now();
    REQUIRE_THROWS_AS(action(), kennel::BackendError);
    return std::chrono::steady_clock::now() - start;
}

} // namespace test

#endif
