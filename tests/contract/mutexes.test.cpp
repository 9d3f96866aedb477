#include "kennel/testing/mutex_contract.hpp"

#include "kennel/backends/null.hpp"
#include "kennel/kennel.hpp"
#include "kennel/name_registry.hpp"
#include "kennel/thread_mutex.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/file_locks.hpp"
#include "support/leased_locks.hpp"
#include "support/locking_proxy.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace {

/// Gives a backend that has no locks those of this process.
class LockingProxy : public kennel::ProxyBackend {
public:
    std::shared_ptr<kennel::CacheMutex> get_mutex(std::string_view key) override { return mutexes_.get(key); }

private:
    kennel::NameRegistry<kennel::CacheMutex> mutexes_{
        [](std::string_view) { return std::make_shared<kennel::ThreadMutex>(); }};
};

struct LacksAcquire {
    void release();
    bool locked();
};
struct LacksRelease {
    bool acquire(kennel::SteadyTime);
    bool locked();
};
struct LacksLocked {
    bool acquire(kennel::SteadyTime);
    void release();
};
struct HasAll {
    bool acquire(kennel::SteadyTime);
    bool locked();
    void release();
};

} // namespace

TEST_CASE("a mutex is what can be acquired, released and asked", "[dogpile-29][dogpile-77][dogpile-78]") {
    STATIC_REQUIRE(kennel::MutexLike<kennel::ThreadMutex>);
    STATIC_REQUIRE(kennel::MutexLike<HasAll>);
    STATIC_REQUIRE_FALSE(kennel::MutexLike<LacksAcquire>);
    STATIC_REQUIRE_FALSE(kennel::MutexLike<LacksRelease>);
    STATIC_REQUIRE_FALSE(kennel::MutexLike<LacksLocked>);
}

TEST_CASE("the mutexes of this process, shared by name, keep the contract of mutexes",
          "[mutex_contract][dogpile-28][dogpile-30][dogpile-31][dogpile-166][dogpile-167]") {
    const auto registry = std::make_shared<kennel::NameRegistry<kennel::CacheMutex>>(
        [](std::string_view) { return std::make_shared<kennel::ThreadMutex>(); });
    kennel::testing_support::run_contract(
        kennel::mutex_contract([registry](std::string_view key) { return registry->get(key); }));
}

TEST_CASE("mutexes that are files keep the contract of mutexes",
          "[mutex_contract][dogpile-28][dogpile-30][dogpile-31][dogpile-165]") {
    const auto locks = std::make_shared<test::FileLocks>();
    kennel::testing_support::run_contract(kennel::mutex_contract(test::source_of(locks)));
}

TEST_CASE("mutexes with a lease keep the contract of mutexes", "[mutex_contract][dogpile-28][dogpile-30][dogpile-31]") {
    const auto locks = std::make_shared<test::LeasedLocks>(kennel::SystemClock::shared(), std::chrono::hours(1));
    kennel::testing_support::run_contract(kennel::mutex_contract(test::source_of(locks)));
}

TEST_CASE("the mutexes of a proxy keep the contract of mutexes behind another proxy", "[mutex_contract]") {
    struct DoesNothing : kennel::ProxyBackend {};
    const auto locking =
        kennel::WrappedProxy(std::make_shared<LockingProxy>()).around(std::make_shared<kennel::NullBackend>());
    const auto outermost = kennel::WrappedProxy(std::make_shared<DoesNothing>()).around(locking);
    kennel::testing_support::run_contract(
        kennel::mutex_contract([outermost](std::string_view key) { return outermost->get_mutex(key); }));
}

TEST_CASE("the null backend's mutex is always to be had, by any number at once", "[dogpile-175][dogpile-176]") {
    kennel::NullBackend backend;
    const auto first = backend.get_mutex("key");
    const auto second = backend.get_mutex("key");
    REQUIRE(first != nullptr);
    REQUIRE(second != nullptr);
    CHECK(first->acquire());
    CHECK(first->try_acquire());
    CHECK(second->try_acquire());
    CHECK_FALSE(first->locked());
    first->release();
    first->release();
    CHECK(second->acquire());
}

TEST_CASE("whether a key is locked is asked of the backend's mutex of the mangled key, which it does not take",
          "[dogpile-5]") {
    kennel::CacheRegion region{
        {.key_mangler = kennel::KeyMangler([](std::string_view key) { return "m:" + std::string(key); })}};
    region.configure("memory", {.wrap = {std::make_shared<LockingProxy>()}});
    CHECK_FALSE(region.key_is_locked("key"));
    CHECK_FALSE(region.key_is_locked("key"));
    const auto mutex = region.backend()->get_mutex("m:key");
    REQUIRE(mutex->try_acquire());
    CHECK(region.key_is_locked("key"));
    CHECK_FALSE(region.key_is_locked("m:key"));
    mutex->release();
    CHECK_FALSE(region.key_is_locked("key"));
}

TEST_CASE("a creator may ask for another key while its own mutex is held, in the same way the second time",
          "[dogpile-32]") {
    kennel::CacheRegion region;
    region.configure("memory", {.wrap = {std::make_shared<LockingProxy>()}});
    int inner_calls = 0;
    const auto outer = [&] { return region.get_or_create("inner", [&] { return ++inner_calls; }) + 10; };
    CHECK(region.get_or_create("outer", outer) == 11);
    CHECK(region.get_or_create("outer", outer) == 11);
    region.erase("outer");
    CHECK(region.get_or_create("outer", outer) == 11);
    CHECK_FALSE(region.key_is_locked("outer"));
    CHECK_FALSE(region.key_is_locked("inner"));
}

TEST_CASE("a creation whose creator throws leaves the mutex free", "[dogpile-23]") {
    kennel::CacheRegion region;
    region.configure("memory", {.wrap = {std::make_shared<LockingProxy>()}});
    struct Failure {};
    REQUIRE_THROWS_AS(region.get_or_create("key", []() -> int { throw Failure(); }), Failure);
    CHECK(region.backend()->get_mutex("key")->try_acquire());
}
