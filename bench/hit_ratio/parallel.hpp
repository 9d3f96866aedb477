#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

/// Runs all jobs on so many threads, and `watch` on this one in the meantime. Throws what the first job throws that
/// does; those that have not begun by then are left out.
template <class Watch>
void run_in_parallel(const std::vector<std::function<void()>>& jobs, std::size_t thread_count, const Watch& watch) {
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    std::condition_variable is_over;
    std::size_t running = thread_count;
    std::exception_ptr error;
    const auto work = [&] {
        std::exception_ptr own_error;
        try {
            for (std::size_t job = 0; (job = next.fetch_add(1)) < jobs.size();) jobs[job]();
        } catch (...) {
            own_error = std::current_exception();
            next = jobs.size();
        }
        const std::lock_guard lock(mutex);
        if (own_error && !error) error = std::move(own_error);
        if (--running == 0) is_over.notify_one();
    };
    std::vector<std::thread> threads;
    while (threads.size() != thread_count) threads.emplace_back(work);
    {
        std::unique_lock lock(mutex);
        while (!is_over.wait_for(lock, std::chrono::milliseconds(200), [&] { return running == 0; })) watch();
    }
    for (std::thread& thread : threads) thread.join();
    if (error) std::rethrow_exception(error);
}

} // namespace bench
