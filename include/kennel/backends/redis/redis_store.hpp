#ifndef KENNEL_BACKENDS_REDIS_REDIS_STORE_HPP
#define KENNEL_BACKENDS_REDIS_REDIS_STORE_HPP

#include "kennel/backends/redis/redis_writer.hpp"
#include "kennel/cache_backend.hpp"
#include "kennel/creation_scope.hpp"
#include "kennel/detail/per_process.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// What the backends on Redis servers have in common: entries as dogpile stores them, under the keys as they are.
class RedisStore : public CacheBackend {
public:
    [[nodiscard]] std::optional<CachedValue> get(std::string_view key) override {
        std::optional<CachedValue> found;
        visit(key, [&](const CachedValue& value) { found = value; });
        return found;
    }

    /// Calls `reader` on the bytes that were received. An entry that is none of dogpile's, or not of a string, is none.
    bool visit(std::string_view key, Reader reader) override {
        detail::RedisClient& client = *client_.get();
        if (detail::RedisMutex* const mutex = mutex_in_scope(client, key)) {
            if (const auto read = mutex->take_read_ahead()) return *read && show(**read, reader);
        }
        bool is_found = false;
        const auto show_here = [&](std::size_t, std::string_view bytes) { is_found = show(bytes, reader); };
        const detail::BulkReader bulk_reader(show_here);
        client.run(key, purpose_of_read(), [&](Connection& connection, SteadyTime deadline) {
            connection.new_request().add("GET", key);
            connection.send(deadline);
            detail::RedisReply reply;
            connection.receive(reply, deadline, &bulk_reader);
            if (is_of_wrong_type(reply)) return;
            detail::RedisClient::check(connection, reply, "GET", key);
            connection.require(reply.is_bulk_or_nil());
        });
        return is_found;
    }

    void get_multi(std::span<const std::string_view> keys, MultiReader reader) override {
        if (keys.empty()) return;
        detail::RedisClient& client = *client_.get();
        const bool takes_many = client.topology().takes_many_keys();
        const auto ask = [&](Connection& connection, SteadyTime deadline, Indexes indexes) {
            ask_for(connection, deadline, keys, first_keys(indexes), takes_many);
        };
        const auto get_group = [&](Connection& connection, SteadyTime deadline, Indexes indexes, LeftOver& left_over) {
            while (!indexes.empty()) {
                const Indexes some = first_keys(indexes);
                if (!connection.awaits_replies()) ask(connection, deadline, some);
                takes_many ? take_list(connection, deadline, keys, some, reader)
                           : take_each(connection, deadline, keys, some, reader, left_over);
                indexes = indexes.subspan(some.size());
            }
        };
        client.run_multi(keys, purpose_of_read(), ask, get_group);
    }

    void set(std::string_view key, const CachedValue& value) override {
        detail::RedisClient& client = *client_.get();
        const detail::RedisEntry entry(key, value, client.settings());
        if (entry.is_too_long()) remove_and_refuse(entry);
        const Fence fence = fence_of(client, key);
        if (fence.is_lost) return;
        const auto store = [&](Connection& connection, SteadyTime deadline) {
            detail::RedisWriter writer(connection, deadline);
            if (!client.settings().distributed_lock) return writer.store_now(entry);
            add(writer, entry, fence);
            writer.run();
        };
        overtaking(client, {&fence, 1}, [&] {
            try {
                client.run(key, detail::RedisPurpose::write, store);
            } catch (const RedisServerError& error) {
                if (!is_of_moving_slot(error) || fence.mutex == nullptr) throw;
                store_apart(client, entry, *fence.mutex);
            }
        });
    }

    void set_multi(std::span<const BackendEntry> entries) override {
        if (entries.empty()) return;
        detail::RedisClient& client = *client_.get();
        std::vector<std::string_view> keys;
        std::vector<detail::RedisEntry> written;
        for (const BackendEntry& entry : entries) {
            keys.push_back(entry.key);
            written.emplace_back(entry.key, *entry.value, client.settings());
            if (written.back().is_too_long()) remove_and_refuse(written.back());
        }
        std::vector<Fence> fences;
        for (const std::string_view key : keys) fences.push_back(fence_of(client, key));
        const auto first_to_store = [&](Indexes indexes) { return first_entries(written, indexes); };
        const auto store_some = [&](detail::RedisWriter& writer, Indexes some) {
            for (const std::size_t index : some) {
                writer.begin_key(index);
                if (!fences[index].is_lost) add(writer, written[index], fences[index]);
            }
        };
        overtaking(client, fences, [&] {
            try {
                write_multi(client, keys, first_to_store, store_some);
            } catch (const RedisServerError& error) {
                if (!is_of_moving_slot(error)) throw;
                store_rest_apart(client, written, fences);
            }
        });
    }

    void erase(std::string_view key) override { erase_multi({&key, 1}); }

    void erase_multi(std::span<const std::string_view> keys) override {
        if (keys.empty()) return;
        detail::RedisClient& client = *client_.get();
        std::vector<Fence> fences;
        for (const std::string_view key : keys) fences.push_back(fence_of(client, key));
        const auto erase_some = [&](detail::RedisWriter& writer, Indexes some) {
            const bool takes_many = client.topology().takes_many_keys();
            if (takes_many) writer.erase(selected(keys, some));
            for (const std::size_t index : some) {
                writer.begin_key(index);
                if (!takes_many) writer.erase({keys[index]});
                if (!fences[index].lock_key.empty() && !fences[index].overtakes_elsewhere)
                    writer.overtake(fences[index].lock_key);
            }
        };
        overtaking(client, fences, [&] { write_multi(client, keys, first_keys, erase_some); });
    }

    [[nodiscard]] std::shared_ptr<CacheMutex> get_mutex(std::string_view key) override {
        const std::shared_ptr<detail::RedisClient>& client = client_.get();
        if (!client->settings().distributed_lock) return nullptr;
        return std::make_shared<detail::RedisMutex>(client, key);
    }

    [[nodiscard]] PayloadForm payload_form() const override { return PayloadForm::bytes; }
    [[nodiscard]] BackendCapabilities capabilities() const override {
        return {.is_remote = true, .expires_entries = true, .is_shared = true};
    }

protected:
    /// Makes the client of a process.
    using Maker = std::function<std::shared_ptr<detail::RedisClient>()>;

    explicit RedisStore(Maker make_client) : client_(std::move(make_client)) {}

private:
    using Connection = detail::RedisConnection;
    using Indexes = std::span<const std::size_t>;
    using LeftOver = detail::RedisLeftOver;

    /// What is there is out of date, although the server will not take what is to replace it.
    [[noreturn]] void remove_and_refuse(const detail::RedisEntry& entry) {
        erase(entry.key());
        entry.refuse_length();
    }

    static constexpr std::size_t most_in_request = 1000;
    static constexpr std::size_t largest_request = std::size_t{1024} * 1024;

    /// What has to be done about the lock of a key that changes.
    struct Fence {
        detail::RedisMutex* mutex = nullptr; ///< that guards the change, which ends it
        std::string lock_key{}; ///< of a creation that the change overtakes, by the same request; empty for none
        bool overtakes_elsewhere = false; ///< that lock is kept by another server than the key may be
        bool is_lost = false;             ///< the change is not to be made
    };

    /// Who creates, or waits for who does, must see what was stored before the lock was given back.
    [[nodiscard]] static detail::RedisPurpose purpose_of_read() noexcept {
        return CreationScope::mutexes().empty() ? detail::RedisPurpose::read : detail::RedisPurpose::fresh_read;
    }

    /// The mutex of the key under which this thread reads and writes, or null.
    [[nodiscard]] static detail::RedisMutex* mutex_in_scope(const detail::RedisClient& client, std::string_view key) {
        for (const std::shared_ptr<CacheMutex>& mutex : CreationScope::mutexes()) {
            auto* const own = dynamic_cast<detail::RedisMutex*>(mutex.get());
            if (own != nullptr && own->is_of(client) && own->key() == key) return own;
        }
        return nullptr;
    }

    [[nodiscard]] static Fence fence_of(const detail::RedisClient& client, std::string_view key) {
        if (!client.settings().distributed_lock) return {};
        detail::RedisMutex* const mutex = mutex_in_scope(client, key);
        std::string lock_key = client.settings().lock_prefix + std::string(key);
        const bool is_together = client.topology().are_together(key, lock_key);
        if (mutex == nullptr || mutex->token().empty())
            return {.lock_key = std::move(lock_key), .overtakes_elsewhere = !is_together};
        if (is_together) return {.mutex = mutex};
        return {.is_lost = !mutex->confirm()};
    }

    static void add(detail::RedisWriter& writer, const detail::RedisEntry& entry, const Fence& fence) {
        const bool has_ended = fence.mutex != nullptr && fence.mutex->token().empty(); // by an earlier try
        if (has_ended) return;
        if (fence.mutex != nullptr) return writer.store_under(entry, *fence.mutex);
        writer.store(entry);
        if (!fence.lock_key.empty() && !fence.overtakes_elsewhere) writer.overtake(fence.lock_key);
    }

    /// Makes a change after the creations that it overtakes have lost the locks that other servers keep than the
    /// entries; also when these servers cannot be asked, which it throws afterwards.
    template <class Change>
    static void overtaking(detail::RedisClient& client, std::span<const Fence> fences, const Change& change) {
        std::vector<std::string_view> lock_keys;
        for (const Fence& fence : fences)
            if (fence.overtakes_elsewhere) lock_keys.push_back(fence.lock_key);
        if (lock_keys.empty()) return change();
        const auto overtake_some = [&](detail::RedisWriter& writer, Indexes some) {
            for (const std::size_t index : some) {
                writer.begin_key(index);
                writer.overtake(lock_keys[index]);
            }
        };
        std::exception_ptr failure;
        try {
            write_multi(client, lock_keys, first_keys, overtake_some);
        } catch (const BackendError&) {
            failure = std::current_exception();
        }
        change();
        if (failure != nullptr) std::rethrow_exception(failure);
    }

    /// While a slot is on its way from node to node, no command may be about two keys of it of which one is absent.
    [[nodiscard]] static bool is_of_moving_slot(const RedisServerError& error) noexcept {
        return error.code() == "TRYAGAIN";
    }

    /// Stores an entry, if its mutex is still held, by a request of its own.
    static void store_apart(detail::RedisClient& client, const detail::RedisEntry& entry, detail::RedisMutex& mutex) {
        if (!mutex.confirm()) return;
        client.run(entry.key(), detail::RedisPurpose::write, [&](Connection& connection, SteadyTime deadline) {
            detail::RedisWriter(connection, deadline).store_now(entry);
        });
    }
    static void store_rest_apart(detail::RedisClient& client, std::span<const detail::RedisEntry> entries,
                                 std::span<const Fence> fences) {
        for (std::size_t index = 0; index != entries.size(); ++index) {
            detail::RedisMutex* const mutex = fences[index].mutex;
            if (mutex == nullptr || mutex->token().empty()) continue; // it is stored
            store_apart(client, entries[index], *mutex);
        }
    }

    /// Calls `add_some(writer, some)` with a writer for each request, which is sent then; `first(indexes)` tells which go
    /// into the next one.
    template <class First, class AddSome>
    static void write_multi(detail::RedisClient& client, std::span<const std::string_view> keys, const First& first,
                            const AddSome& add_some) {
        std::map<std::size_t, detail::RedisWriter> sent; // by the first key
        const auto ask = [&](Connection& connection, SteadyTime deadline, Indexes indexes) {
            detail::RedisWriter& writer = sent.try_emplace(indexes.front(), connection, deadline).first->second;
            add_some(writer, first(indexes));
            writer.send();
        };
        const auto write_group = [&](Connection& connection, SteadyTime deadline, Indexes indexes,
                                     LeftOver& left_over) {
            while (!indexes.empty()) {
                const Indexes some = first(indexes);
                indexes = indexes.subspan(some.size());
                if (connection.awaits_replies()) {
                    sent.at(some.front()).run(left_over);
                    continue;
                }
                detail::RedisWriter writer(connection, deadline);
                add_some(writer, some);
                writer.run(left_over);
            }
        };
        client.run_multi(keys, detail::RedisPurpose::write, ask, write_group);
    }

    /// The keys of the next request.
    [[nodiscard]] static Indexes first_keys(Indexes indexes) noexcept {
        return indexes.first((std::min)(indexes.size(), most_in_request));
    }

    /// The entries of the next request.
    [[nodiscard]] static Indexes first_entries(std::span<const detail::RedisEntry> entries, Indexes indexes) noexcept {
        const Indexes most = first_keys(indexes);
        std::size_t size = 0;
        std::size_t count = 0;
        while (count != most.size() && size < largest_request) size += entries[most[count++]].size();
        return most.first(count);
    }

    [[nodiscard]] static std::vector<std::string_view> selected(std::span<const std::string_view> keys,
                                                                Indexes indexes) {
        std::vector<std::string_view> some;
        for (const std::size_t index : indexes) some.push_back(keys[index]);
        return some;
    }

    static bool show(std::string_view bytes, Reader reader) {
        const auto value = decode_envelope(bytes);
        if (value) reader(*value);
        return value.has_value();
    }

    /// Somebody else's list or hash under our key; storing replaces it.
    [[nodiscard]] static bool is_of_wrong_type(const detail::RedisReply& reply) {
        return reply.is_error() && reply.text.starts_with("WRONGTYPE");
    }

    static void ask_for(Connection& connection, SteadyTime deadline, std::span<const std::string_view> keys,
                        Indexes indexes, bool takes_many) {
        detail::RedisRequest& request = connection.new_request();
        if (takes_many) {
            request.begin(1 + indexes.size());
            request.argument("MGET");
            for (const std::size_t index : indexes) request.argument(keys[index]);
        } else {
            for (const std::size_t index : indexes) request.add("GET", keys[index]);
        }
        connection.send(deadline);
    }

    /// The reply to `MGET`.
    static void take_list(Connection& connection, SteadyTime deadline, std::span<const std::string_view> keys,
                          Indexes indexes, MultiReader reader) {
        const auto show_here = [&](std::size_t position, std::string_view bytes) {
            if (position >= indexes.size()) return;
            show(bytes, [&](const CachedValue& value) { reader(indexes[position], value); });
        };
        const detail::BulkReader bulk_reader(show_here);
        detail::RedisReply reply;
        connection.receive(reply, deadline, &bulk_reader);
        detail::RedisClient::check(connection, reply, "MGET", keys[indexes.front()]);
        connection.require(reply.is_array() && static_cast<std::size_t>(reply.integer) == indexes.size());
    }

    /// The replies to a `GET` for each key.
    static void take_each(Connection& connection, SteadyTime deadline, std::span<const std::string_view> keys,
                          Indexes indexes, MultiReader reader, LeftOver& left_over) {
        detail::RedisReply failure;
        std::string_view failed_key;
        for (const std::size_t index : indexes) {
            const auto show_here = [&](std::size_t, std::string_view bytes) {
                show(bytes, [&](const CachedValue& value) { reader(index, value); });
            };
            const detail::BulkReader bulk_reader(show_here);
            detail::RedisReply reply;
            connection.receive(reply, deadline, &bulk_reader);
            connection.require(reply.is_error() || reply.is_bulk_or_nil());
            if (!reply.is_error() || is_of_wrong_type(reply) || left_over.take(reply, index) || failure.is_error())
                continue;
            failure = std::move(reply);
            failed_key = keys[index];
        }
        detail::RedisClient::check(connection, failure, "GET", failed_key);
    }

    detail::PerProcess<detail::RedisClient> client_;
};

KENNEL_NAMESPACE_END

#endif
