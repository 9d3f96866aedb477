#include "kennel/backends/net/resolve.hpp"

#include "support/catch.hpp"
#include "support/messages.hpp"

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using kennel::SteadyTime;
using kennel::detail::Endpoint;
using kennel::detail::NotReached;
using kennel::detail::Resolution;
using kennel::detail::resolve;
using kennel::detail::resolve_until;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;

SteadyTime soon() { return std::chrono::steady_clock::now() + 20s; }

} // namespace

TEST_CASE("numbers and localhost are resolved to the addresses that they are", "[net][resolve]") {
    CHECK(resolve(Endpoint{.host = "127.0.0.1", .port = 1}, soon()).size() == 1);
    CHECK(resolve(Endpoint{.host = "::1", .port = 1}, soon()).size() == 1);
    CHECK_FALSE(resolve(Endpoint{.host = "localhost", .port = 1}, soon()).empty());
    CHECK(resolve(Endpoint{.unix_socket = "/run/socket"}, soon()).size() == 1);
}

TEST_CASE("a name that is none is told with the server", "[net][resolve]") {
    const Endpoint endpoint{.host = "no-such-host.invalid", .port = 7};
    CHECK(mentions(message_of<NotReached>([&] { (void)resolve(endpoint, soon()); }), {"no-such-host.invalid:7"}));
}

TEST_CASE("what a look-up finds on its thread is found", "[net][resolve]") {
    const Resolution resolution = resolve_until(soon(), [] { return Resolution{.error = "found nothing"}; });
    CHECK(resolution.error == "found nothing");
}

TEST_CASE("an exception on the thread of a look-up is an error for who waits, and ends nothing", "[net][resolve]") {
    const auto error_of = [](const std::function<Resolution()>& look_up) {
        return resolve_until(soon(), look_up).error;
    };
    CHECK(error_of([]() -> Resolution { throw std::bad_alloc(); }) ==
          "the look-up of its name threw an exception, most likely for lack of memory");
    CHECK_FALSE(error_of([]() -> Resolution { throw std::runtime_error("any"); }).empty());
    CHECK_FALSE(error_of([]() -> Resolution { throw 5; }).empty());
}

TEST_CASE("a look-up that does not end is not waited for longer than the deadline", "[net][resolve]") {
    const auto released = std::make_shared<std::promise<void>>();
    const std::shared_future<void> release = released->get_future().share();
    const auto stuck = [release] {
        release.wait();
        return Resolution{};
    };
    CHECK(resolve_until(std::chrono::steady_clock::now() + 10ms, stuck).error == "its name was not resolved in time");
    released->set_value();
}
