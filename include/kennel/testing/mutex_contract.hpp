#ifndef KENNEL_TESTING_MUTEX_CONTRACT_HPP
#define KENNEL_TESTING_MUTEX_CONTRACT_HPP

#include "kennel/cache_mutex.hpp"
#include "kennel/testing/contract.hpp"
#include "kennel/testing/unique_contract_key.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// Makes the mutex of a key that a check is about.
using MakeMutex = std::function<std::shared_ptr<CacheMutex>(std::string_view key)>;

namespace detail {

/// The checks of the mutexes of one maker.
class MutexContract {
public:
    explicit MutexContract(MakeMutex make_mutex) : make_mutex_(std::move(make_mutex)) {}

    void is_held_by_one_at_a_time() const {
        const auto mutex = make(unique_contract_key("lock"));
        expect(!mutex->locked(), "a mutex that nobody has acquired is locked");
        for (int round = 0; round != 3; ++round) {
            expect(mutex->try_acquire(), "a free mutex cannot be acquired");
            expect(mutex->locked(), "a mutex is not locked while it is held");
            expect(!mutex->try_acquire(), "a mutex can be acquired twice");
            expect(mutex->locked(), "a mutex is no longer locked after somebody else has tried to acquire it");
            mutex->release();
            expect(!mutex->locked(), "a mutex is locked after it was released");
            expect(!mutex->locked(), "asking whether a mutex is locked locks it");
        }
        expect(mutex->acquire() && mutex->locked(),
               "a free mutex cannot be acquired by who would wait as long as it takes");
        mutex->release();
    }

    void mutexes_of_one_key_exclude_each_other() const {
        const std::string key = unique_contract_key("lock");
        const auto first = make(key);
        const auto second = make(key);
        expect(first->try_acquire(), "a free mutex cannot be acquired");
        expect(second->locked(), "a mutex does not see that another one of its key is held");
        expect(!second->try_acquire(), "two mutexes of one key are held at the same time");
        first->release();
        expect(!second->locked(), "a mutex does not see that another one of its key was released");
        expect(second->try_acquire(), "a mutex cannot be acquired after another one of its key was released");
        expect(!first->try_acquire(), "two mutexes of one key are held at the same time");
        second->release();
    }

    void mutexes_of_two_keys_are_independent() const {
        const auto outer = make(unique_contract_key("outer"));
        const auto inner = make(unique_contract_key("inner"));
        expect(outer->try_acquire(), "a free mutex cannot be acquired");
        for (int round = 0; round != 3; ++round) {
            expect(!inner->locked(), "a mutex is locked because that of another key is held");
            expect(inner->try_acquire(), "a mutex cannot be acquired while that of another key is held");
            expect(!inner->try_acquire(), "a mutex can be acquired twice");
            inner->release();
            expect(outer->locked(), "releasing one mutex releases that of another key");
        }
        outer->release();
    }

    void may_be_released_on_another_thread() const {
        const auto mutex = make(unique_contract_key("lock"));
        for (int round = 0; round != 3; ++round) {
            expect(mutex->try_acquire(), "a free mutex cannot be acquired");
            std::jthread([&] { mutex->release(); }).join();
            expect(!mutex->locked(), "a mutex that was released on another thread is locked");
        }
        bool is_held = false;
        std::jthread([&] { is_held = acquires_in_time(*mutex); }).join();
        expect(is_held && mutex->locked(), "a mutex is lost when the thread ends that has acquired it");
        mutex->release();
        expect(!mutex->locked(), "a mutex that another thread had acquired cannot be released");
    }

    void gives_up_at_the_deadline() const {
        const std::string key = unique_contract_key("lock");
        const auto holder = make(key);
        const auto waiter = make(key);
        expect(holder->try_acquire(), "a free mutex cannot be acquired");
        const SteadyTime start = std::chrono::steady_clock::now();
        for (const SteadyTime deadline : {start + std::chrono::milliseconds(20), start, at_once})
            expect(!waiter->acquire(deadline), "a mutex can be acquired while it is held");
        expect(std::chrono::steady_clock::now() - start < long_time, "a mutex waits for longer than it was told to");
        expect(holder->locked(), "a mutex is no longer held after somebody else has given up");
        holder->release();
        expect(waiter->acquire(start), "a free mutex cannot be acquired when the deadline has passed");
        waiter->release();
    }

    void waiter_gets_it_after_release() const {
        const std::string key = unique_contract_key("lock");
        const auto holder = make(key);
        for (int round = 0; round != 3; ++round) {
            expect(holder->try_acquire(), "a free mutex cannot be acquired");
            const auto mutex = make(key);
            std::latch waiting(1);
            std::atomic<bool> got_it = false;
            std::jthread waiter([&] {
                waiting.count_down();
                got_it = acquires_in_time(*mutex);
                if (got_it) mutex->release();
            });
            waiting.wait();
            holder->release();
            waiter.join();
            expect(got_it, "who waits for a mutex does not get it when it is released");
        }
    }

    void releasing_what_is_not_held_is_harmless() const {
        const std::string key = unique_contract_key("lock");
        const auto first = make(key);
        const auto second = make(key);
        first->release();
        first->release();
        expect(!first->locked() && first->try_acquire(),
               "a mutex that was released without being held cannot be acquired");
        expect(!second->try_acquire(), "a mutex that was released without being held can be acquired twice");
        if (first != second) {
            second->release();
            expect(first->locked(), "a mutex is released by another one of its key, which did not hold it");
        }
        first->release();
        expect(!first->locked(), "a mutex is locked after it was released");
    }

    void nobody_else_is_in_the_critical_section() const {
        constexpr int thread_count = 5;
        const std::string key = unique_contract_key("lock");
        std::atomic<int> inside = 0;
        std::atomic<int> entered = 0;
        std::atomic<int> crowded = 0;
        int unprotected = 0;
        std::latch start(thread_count);
        std::vector<std::jthread> threads;
        for (int thread = 0; thread != thread_count; ++thread)
            threads.emplace_back([&, mutex = make(key)] {
                start.arrive_and_wait();
                for (int round = 0; round != 5; ++round) {
                    if (!acquires_in_time(*mutex)) continue;
                    if (++inside != 1) ++crowded;
                    ++unprotected;
                    ++entered;
                    std::this_thread::yield();
                    --inside;
                    mutex->release();
                }
            });
        threads.clear();
        expect(crowded == 0, "two threads hold a mutex at the same time");
        expect(entered == 5 * thread_count, "a thread does not get a mutex that the others release");
        expect(unprotected == entered, "what one holder of a mutex has written, the next one does not see");
    }

    void may_be_destroyed_while_held() const {
        const auto other = make(unique_contract_key("other"));
        auto mutex = make(unique_contract_key("destroyed"));
        expect(other->try_acquire() && mutex->try_acquire(), "a free mutex cannot be acquired");
        mutex.reset();
        expect(other->locked(), "destroying a mutex that is held releases that of another key");
        other->release();
        expect(other->try_acquire(), "destroying a mutex that is held makes that of another key useless");
        other->release();
    }

private:
    /// Longer than anything here takes, even under a sanitizer on a busy machine.
    static constexpr std::chrono::seconds long_time{30};

    [[nodiscard]] std::shared_ptr<CacheMutex> make(std::string_view key) const {
        std::shared_ptr<CacheMutex> mutex = make_mutex_(key);
        expect(mutex != nullptr, "make_mutex made nothing");
        return mutex;
    }

    [[nodiscard]] static bool acquires_in_time(CacheMutex& mutex) noexcept {
        try {
            return mutex.acquire(std::chrono::steady_clock::now() + long_time);
        } catch (...) {
            return false;
        }
    }

    MakeMutex make_mutex_;
};

} // namespace detail

/// What every `CacheMutex` promises. `make_mutex` gives, for one key, the same object each time or different ones that
/// exclude each other; they run on the machine's clock and have no lease that ends within a minute.
///
/// The checks may be run in any order, any number of times; each uses keys of its own. Run them under ThreadSanitizer,
/// too.
[[nodiscard]] inline std::vector<ContractCheck> mutex_contract(MakeMutex make_mutex) {
    using Contract = detail::MutexContract;
    const Contract contract(std::move(make_mutex));
    std::vector<ContractCheck> checks;
    const auto add = [&](const char* name, void (Contract::*check)() const) {
        checks.push_back({name, [contract, check] { (contract.*check)(); }});
    };
    add("a mutex is held by one at a time", &Contract::is_held_by_one_at_a_time);
    add("mutexes of one key exclude each other", &Contract::mutexes_of_one_key_exclude_each_other);
    add("mutexes of two keys are independent", &Contract::mutexes_of_two_keys_are_independent);
    add("a mutex may be released on another thread", &Contract::may_be_released_on_another_thread);
    add("who waits gives up at the deadline", &Contract::gives_up_at_the_deadline);
    add("who waits gets the mutex when it is released", &Contract::waiter_gets_it_after_release);
    add("releasing what is not held is harmless", &Contract::releasing_what_is_not_held_is_harmless);
    add("no two threads are in a critical section", &Contract::nobody_else_is_in_the_critical_section);
    add("a mutex may be destroyed while it is held", &Contract::may_be_destroyed_while_held);
    return checks;
}

KENNEL_NAMESPACE_END

#endif
