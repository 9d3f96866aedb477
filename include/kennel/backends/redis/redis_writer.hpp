#ifndef KENNEL_BACKENDS_REDIS_REDIS_WRITER_HPP
#define KENNEL_BACKENDS_REDIS_REDIS_WRITER_HPP

#include "kennel/backends/redis/redis_entry.hpp"
#include "kennel/backends/redis/redis_mutex.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Changes of keys that go to one server in one round trip; in two, when it does not know our scripts yet.
class RedisWriter {
public:
    RedisWriter(RedisConnection& connection, SteadyTime deadline) : connection_(connection), deadline_(deadline) {}

    /// What is added from now on is about the key at this position.
    void begin_key(std::size_t index) noexcept { index_ = index; }

    /// Stores the entry.
    void store(const RedisEntry& entry) { add({.kind = Kind::store, .key = entry.key(), .entry = &entry}); }

    /// The same at once, without `run`.
    void store_now(const RedisEntry& entry) {
        entry.add_to(connection_.new_request());
        connection_.send(deadline_);
        RedisReply reply;
        connection_.receive(reply, deadline_);
        connection_.require(reply.is_error() || reply.is_status("OK"));
        if (!reply.is_error()) return;
        if (is_out_of_memory(reply)) remove({&entry.key(), 1});
        RedisClient::check(connection_, reply, "SET", entry.key());
    }

    /// Stores the entry if the mutex is still held, and gives that back.
    void store_under(const RedisEntry& entry, RedisMutex& mutex) {
        add({.kind = Kind::store_under, .key = entry.key(), .entry = &entry, .mutex = &mutex});
    }

    /// Takes the lock from a creation of ours, whose value is out of date.
    void overtake(std::string_view lock_key) { add({.kind = Kind::overtake, .key = lock_key}); }

    /// Removes keys.
    void erase(std::vector<std::string_view> keys) {
        const std::string_view first = keys.front();
        add({.kind = Kind::erase, .key = first, .keys = std::move(keys)});
    }

    /// Sends what was added; `run` then receives the replies.
    void send() {
        if (is_read_in_parts()) overtake_first();
        send(true);
        is_sent_ = true;
    }

    /// Does all of it, in this order. When some fails, the rest is done all the same; throws the `BackendError` of the
    /// first. Of an entry that the server has no memory for the old value is removed, which would be out of date.
    void run() {
        RedisLeftOver none;
        run(none);
    }

    /// The same, but for errors about keys that are left over.
    void run(RedisLeftOver& left_over) {
        RedisReply failure;
        std::string_view failed_key;
        std::vector<std::string_view> not_stored;
        if (!is_sent_) send();
        for (const bool is_known : {true, false}) {
            if (!is_known) send(false);
            std::vector<Step> left;
            for (const Step& step : steps_) {
                RedisReply reply = connection_.receive(deadline_);
                connection_.require(reply.is_error() ||
                                    (step.kind == Kind::store ? reply.is_status("OK") : reply.is_integer()));
                if (is_known && RedisScript::is_unknown(reply)) left.push_back(step);
                else if (!reply.is_error()) finish(step, reply);
                else if (!left_over.take(reply, step.index)) {
                    if (is_out_of_memory(reply) && step.entry != nullptr) not_stored.push_back(step.key);
                    if (!failure.is_error()) failed_key = step.key;
                    if (!failure.is_error()) failure = std::move(reply);
                }
            }
            steps_ = to_be_done_again(std::move(left));
            if (steps_.empty()) break;
        }
        if (!not_stored.empty()) remove(not_stored);
        RedisClient::check(connection_, failure, "a change", failed_key);
    }

private:
    enum class Kind : std::uint8_t { store, store_under, overtake, erase };

    struct Step {
        Kind kind;
        std::string_view key;
        const RedisEntry* entry = nullptr;
        RedisMutex* mutex = nullptr;
        std::vector<std::string_view> keys{};
        std::size_t index = 0;
    };

    /// Before Redis 7 a script puts other words before it.
    [[nodiscard]] static bool is_out_of_memory(const RedisReply& reply) {
        return reply.is_error() && reply.text.find("OOM command not allowed") != std::string::npos;
    }

    /// Whether the server may serve others before it has read all of it, for it reads 16 KiB at once.
    [[nodiscard]] bool is_read_in_parts() const {
        std::size_t size = 0;
        for (const Step& step : steps_) {
            size += 256 + step.key.size() + (step.entry != nullptr ? step.entry->size() : 0);
            for (const std::string_view key : step.keys) size += 16 + key.size();
        }
        return size > std::size_t{16} * 1024;
    }

    /// A creation that the change overtakes might store its value between the change and the loss of its lock:
    ///   1. the server makes the change   2. the creation stores, for it holds the lock   3. the lock is taken away
    /// so it loses the lock before the change as well.
    void overtake_first() {
        std::vector<Step> steps;
        for (const Step& step : steps_)
            if (step.kind == Kind::overtake) steps.push_back(step);
        steps.insert(steps.end(), steps_.begin(), steps_.end());
        steps_ = std::move(steps);
    }

    /// What is left when the server did not know the scripts. A creation that was not overtaken may have stored its
    /// value after a change, which is made once more then.
    [[nodiscard]] std::vector<Step> to_be_done_again(std::vector<Step> left) const {
        const auto is_overtaking = [](const Step& step) { return step.kind == Kind::overtake; };
        if (std::none_of(left.begin(), left.end(), is_overtaking)) return left;
        std::vector<Step> again;
        for (const Step& step : steps_)
            if (step.kind != Kind::store_under || !step.mutex->token().empty()) again.push_back(step);
        return again;
    }

    void add(Step step) {
        step.index = index_;
        steps_.push_back(std::move(step));
    }

    void send(bool is_known) {
        RedisRequest& request = connection_.new_request();
        for (const Step& step : steps_) add(request, step, is_known);
        connection_.send(deadline_);
    }

    static void add(RedisRequest& request, const Step& step, bool is_known) {
        switch (step.kind) {
        case Kind::store: return step.entry->add_to(request);
        case Kind::store_under:
            return step.entry->add_to(request, step.mutex->lock_key(), step.mutex->token(), is_known);
        case Kind::overtake: return overtake_script().add_to(request, {step.key}, {}, is_known);
        case Kind::erase: return add_removal(request, step.keys);
        }
    }

    static void add_removal(RedisRequest& request, std::span<const std::string_view> keys) {
        request.begin(1 + keys.size());
        request.argument("UNLINK");
        for (const std::string_view key : keys) request.argument(key);
    }

    /// Of several entries under one mutex, as of keys that a mangler makes one, the first has ended it.
    static void finish(const Step& step, const RedisReply& reply) {
        const bool is_held = step.kind == Kind::store_under && !step.mutex->token().empty();
        if (is_held) step.mutex->end_by_store(reply.integer != 0);
    }

    void remove(std::span<const std::string_view> keys) {
        RedisRequest& request = connection_.new_request();
        for (const std::string_view key : keys) add_removal(request, {&key, 1});
        connection_.send(deadline_);
        for (std::size_t count = 0; count != keys.size(); ++count) static_cast<void>(connection_.receive(deadline_));
    }

    RedisConnection& connection_;
    SteadyTime deadline_;
    std::vector<Step> steps_;
    std::size_t index_ = 0;
    bool is_sent_ = false;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
