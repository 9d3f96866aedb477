#ifndef KENNEL_BACKENDS_REDIS_KEY_WATCHER_HPP
#define KENNEL_BACKENDS_REDIS_KEY_WATCHER_HPP

#include "kennel/backends/net/back_off.hpp"
#include "kennel/backends/redis/connection.hpp"
#include "kennel/detail/quiet_thread.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <sys/eventfd.h>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Hears from a server when keys change that were read with tracking on: one connection and one thread that wait for
/// its messages (`CLIENT TRACKING ... REDIRECT`, Redis 6 and later, which works with every version of the protocol).
///
/// While the connection is lost nothing is heard, so whoever waits for a change also asks from time to time.
class KeyWatcher {
public:
    KeyWatcher(std::shared_ptr<const RedisSettings> settings, Endpoint endpoint)
        : settings_(std::move(settings)), endpoint_(std::move(endpoint)),
          wake_up_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        try {
            thread_ = quiet_thread([this] { work(); });
        } catch (...) {
            ::close(wake_up_);
            throw;
        }
    }
    KeyWatcher(const KeyWatcher&) = delete;
    KeyWatcher& operator=(const KeyWatcher&) = delete;
    ~KeyWatcher() {
        is_stopping_ = true;
        const std::uint64_t one = 1;
        static_cast<void>(!::write(wake_up_, &one, sizeof one));
        thread_.join();
        ::close(wake_up_);
    }

    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

    /// The waiting for one change of one key. It hears of what happens after it was made.
    class Watch {
    public:
        Watch(KeyWatcher& watcher, std::string_view key) : watcher_(watcher), entry_(watcher.add(key)) {}
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;
        ~Watch() { watcher_.remove(entry_); }

        /// Until the key has changed, or something has been missed, or the deadline has come.
        void wait_until(SteadyTime deadline) {
            std::unique_lock lock(watcher_.mutex_);
            entry_->second.changed.wait_until(lock, deadline, [this] { return entry_->second.has_changed; });
            entry_->second.has_changed = false;
        }

    private:
        friend class KeyWatcher;

        struct State {
            std::condition_variable changed;
            bool has_changed = false;
        };

        KeyWatcher& watcher_;
        std::multimap<std::string, State, std::less<>>::iterator entry_;
    };

    /// The number of the client that messages are to be redirected to; zero while there is none. Waits for the first
    /// connection until `deadline`.
    [[nodiscard]] std::int64_t client_id(SteadyTime deadline) {
        std::unique_lock lock(mutex_);
        connected_.wait_until(lock, deadline, [this] { return has_tried_; });
        return client_id_;
    }

    /// Learns from the error with which a connection was refused to be tracked: a server that knows no tracking, or
    /// does not allow it, is not asked again.
    void note_refusal(std::string_view error) noexcept {
        if (error.starts_with("NOPERM") || error.starts_with("ERR unknown") || error.starts_with("ERR syntax"))
            has_given_up_ = true;
    }
    [[nodiscard]] bool has_given_up() const noexcept { return has_given_up_; }

private:
    using Watches = std::multimap<std::string, Watch::State, std::less<>>;

    [[nodiscard]] Watches::iterator add(std::string_view key) {
        const std::lock_guard lock(mutex_);
        return watches_.emplace(std::piecewise_construct, std::forward_as_tuple(key), std::forward_as_tuple());
    }
    void remove(Watches::iterator entry) noexcept {
        const std::lock_guard lock(mutex_);
        watches_.erase(entry);
    }

    void work() noexcept {
        BackOff back_off;
        while (!is_stopping_ && !has_given_up_) {
            try {
                const SteadyTime deadline = later_by(std::chrono::steady_clock::now(),
                                                     settings_->socket_connect_timeout);
                RedisConnection connection(*settings_, endpoint_, deadline);
                subscribe(connection, deadline);
                back_off.succeeded();
                listen(connection);
            } catch (...) {
                back_off.failed("");
            }
            lose();
            if (!is_stopping_) static_cast<void>(is_readable(-1, back_off.time_left()));
        }
    }

    void subscribe(RedisConnection& connection, SteadyTime deadline) {
        connection.new_request().add("CLIENT", "ID").add("SUBSCRIBE", "__redis__:invalidate");
        connection.send(deadline);
        const RedisReply id = connection.receive(deadline);
        const RedisReply subscription = connection.receive(deadline);
        for (const RedisReply* reply : {&id, &subscription}) {
            if (!reply->is_error()) continue;
            note_refusal(reply->text);
            throw RedisServerError(reply->text, reply->text);
        }
        const std::lock_guard lock(mutex_);
        client_id_ = id.integer;
        has_tried_ = true;
        connected_.notify_all();
    }

    /// Until the connection is lost, which it throws, or this is destroyed. A server that is silent is asked for a
    /// sign.
    void listen(RedisConnection& connection) {
        bool is_asked = false;
        while (!is_stopping_) {
            if (!is_readable(connection.descriptor(), heartbeat)) {
                if (is_stopping_) return;
                if (is_asked) throw NotReached("redis: no sign of life");
                connection.new_request().add("PING");
                connection.send(later_by(std::chrono::steady_clock::now(), heartbeat));
                is_asked = true;
                continue;
            }
            do {
                if (is_stopping_) return;
                const RedisReply message = connection.receive(later_by(std::chrono::steady_clock::now(), heartbeat));
                is_asked = false;
                hear(message);
            } while (!connection.is_drained());
        }
    }

    /// `[message, __redis__:invalidate, [keys]]`; everything else may mean anything, so it is told to all.
    void hear(const RedisReply& message) {
        if (message.elements.size() == 2 && message.elements.front().text == "pong") return;
        const std::lock_guard lock(mutex_);
        const bool is_about_keys = message.elements.size() == 3 && message.elements.back().is_array();
        if (!is_about_keys) return notify_all();
        for (const RedisReply& key : message.elements.back().elements) {
            const auto [first, last] = watches_.equal_range(std::string_view(key.text));
            for (auto entry = first; entry != last; ++entry) notify(entry->second);
        }
    }

    /// Tells all who wait that they will hear nothing for a while.
    void lose() noexcept {
        const std::lock_guard lock(mutex_);
        client_id_ = 0;
        has_tried_ = true;
        connected_.notify_all();
        notify_all();
    }

    void notify_all() noexcept {
        for (auto& [key, state] : watches_) notify(state);
    }
    static void notify(Watch::State& state) noexcept {
        state.has_changed = true;
        state.changed.notify_all();
    }

    /// Whether there is something to receive; false when the time has passed or this is to be destroyed.
    [[nodiscard]] bool is_readable(int descriptor, std::chrono::milliseconds timeout) const noexcept {
        const SteadyTime end = std::chrono::steady_clock::now() + timeout;
        pollfd waiting[2] = {{.fd = wake_up_, .events = POLLIN, .revents = 0},
                             {.fd = descriptor, .events = POLLIN, .revents = 0}};
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
            const int ready = ::poll(waiting, 2, static_cast<int>((std::max)(left.count(), decltype(left.count()){0})));
            if (ready >= 0 || errno != EINTR) return ready > 0 && waiting[1].revents != 0;
        }
    }

    static constexpr std::chrono::milliseconds heartbeat{1000};

    std::shared_ptr<const RedisSettings> settings_;
    Endpoint endpoint_;
    std::mutex mutex_;
    std::condition_variable connected_;
    Watches watches_;
    std::int64_t client_id_ = 0;
    bool has_tried_ = false;
    std::atomic<bool> is_stopping_ = false;
    std::atomic<bool> has_given_up_ = false;
    int wake_up_;        ///< readable when this is to be destroyed
    std::thread thread_; ///< last
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
