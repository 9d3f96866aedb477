#ifndef KENNEL_THREAD_POOL_RUNNER_HPP
#define KENNEL_THREAD_POOL_RUNNER_HPP

#include "kennel/creation_runner.hpp"
#include "kennel/errors.hpp"

#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// Runs creations on a bounded number of threads; give it to `RegionOptions::async_creation_runner`.
///
/// Threads start when there is work for them. The destructor of the last copy finishes what is queued and waits for it.
/// All members may be called from any thread.
template <class Lazy>
class BasicThreadPoolRunner {
public:
    /// At most `threads` at work and `queue_limit` creations waiting; zero of either is a `ValidationError`.
    explicit BasicThreadPoolRunner(std::size_t threads = 4, std::size_t queue_limit = 1024)
        : pool_(std::make_shared<Pool>(threads, queue_limit)) {
        if (threads == 0 || queue_limit == 0)
            throw ValidationError("a ThreadPoolRunner needs at least one thread and room for one creation");
    }

    /// Queues the creation. Throws `CreationRefused` when the queue is full: the caller then creates in place, which
    /// slows the flood down to what can be done.
    void operator()(CreationJob job) const { pool_->add(std::move(job)); }

    /// Blocks until nothing is queued or running.
    void wait_until_idle() const { pool_->wait_until_idle(); }

private:
    class Pool {
    public:
        Pool(std::size_t threads, std::size_t queue_limit) : state_(std::make_shared<State>(threads, queue_limit)) {}
        Pool(const Pool&) = delete;
        Pool& operator=(const Pool&) = delete;

        ~Pool() {
            std::vector<std::thread> threads;
            {
                const std::lock_guard lock(state_->mutex);
                state_->is_closing = true;
                threads.swap(state_->threads);
            }
            state_->changed.notify_all();
            for (std::thread& thread : threads) {
                // The last job may own the last region that owns this pool: then this is one of its own threads.
                if (thread.get_id() == std::this_thread::get_id()) thread.detach();
                else thread.join();
            }
        }

        void add(CreationJob job) {
            {
                const std::lock_guard lock(state_->mutex);
                if (state_->jobs.size() >= state_->queue_limit)
                    throw CreationRefused("the queue of background creations is full");
                state_->jobs.push_back(std::move(job));
                if (state_->idle_threads < state_->jobs.size() && state_->threads.size() < state_->thread_limit)
                    start_thread();
            }
            state_->changed.notify_all();
        }

        void wait_until_idle() {
            std::unique_lock lock(state_->mutex);
            state_->changed.wait(lock, [&] { return state_->jobs.empty() && state_->running == 0; });
        }

    private:
        struct State {
            State(std::size_t threads_, std::size_t queue_limit_) : thread_limit(threads_), queue_limit(queue_limit_) {}

            const std::size_t thread_limit;
            const std::size_t queue_limit;
            std::mutex mutex;
            std::condition_variable changed;
            std::list<BasicCreationJob<Lazy>> jobs;
            std::vector<std::thread> threads;
            std::size_t idle_threads = 0;
            std::size_t running = 0;
            bool is_closing = false;
        };

        void start_thread() {
            try {
                state_->threads.emplace_back([state = state_] { work(*state); });
            } catch (...) {
                if (!state_->threads.empty()) return; // the others will come to it
                state_->jobs.pop_back();
                throw;
            }
        }

        static void work(State& state) {
            std::unique_lock lock(state.mutex);
            while (true) {
                ++state.idle_threads;
                state.changed.wait(lock, [&] { return !state.jobs.empty() || state.is_closing; });
                --state.idle_threads;
                if (state.jobs.empty()) return;
                std::list<BasicCreationJob<Lazy>> job;
                job.splice(job.end(), state.jobs, state.jobs.begin());
                ++state.running;
                lock.unlock();
                job.front()();
                job.clear();
                lock.lock();
                --state.running;
                state.changed.notify_all();
            }
        }

        std::shared_ptr<State> state_;
    };

    std::shared_ptr<Pool> pool_;
};

/// Runs creations on threads of its own; see `BasicThreadPoolRunner`.
using ThreadPoolRunner = BasicThreadPoolRunner<void>;

KENNEL_NAMESPACE_END

#endif
