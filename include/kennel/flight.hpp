#ifndef KENNEL_FLIGHT_HPP
#define KENNEL_FLIGHT_HPP

#include "kennel/clock.hpp"
#include "kennel/detail/late.hpp"
#include "kennel/errors.hpp"
#include "kennel/payload.hpp"

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// How a flight ended.
struct Landing {
    /// With what its passengers go.
    enum class Kind {
        abandoned, ///< without any result: its passengers try again
        value,     ///< with a value for everybody
        absent,    ///< with the knowledge that there is no value
        failed,    ///< with the creator's exception
    };

    Kind kind = Kind::abandoned; ///< which of the following counts
    Payload value{};             ///< for `Kind::value`
    std::exception_ptr error{};  ///< for `Kind::failed`
};

/// Somebody who waits for a flight: a continuation that runs once, on the thread that lands it.
///
/// It must not block, throw or start another flight. It is linked into the flight until then, so it must live that
/// long.
class Passenger {
public:
    /// The flight has landed; `landing` is the flight's own and lives as long as that.
    virtual void landed(const Landing& landing) noexcept = 0;

protected:
    Passenger() = default;
    Passenger(const Passenger&) = delete;
    Passenger& operator=(const Passenger&) = delete;
    ~Passenger() = default;

private:
    template <class Lazy>
    friend class BasicFlight;
    Passenger* next_ = nullptr;
};

template <class Lazy>
class BasicFlight;

/// A template of nothing, so that it is compiled only where regions are configured (see docs/decisions.md).
using Flight = BasicFlight<void>;

namespace detail {

/// What a thread waits for at the moment; the edges of the graph in which a circle would be a deadlock.
template <class Lazy>
class WaitingThread {
    using Flight = BasicFlight<Lazy>;

public:
    /// The same one as long as the thread has its thread_local objects, and then always another.
    [[nodiscard]] static std::shared_ptr<WaitingThread> current() {
        if (has_left) return std::make_shared<WaitingThread>();
        thread_local const Leaver self;
        return self.thread;
    }

    void wait_for(std::shared_ptr<const Flight> flight) {
        const std::lock_guard lock(mutex_);
        flight_ = std::move(flight);
    }

    [[nodiscard]] std::shared_ptr<const Flight> flight() const {
        const std::lock_guard lock(mutex_);
        return flight_;
    }

private:
    struct Leaver {
        std::shared_ptr<WaitingThread> thread = std::make_shared<WaitingThread>();
        ~Leaver() { has_left = true; }
    };
    static inline constinit thread_local bool has_left = false;

    mutable std::mutex mutex_;
    std::shared_ptr<const Flight> flight_;
};

} // namespace detail

/// One creation of one value and all who wait for it. It knows nothing of caches.
///
/// The leader creates and then lands the flight, on whatever thread; the others join. Before it lands, the leader may
/// make its result known to the world with `commit`, unless somebody has superseded the flight in the meantime.
template <class Lazy>
class BasicFlight : public std::enable_shared_from_this<BasicFlight<Lazy>> {
    using WaitingThread = detail::WaitingThread<Lazy>;

public:
    /// Links `passenger` in, to be called when the flight lands; false when it has landed, and then it is not called.
    [[nodiscard]] bool join(Passenger& passenger) {
        const std::lock_guard lock(mutex_);
        if (has_landed_) return false;
        passenger.next_ = std::exchange(passengers_, &passenger);
        return true;
    }

    /// Blocks until the flight has landed or `deadline` has come and says whether it has. A creation that was handed
    /// over and that nobody has begun is done here, however long it takes.
    ///
    /// Throws `RecursiveCreation` when this thread is itself needed for the landing: it is creating the value, or one
    /// that the creation of the value waits for.
    [[nodiscard]] bool wait(const Clock& clock, SteadyTime deadline);

    /// The same, but leaves the creation to others.
    [[nodiscard]] bool wait_idly(const Clock& clock, SteadyTime deadline) const;

    /// How the flight ended; only once it has.
    [[nodiscard]] const Landing& landing() const noexcept { return landing_; }

    /// The calling thread creates the value from now on.
    void lead() {
        const std::lock_guard lock(mutex_);
        leader_ = WaitingThread::current();
        work_.reset();
    }

    /// What creates and lands the flight; when it has been called once, it does nothing.
    using Work = detail::Late<std::function<void()>, Lazy>;

    /// The creation waits for another thread, which will do `work` and `lead`: the one that it is given to, or the
    /// first that waits for the flight.
    void hand_over(std::weak_ptr<const Work> work) {
        const std::lock_guard lock(mutex_);
        leader_ = nullptr;
        work_ = std::move(work);
        blocked_threads_.notify_all();
    }

    /// The permission to make the result known; while it is held, whoever supersedes the flight waits. No lock is held:
    /// a call for many keys has as many of these.
    class Commit {
    public:
        /// Waits while another thread commits.
        explicit Commit(const BasicFlight& flight) : flight_(flight), is_permitted_(flight.begin_commit()) {}
        Commit(const Commit&) = delete;
        Commit& operator=(const Commit&) = delete;
        ~Commit() { flight_.end_commit(); }

        /// Whether the flight has not been superseded.
        [[nodiscard]] bool is_permitted() const noexcept { return is_permitted_; }

    private:
        const BasicFlight& flight_;
        bool is_permitted_;
    };

    /// Asks for the permission to make the result known; refused when the flight has been superseded.
    [[nodiscard]] Commit commit() const { return Commit(*this); }

    /// From now on nothing of this flight is committed. Waits while another thread commits.
    void supersede() {
        std::unique_lock lock(mutex_);
        is_superseded_ = true;
        await_commits_of_others(lock);
    }

    /// Ends the flight and lets its passengers go. Only the first call counts.
    void land(Landing landing) noexcept {
        Passenger* passenger = nullptr;
        {
            const std::lock_guard lock(mutex_);
            if (has_landed_) return;
            landing_ = std::move(landing);
            has_landed_ = true;
            leader_ = nullptr;
            work_.reset();
            passenger = std::exchange(passengers_, nullptr);
            blocked_threads_.notify_all();
        }
        while (passenger != nullptr) {
            Passenger* const next = passenger->next_;
            passenger->landed(landing_);
            passenger = next;
        }
    }

private:
    /// Another address for each thread.
    [[nodiscard]] static const void* this_thread() noexcept {
        static constinit thread_local char mark = 0;
        return &mark;
    }

    void await_commits_of_others(std::unique_lock<std::mutex>& lock) const {
        while (commits_ != 0 && committer_ != this_thread()) commit_ended_.wait(lock);
    }

    [[nodiscard]] bool begin_commit() const {
        std::unique_lock lock(mutex_);
        await_commits_of_others(lock);
        ++commits_;
        committer_ = this_thread();
        return !is_superseded_;
    }

    void end_commit() const {
        const std::lock_guard lock(mutex_);
        if (--commits_ == 0) commit_ended_.notify_all();
    }

    [[nodiscard]] std::shared_ptr<const WaitingThread> leader() const {
        const std::lock_guard lock(mutex_);
        return leader_;
    }

    /// A flight and who creates its value: one link of a chain of waits.
    struct Link {
        std::shared_ptr<const BasicFlight> flight;
        std::shared_ptr<const WaitingThread> leader;

        friend bool operator==(const Link&, const Link&) = default;
    };

    /// The links from this flight to `thread`; none when it is not needed for the landing.
    [[nodiscard]] std::vector<Link> circle(const WaitingThread& thread) const;

    /// Blocks until the flight has landed, `deadline` has come or `is_enough` says so under the lock, and says whether
    /// the flight has landed.
    template <class IsEnough>
    [[nodiscard]] bool block(const Clock& clock, SteadyTime deadline, const IsEnough& is_enough) const;

    /// Takes the work of a creation that nobody has begun, under the lock.
    [[nodiscard]] std::shared_ptr<const Work> take_work() { return std::exchange(work_, {}).lock(); }

    mutable std::mutex mutex_;
    mutable std::condition_variable blocked_threads_; ///< all threads that wait are one broadcast
    Passenger* passengers_ = nullptr;
    Landing landing_;
    bool has_landed_ = false;
    std::shared_ptr<const WaitingThread> leader_; ///< null while nobody creates, for example in a runner's queue
    std::weak_ptr<const Work> work_;              ///< of a creation that was handed over, until somebody takes it

    mutable std::condition_variable commit_ended_;
    mutable int commits_ = 0;                 ///< that are held, all by one thread: storing a value may erase its key
    mutable const void* committer_ = nullptr; ///< that thread
    bool is_superseded_ = false;
};

template <class Lazy>
auto BasicFlight<Lazy>::circle(const detail::WaitingThread<Lazy>& thread) const -> std::vector<Link> {
    std::vector<Link> links;
    std::shared_ptr<const BasicFlight> flight = this->shared_from_this();
    while (flight != nullptr) {
        Link link{flight, flight->leader()};
        if (link.leader == nullptr) return {};
        for (const Link& earlier : links)
            if (earlier == link) return {}; // a circle of others, who break it
        links.push_back(std::move(link));
        if (links.back().leader.get() == &thread) return links;
        flight = links.back().leader->flight();
    }
    return {};
}

template <class Lazy>
template <class IsEnough>
bool BasicFlight<Lazy>::block(const Clock& clock, SteadyTime deadline, const IsEnough& is_enough) const {
    {
        const std::lock_guard lock(mutex_);
        if (has_landed_ || is_enough()) return has_landed_;
    }
    const std::shared_ptr<WaitingThread> this_thread = WaitingThread::current();
    WaitingThread& self = *this_thread;
    // Two threads may close a circle at the same moment:
    //   1. thread A, creating a, is about to wait for b      2. thread B, creating b, is about to wait for a
    // Each first says what it waits for and then follows the circle, so at least one of them sees it closed.
    // But whoever follows it may also see a circle that never was:
    //   1. we see that B leads our flight   2. B lands it and then waits for a flight of ours   3. we see that it does
    // A circle stays as it is until somebody breaks it, so only one that is found twice counts.
    struct Edge {
        WaitingThread& from;
        ~Edge() { from.wait_for(nullptr); }
    };
    self.wait_for(this->shared_from_this());
    const Edge edge{self};
    if (const std::vector<Link> found = circle(self); !found.empty() && found == circle(self))
        throw RecursiveCreation("a creator asked for the value that it is creating itself, directly "
                                "or through another creator");
    std::unique_lock lock(mutex_);
    while (!has_landed_ && !is_enough()) {
        if (clock.steady_now() >= deadline) return false;
        clock.wait_until(blocked_threads_, lock, deadline);
    }
    return has_landed_;
}

// A creator may not wait for a creation in a queue, because the queue may be waiting for that:
//   1. a pool's only thread creates a   2. the creation of b is queued behind it   3. the creator of a asks for b
// It may ask before b is queued, too, so who is blocked already wakes up for it.
template <class Lazy>
bool BasicFlight<Lazy>::wait(const Clock& clock, SteadyTime deadline) {
    std::shared_ptr<const Work> work;
    const auto has_taken_work = [&] { return (work = take_work()) != nullptr; };
    bool has_landed = block(clock, deadline, has_taken_work);
    while (work != nullptr) {
        (*work)();
        work = nullptr;
        has_landed = block(clock, deadline, has_taken_work);
    }
    return has_landed;
}

template <class Lazy>
bool BasicFlight<Lazy>::wait_idly(const Clock& clock, SteadyTime deadline) const {
    return block(clock, deadline, [] { return false; });
}

KENNEL_NAMESPACE_END

#endif
