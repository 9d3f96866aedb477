#include "kennel/proxies/logging.hpp"

#include "kennel/kennel.hpp"
#include "kennel/testing/backend_contract.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/backends.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/failing_backend.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::LoggingProxy;
using kennel::testing_support::new_backend;
using kennel::testing_support::wrapped;

/// A log, and the backend whose operations it is about: it takes a second for every read.
class LoggedBackend {
public:
    LoggedBackend()
        : backend_(kennel::WrappedProxy(std::make_shared<LoggingProxy>(
                                            [this](std::string_view line) { lines.emplace_back(line); }, clock_))
                       .around(kennel::WrappedProxy(failing).around(new_backend()))) {}

    kennel::CacheBackend* operator->() const { return backend_.get(); }

    void set(std::string_view key) { backend_->set(key, {kennel::Payload::object(std::string("secret")), {}}); }

    std::vector<std::string> lines;
    std::shared_ptr<kennel::testing_support::FailingProxy> failing =
        std::make_shared<kennel::testing_support::FailingProxy>();

    void advance(kennel::TimeSpan span) { clock_->advance(span); }

private:
    std::shared_ptr<kennel::testing::ManualClock> clock_ = std::make_shared<kennel::testing::ManualClock>();
    std::shared_ptr<kennel::CacheBackend> backend_;
};

using Lines = std::vector<std::string>;

void ignore(const kennel::CachedValue& /*value*/) {}

} // namespace

TEST_CASE("the logging proxy writes a line for each operation on one key", "[logging]") {
    LoggedBackend backend;
    static_cast<void>(backend->get("key"));
    backend.set("key");
    static_cast<void>(backend->get("key"));
    backend->visit("key", ignore);
    backend->erase("key");
    backend->visit("key", ignore);
    CHECK(backend.lines == Lines{R"(get "key" miss in 0.000000 s)", R"(set "key" done in 0.000000 s)",
                                 R"(get "key" hit in 0.000000 s)", R"(get "key" hit in 0.000000 s)",
                                 R"(erase "key" done in 0.000000 s)", R"(get "key" miss in 0.000000 s)"});
}

TEST_CASE("the logging proxy writes one line for an operation on many keys", "[logging]") {
    LoggedBackend backend;
    const kennel::CachedValue value{kennel::Payload::object(1), {}};
    const kennel::BackendEntry entries[] = {{"a", &value}, {"b", &value}};
    const std::string_view keys[] = {"a", "b", "c"};
    backend->set_multi(entries);
    std::vector<std::size_t> found;
    backend->get_multi(keys, [&](std::size_t index, const kennel::CachedValue&) { found.push_back(index); });
    backend->erase_multi(keys);
    backend->get_multi({}, [](std::size_t, const kennel::CachedValue&) {});
    CHECK(found == std::vector<std::size_t>{0, 1});
    CHECK(backend.lines ==
          Lines{R"(set_multi "a", "b" done in 0.000000 s)", R"(get_multi "a", "b", "c" 2 of 3 hit in 0.000000 s)",
                R"(erase_multi "a", "b", "c" done in 0.000000 s)", "get_multi 0 of 0 hit in 0.000000 s"});
}

TEST_CASE("the logging proxy says how long an operation took", "[logging]") {
    LoggedBackend backend;
    backend.set("key");
    backend->visit("key", [&](const kennel::CachedValue&) { backend.advance(1500ms); });
    CHECK(backend.lines.back() == R"(get "key" hit in 1.500000 s)");
}

TEST_CASE("the logging proxy logs an operation that fails, and passes the failure on", "[logging]") {
    LoggedBackend backend;
    backend.failing->reads_fail = true;
    backend.failing->writes_fail = true;
    REQUIRE_THROWS_AS(backend->get("key"), kennel::BackendError);
    REQUIRE_THROWS_AS(backend.set("key"), kennel::BackendError);
    REQUIRE_THROWS_AS(backend->erase("key"), kennel::BackendError);
    CHECK(backend.lines == Lines{R"(get "key" failed in 0.000000 s)", R"(set "key" failed in 0.000000 s)",
                                 R"(erase "key" failed in 0.000000 s)"});
}

TEST_CASE("the logging proxy never writes a value, and of a key nothing that could pass for another line",
          "[logging]") {
    LoggedBackend backend;
    backend.set("a\nset \"b\"\x7f\\");
    CHECK(backend.lines == Lines{R"(set "a\x0aset \"b\"\x7f\\" done in 0.000000 s)"});
    const std::string long_key(10'000, 'k');
    backend.set(long_key);
    CHECK(backend.lines.back().size() < 500);
    for (const std::string& line : backend.lines) CHECK(line.find("secret") == std::string::npos);
}

TEST_CASE("a log that cannot be written does not disturb an operation", "[logging]") {
    const auto proxy = std::make_shared<LoggingProxy>([](std::string_view) { throw std::runtime_error("disk full"); });
    const auto backend = wrapped(proxy, new_backend());
    backend->set("key", {kennel::Payload::object(1), {}});
    CHECK(backend->get("key").has_value());
}

TEST_CASE("the logging proxy sees what a region does", "[logging][dogpile-83]") {
    Lines lines;
    kennel::CacheRegion region{{.clock = std::make_shared<kennel::testing::ManualClock>()}};
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    region.configure(
        "memory",
        {.wrap = {std::make_shared<LoggingProxy>([&](std::string_view line) { lines.emplace_back(line); }, clock)}});
    CHECK(region.get_or_create("key", [] { return 1; }) == 1);
    CHECK(region.get_or_create("key", [] { return 2; }) == 1);
    REQUIRE(lines.size() >= 3);
    CHECK(lines.front() == R"(get "key" miss in 0.000000 s)");
    CHECK(lines[lines.size() - 2] == R"(set "key" done in 0.000000 s)");
    CHECK(lines.back() == R"(get "key" hit in 0.000000 s)");
}

TEST_CASE("a configuration can name the logging proxy", "[logging]") {
    kennel::CacheRegion region;
    region.configure_from_config({{"cache.backend", "memory"}, {"cache.wrap", "logging"}}, "cache.");
    CHECK(std::dynamic_pointer_cast<LoggingProxy>(region.backend()) != nullptr);
}

TEST_CASE("behind the logging proxy a backend keeps its contract", "[logging][backend_contract]") {
    kennel::testing_support::run_contract(kennel::backend_contract(
        [] { return wrapped(std::make_shared<LoggingProxy>([](std::string_view) {}), new_backend()); }));
}
