#include "crew.hpp"

#include "interrupt.hpp"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace demo {
namespace {

/// Who is at work, and what has gone wrong.
struct Crew {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t at_work = 0;
    std::exception_ptr failure;
    std::atomic<bool> is_to_stop = false;

    void fail(std::exception_ptr reason) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::move(reason);
        is_to_stop = true;
    }

    void leave() {
        const std::lock_guard lock(mutex);
        --at_work;
        changed.notify_all();
    }

    /// Says whether all have left, after a moment at most.
    [[nodiscard]] bool is_done_soon() {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::milliseconds(50),
                                [this] { return at_work == 0; });
    }
};

} // namespace

void work_together(
    std::size_t threads,
    const std::function<void(std::size_t thread, const std::atomic<bool>& is_to_stop)>& work,
    const std::function<void()>& report) {
    Crew crew;
    crew.at_work = threads;
    std::vector<std::jthread> members;
    members.reserve(threads);
    for (std::size_t thread = 0; thread != threads; ++thread) {
        members.emplace_back([&crew, &work, thread] {
            try {
                work(thread, crew.is_to_stop);
            } catch (...) {
                crew.fail(std::current_exception());
            }
            crew.leave();
        });
    }
    while (!crew.is_done_soon()) {
        report();
        try {
            throw_if_interrupted();
        } catch (const Interrupted&) {
            crew.fail(std::current_exception());
        }
    }
    members.clear();
    if (crew.failure) std::rethrow_exception(crew.failure);
}

} // namespace demo
