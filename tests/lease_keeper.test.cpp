#include "kennel/lease_keeper.hpp"

#include "support/catch.hpp"
#include "support/forked_process.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::SteadyTime;
using kennel::detail::LeaseKeeper;

SteadyTime now() { return std::chrono::steady_clock::now(); }

/// Calls a function when it is renewed.
class Lease final : public kennel::detail::Lease {
public:
    explicit Lease(std::function<void()> renew) : renew_(std::move(renew)) {}
    void renew() noexcept override { renew_(); }

private:
    std::function<void()> renew_;
};

std::shared_ptr<Lease> lease_that(std::function<void()> renew) { return std::make_shared<Lease>(std::move(renew)); }

/// A lease whose renewal lasts until it is let go.
struct SlowLease {
    test::Stop stop;
    std::shared_ptr<Lease> lease = lease_that([this] { stop.halt(); });
};

/// Tells when it has ended its keeper.
struct Owner {
    Owner(std::shared_ptr<LeaseKeeper> owned, test::Gate& gate) : keeper(std::move(owned)), ended(gate) {}
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;
    ~Owner() {
        keeper.reset();
        ended.open();
    }

    std::shared_ptr<LeaseKeeper> keeper;
    test::Gate& ended;
};

/// Counts those who are here at the same time.
class Crowd {
public:
    void visit() {
        const int count = ++present_;
        int most = most_;
        while (count > most && !most_.compare_exchange_weak(most, count)) {
        }
        std::this_thread::yield();
        --present_;
    }
    [[nodiscard]] int most() const { return most_; }

private:
    std::atomic<int> present_ = 0;
    std::atomic<int> most_ = 0;
};

} // namespace

TEST_CASE("a lease is renewed when its time has come, and not before") {
    test::Gate renewed;
    SteadyTime moment{};
    const auto lease = lease_that([&] {
        moment = now();
        renewed.open();
    });
    const SteadyTime when = now() + 30ms;
    LeaseKeeper keeper;
    keeper.keep(lease, when);
    renewed.pass();
    CHECK(moment >= when);
}

TEST_CASE("leases are renewed in the order of their times, whatever the order in which they were given") {
    SlowLease first;
    std::vector<int> order;
    test::Gate all;
    std::vector<std::shared_ptr<Lease>> leases;
    for (int number = 0; number != 4; ++number)
        leases.push_back(lease_that([&, number] {
            order.push_back(number);
            if (order.size() == 4) all.open();
        }));
    LeaseKeeper keeper;
    const SteadyTime start = now();
    keeper.keep(first.lease, start);
    first.stop.await_arrival();
    for (const int number : {2, 0, 3, 1}) keeper.keep(leases[static_cast<std::size_t>(number)], start + number * 1ms);
    first.stop.let_go();
    all.pass();
    CHECK(order == std::vector<int>{0, 1, 2, 3});
}

TEST_CASE("a lease that arranges for the next time is renewed again and again") {
    test::Gate enough;
    std::atomic<int> renewals = 0;
    std::shared_ptr<Lease> lease;
    LeaseKeeper keeper;
    lease = lease_that([&] {
        if (++renewals == 20) enough.open();
        else keeper.keep(lease, now() + 100us);
    });
    keeper.keep(lease, now());
    enough.pass();
    CHECK(renewals == 20);
}

TEST_CASE("a lease that is given with a nearer time than all others is not late because of them") {
    test::Gate renewed;
    const auto later = lease_that([] {});
    const auto lease = lease_that([&] { renewed.open(); });
    LeaseKeeper keeper;
    keeper.keep(later, now() + 24h);
    keeper.keep(lease, now());
    renewed.pass();
    SUCCEED("it did not wait for a day");
}

TEST_CASE("a lease that is forgotten, or is no more, is not renewed") {
    SlowLease first;
    std::atomic<int> wrong = 0;
    test::Gate last;
    const auto forgotten = lease_that([&] { ++wrong; });
    auto destroyed = lease_that([&] { ++wrong; });
    const auto other = lease_that([&] { last.open(); });
    const SteadyTime start = now();
    LeaseKeeper keeper;
    keeper.keep(first.lease, start);
    first.stop.await_arrival(); // the others are due, and wait for it
    const LeaseKeeper::Ticket ticket = keeper.keep(forgotten, start);
    keeper.keep(destroyed, start);
    keeper.keep(other, start);
    keeper.forget(ticket);
    keeper.forget(ticket);
    destroyed.reset();
    first.stop.let_go();
    last.pass();
    CHECK(wrong == 0);
}

TEST_CASE("who has a lease forgotten does not wait for its renewal") {
    SlowLease slow;
    LeaseKeeper keeper;
    const LeaseKeeper::Ticket ticket = keeper.keep(slow.lease, now());
    slow.stop.await_arrival();
    keeper.forget(ticket);
    slow.stop.let_go();
    SUCCEED("it has come back while the renewal was under way");
}

TEST_CASE("a renewal that takes long delays no lease of another group") {
    SlowLease stuck[2];
    test::Gate renewed[3];
    std::vector<std::shared_ptr<Lease>> leases;
    for (test::Gate& gate : renewed) leases.push_back(lease_that([&gate] { gate.open(); }));
    LeaseKeeper keeper;
    keeper.keep(stuck[0].lease, now(), "first");
    stuck[0].stop.await_arrival();
    SECTION("while one group is stuck") {}
    SECTION("while two are") {
        keeper.keep(stuck[1].lease, now(), "second");
        stuck[1].stop.await_arrival();
    }
    keeper.keep(leases[0], now(), "first");
    keeper.keep(leases[1], now(), "third");
    keeper.keep(leases[2], now() + 1ms, "fourth");
    renewed[1].pass();
    renewed[2].pass();
    CHECK_FALSE(renewed[0].is_open());
    stuck[0].stop.let_go();
    renewed[0].pass();
    stuck[1].stop.let_go();
}

TEST_CASE("a lease of another group that was given before is renewed while a renewal takes long") {
    SlowLease stuck;
    test::Gate renewed;
    const auto lease = lease_that([&] { renewed.open(); });
    const SteadyTime soon = now() + 20ms;
    LeaseKeeper keeper;
    keeper.keep(lease, soon, "other");
    keeper.keep(stuck.lease, soon, "stuck");
    renewed.pass();
    stuck.stop.await_arrival();
    stuck.stop.let_go();
}

TEST_CASE("leases of one group are renewed one after another, by one thread") {
    Crowd crowd;
    test::Gate all;
    std::set<std::thread::id> threads;
    std::atomic<int> left = 200;
    std::vector<std::shared_ptr<Lease>> leases;
    LeaseKeeper keeper;
    for (int number = 0; number != 200; ++number) {
        leases.push_back(lease_that([&] {
            crowd.visit();
            threads.insert(std::this_thread::get_id());
            if (--left == 0) all.open();
        }));
        keeper.keep(leases.back(), now(), "group");
    }
    all.pass();
    CHECK(crowd.most() == 1);
    CHECK(threads.size() == 1);
}

TEST_CASE("there are at most one more threads than groups") {
    std::mutex mutex;
    std::set<std::thread::id> threads;
    test::Gate all;
    std::atomic<int> left = 300;
    std::vector<std::shared_ptr<Lease>> leases;
    LeaseKeeper keeper;
    for (int number = 0; number != 300; ++number) {
        leases.push_back(lease_that([&] {
            {
                const std::lock_guard lock(mutex);
                threads.insert(std::this_thread::get_id());
            }
            std::this_thread::yield();
            if (--left == 0) all.open();
        }));
        keeper.keep(leases.back(), now(), "group " + std::to_string(number % 5));
    }
    all.pass();
    const std::lock_guard lock(mutex);
    CHECK(threads.size() <= 6);
}

TEST_CASE("a keeper that is destroyed waits for the renewals that are under way, and does not begin others") {
    SlowLease slow;
    std::atomic<bool> has_ended = false;
    std::atomic<int> wrong = 0;
    const auto lease = lease_that([&] {
        slow.lease->renew();
        has_ended = true;
    });
    const auto next = lease_that([&] { ++wrong; });
    const auto later = lease_that([&] { ++wrong; });
    auto keeper = std::make_unique<LeaseKeeper>();
    keeper->keep(lease, now(), "group");
    slow.stop.await_arrival();
    keeper->keep(next, now() + 24h, "group");
    keeper->keep(later, now() + 24h, "other");
    auto destroying = test::on_another_thread([&] {
        keeper.reset();
        return has_ended.load();
    });
    slow.stop.let_go();
    CHECK(destroying.get());
    CHECK(wrong == 0);
}

TEST_CASE("a renewal that brings the last owner of the keeper ends it from within") {
    test::Gate ended;
    test::Stop stop;
    auto owner = std::make_shared<Owner>(std::make_shared<LeaseKeeper>(), ended);
    LeaseKeeper* const keeper = owner->keeper.get();
    auto lease = lease_that([&stop, owner] { stop.halt(); });
    test::Gate other;
    const auto of_another_group = lease_that([&] { other.open(); });
    keeper->keep(lease, now(), "group");
    keeper->keep(of_another_group, now(), "other");
    stop.await_arrival();
    other.pass();
    owner.reset();
    lease.reset(); // the thread has the last one now
    stop.let_go();
    CHECK(test::wait_until([&] { return ended.is_open(); }));
}

#ifndef __SANITIZE_THREAD__ // which takes the threads of a child for those of its parent
TEST_CASE("a child that is forked during a renewal has keepers of its own") {
    SlowLease slow;
    LeaseKeeper keeper;
    keeper.keep(slow.lease, now());
    slow.stop.await_arrival();
    test::ForkedProcess child([] {
        std::atomic<int> renewals = 0;
        test::Gate renewed;
        const auto lease = lease_that([&] {
            ++renewals;
            renewed.open();
        });
        {
            LeaseKeeper own;
            own.keep(lease, now() + 1ms);
            renewed.pass();
        }
        return renewals == 1;
    });
    CHECK(child.succeeds());
    slow.stop.let_go();
}
#endif
