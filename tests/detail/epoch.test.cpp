#include "kennel/detail/epoch.hpp"

#include "support/catch.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <thread>

namespace {

using kennel::detail::EpochGuard;
using kennel::detail::Epochs;

/// Says when it is looked at although it has been destroyed.
struct Fragile {
    ~Fragile() { is_alive = false; }
    std::atomic<bool> is_alive = true;
};

} // namespace

TEST_CASE("what nobody reads is let go at once") {
    auto object = std::make_shared<const int>(1);
    const std::weak_ptr<const int> watched = object;
    Epochs::instance().retire(Epochs::prepare(std::move(object)));
    CHECK(watched.expired());
}

TEST_CASE("what is retired under the eyes of a reader stays until the reader has left, and goes then") {
    auto object = std::make_shared<const int>(1);
    const std::weak_ptr<const int> watched = object;
    {
        const EpochGuard guard;
        {
            const EpochGuard inner;
            Epochs::instance().retire(Epochs::prepare(std::move(object)));
        }
        CHECK_FALSE(watched.expired());
    }
    CHECK(watched.expired());
}

TEST_CASE("the last of several readers lets go of what is retired, on whatever thread") {
    auto object = std::make_shared<const int>(1);
    const std::weak_ptr<const int> watched = object;
    std::latch both_read(2);
    test::Gate retired;
    test::Gate first_left;
    const auto read = [&](bool is_first) {
        {
            const EpochGuard guard;
            both_read.arrive_and_wait();
            retired.pass();
            if (!is_first) first_left.pass();
        }
        if (is_first) first_left.open();
    };
    auto first = test::on_another_thread([&] { read(true); });
    auto second = test::on_another_thread([&] { read(false); });
    both_read.wait();
    Epochs::instance().retire(Epochs::prepare(std::move(object)));
    CHECK_FALSE(watched.expired());
    retired.open();
    first.get();
    second.get();
    CHECK(watched.expired());
}

TEST_CASE("readers of later times do not keep what was retired before") {
    auto object = std::make_shared<const int>(1);
    const std::weak_ptr<const int> watched = object;
    std::optional<EpochGuard> old(std::in_place);
    test::Stop reading;
    auto later = test::on_another_thread([&] {
        const EpochGuard guard;
        reading.halt();
    });
    Epochs::instance().retire(Epochs::prepare(std::make_shared<const int>(0)));
    Epochs::instance().retire(Epochs::prepare(std::move(object)));
    old.reset();
    reading.await_arrival();
    reading.let_go();
    later.get();
    Epochs::instance().collect();
    CHECK(watched.expired());
}

TEST_CASE("readers never see what has been destroyed, while a writer goes on replacing it") {
    std::shared_ptr<const Fragile> owner = std::make_shared<const Fragile>();
    std::atomic<const Fragile*> current = owner.get();
    std::atomic<bool> is_over = false;
    std::atomic<int> dead_seen = 0;
    test::run_together(4, [&](std::size_t index) {
        if (index == 0) {
            for (int round = 0; round != 5000; ++round) {
                auto fresh = std::make_shared<const Fragile>();
                current.store(fresh.get(), std::memory_order_seq_cst);
                std::shared_ptr<const Fragile> before = std::exchange(owner, std::move(fresh));
                Epochs::instance().retire(Epochs::prepare(std::move(before)));
            }
            is_over = true;
        } else {
            while (!is_over) {
                const EpochGuard guard;
                if (!current.load(std::memory_order_acquire)->is_alive) ++dead_seen;
            }
        }
    });
    CHECK(dead_seen == 0);
}

TEST_CASE("threads that live at the same time have different indexes, and those that end give theirs back") {
    constexpr std::size_t count = 8;
    std::size_t indexes[count] = {};
    std::latch all_read(count);
    test::run_together(count, [&](std::size_t thread) {
        indexes[thread] = EpochGuard().thread_index();
        all_read.arrive_and_wait();
    });
    CHECK(std::set<std::size_t>(indexes, indexes + count).size() == count);
    std::set<std::size_t> taken_over;
    for (int round = 0; round != 50; ++round)
        std::jthread([&] { taken_over.insert(EpochGuard().thread_index()); }).join();
    CHECK(taken_over.size() < 50);
}
