#ifndef KENNEL_TESTS_SUPPORT_LOCKING_PROXY_HPP
#define KENNEL_TESTS_SUPPORT_LOCKING_PROXY_HPP

#include "kennel/proxy_backend.hpp"
#include "kennel/thread_mutex.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace test {

/// Gives a backend locks between its users: one for each stored key, or one for all keys. Two regions that are given
/// locks of the same `Locks` are like two processes on one store.
class Locks {
public:
    enum class Scope { key, all };

    explicit Locks(std::shared_ptr<const kennel::Clock> clock, Scope scope = Scope::key)
        : clock_(std::move(clock)), scope_(scope) {}

    [[nodiscard]] std::shared_ptr<kennel::CacheMutex> mutex(std::string_view key) {
        const std::lock_guard lock(mutex_);
        std::shared_ptr<Mutex>& found = mutexes_[scope_ == Scope::all ? std::string() : std::string(key)];
        if (found == nullptr) found = std::make_shared<Mutex>(*this);
        return found;
    }

    /// From now on the acquisition of this number, counted from 1, throws `BackendError`; 0 for none.
    void fail_at(int number) { failing_ = number; }

    [[nodiscard]] int acquired() const { return acquired_; }
    [[nodiscard]] int released() const { return released_; }
    [[nodiscard]] int asked() const { return asked_; }

private:
    class Mutex final : public kennel::CacheMutex {
    public:
        explicit Mutex(Locks& locks) : locks_(locks), mutex_(locks.clock_) {}

        [[nodiscard]] bool acquire(kennel::SteadyTime deadline) override {
            if (++locks_.asked_ == locks_.failing_) throw kennel::BackendError("the lock cannot be asked");
            if (!mutex_.acquire(deadline)) return false;
            ++locks_.acquired_;
            return true;
        }
        void release() noexcept override {
            ++locks_.released_;
            mutex_.release();
        }
        [[nodiscard]] bool locked() override { return mutex_.locked(); }

    private:
        Locks& locks_;
        kennel::ThreadMutex mutex_;
    };

    std::shared_ptr<const kennel::Clock> clock_;
    Scope scope_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Mutex>> mutexes_;
    std::atomic<int> failing_ = 0;
    std::atomic<int> asked_ = 0;
    std::atomic<int> acquired_ = 0;
    std::atomic<int> released_ = 0;
};

/// Gives the lock of a stored key.
using LockSource = std::function<std::shared_ptr<kennel::CacheMutex>(std::string_view key)>;

/// The source that a `Locks` is, or a class like it.
template <class AnyLocks>
LockSource source_of(std::shared_ptr<AnyLocks> locks) {
    return [locks = std::move(locks)](std::string_view key) { return locks->mutex(key); };
}

/// Adds locks to the backend behind.
class LockingProxy final : public kennel::ProxyBackend {
public:
    template <class AnyLocks>
    explicit LockingProxy(std::shared_ptr<AnyLocks> locks) : LockingProxy(source_of(std::move(locks))) {}
    explicit LockingProxy(LockSource source) : source_(std::move(source)) {}

    [[nodiscard]] std::shared_ptr<kennel::CacheMutex> get_mutex(std::string_view key) override { return source_(key); }

private:
    LockSource source_;
};

} // namespace test

#endif
