#include "kennel/testing/mutex_contract.hpp"

#include "kennel/name_registry.hpp"
#include "kennel/thread_mutex.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using kennel::testing_support::breaks_promise;
using kennel::testing_support::broken_promises;

/// A mutex with an object for each who asks, as a server's lock has: it knows whether it is the holder.
class TokenMutex : public kennel::CacheMutex {
public:
    explicit TokenMutex(std::shared_ptr<kennel::ThreadMutex> shared) : shared_(std::move(shared)) {}
    ~TokenMutex() override { give_up(); }

    bool acquire(kennel::SteadyTime deadline) override {
        if (!shared_->acquire(deadline)) return false;
        is_holder_ = true;
        return true;
    }
    void release() noexcept override { give_up(); }
    bool locked() override { return shared_->locked(); }

protected:
    kennel::ThreadMutex& shared() { return *shared_; }

private:
    void give_up() noexcept {
        if (is_holder_.exchange(false)) shared_->release();
    }

    std::shared_ptr<kennel::ThreadMutex> shared_;
    std::atomic<bool> is_holder_ = false;
};

struct ReleasesTheOthers : TokenMutex {
    using TokenMutex::TokenMutex;
    void release() noexcept override {
        TokenMutex::release();
        shared().release();
    }
};

/// Can only be released on the thread that has acquired it.
struct BelongsToThread : TokenMutex {
    using TokenMutex::TokenMutex;
    bool acquire(kennel::SteadyTime deadline) override {
        if (!TokenMutex::acquire(deadline)) return false;
        holder = std::this_thread::get_id();
        return true;
    }
    void release() noexcept override {
        if (holder == std::this_thread::get_id()) TokenMutex::release();
    }
    std::atomic<std::thread::id> holder{};
};

struct AlwaysFree : kennel::CacheMutex {
    explicit AlwaysFree(const std::shared_ptr<kennel::ThreadMutex>&) {}
    bool acquire(kennel::SteadyTime) override { return true; }
    void release() noexcept override {}
    bool locked() override { return false; }
};

template <class Mutex>
std::vector<kennel::ContractCheck> contract_of(bool has_one_lock_for_all = false) {
    const auto shared = std::make_shared<kennel::NameRegistry<kennel::ThreadMutex>>(
        [](std::string_view) { return std::make_shared<kennel::ThreadMutex>(); });
    return kennel::mutex_contract([=](std::string_view key) {
        return std::make_shared<Mutex>(shared->get(has_one_lock_for_all ? "lock" : key));
    });
}

} // namespace

TEST_CASE("mutexes that are different objects for one key keep the contract", "[mutex_contract]") {
    CHECK(broken_promises(contract_of<TokenMutex>()) == std::vector<std::string>());
}

TEST_CASE("the contract finds a mutex that excludes nobody", "[mutex_contract]") {
    CHECK(breaks_promise(contract_of<AlwaysFree>(), "a mutex is held by one at a time"));
    CHECK(breaks_promise(contract_of<AlwaysFree>(), "mutexes of one key exclude each other"));
    CHECK(breaks_promise(contract_of<AlwaysFree>(), "who waits gives up at the deadline"));
}

TEST_CASE("the contract finds a mutex that shares its lock with other keys", "[mutex_contract]") {
    CHECK(breaks_promise(contract_of<TokenMutex>(true), "mutexes of two keys are independent"));
}

TEST_CASE("the contract finds a mutex that releases what another one holds", "[mutex_contract]") {
    CHECK(breaks_promise(contract_of<ReleasesTheOthers>(), "releasing what is not held is harmless"));
}

TEST_CASE("the contract finds a mutex that only its thread can release", "[mutex_contract]") {
    CHECK(breaks_promise(contract_of<BelongsToThread>(), "a mutex may be released on another thread"));
}
