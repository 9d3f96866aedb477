#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_STORE_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_STORE_HPP

#include "kennel/backends/memcached/client_pool.hpp"
#include "kennel/backends/memcached/server_health.hpp"
#include "kennel/detail/per_process.hpp"
#include "kennel/lease_keeper.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What a backend and its locks share: the settings, and the clients of this process.
///
/// After a fork the child starts anew with clients of its own, for two processes at one connection get each other's
/// answers. All keys that it is given are legal.
class MemcachedStore {
public:
    /// Throws `ValidationError` when libmemcached does not take the settings.
    MemcachedStore(MemcachedSettings settings, std::shared_ptr<const Clock> clock)
        : settings_(std::move(settings)), clock_(std::move(clock)),
          process_([this] { return std::make_shared<Process>(settings_); }) {}
    MemcachedStore(const MemcachedStore&) = delete;
    MemcachedStore& operator=(const MemcachedStore&) = delete;

    [[nodiscard]] const MemcachedSettings& settings() const noexcept { return settings_; }
    [[nodiscard]] const Clock& clock() const noexcept { return *clock_; }

    /// Renews what this process holds.
    [[nodiscard]] LeaseKeeper& lease_keeper() { return process().keeper; }

    /// Has `use` do with a client what concerns one key, and gives its result. Throws `BackendError`, which names the
    /// server and what was to be done, when the server fails.
    ///
    /// When a connection turns out to have been lost since it was last used, `use` is called once more with a new one:
    /// what it does must be no worse when it is done twice.
    template <class Use>
    std::invoke_result_t<Use&, MemcachedClient&> with_client(std::string_view action, std::string_view key, Use&& use) {
        Process& here = process();
        for (bool is_repeated = false;; is_repeated = true) {
            const MemcachedClientPool::Loan loan = here.pool.lend();
            MemcachedClient& client = *loan;
            const bool is_well = here.health.is_perfect();
            if (!is_well) refuse_while_failing(here, client, action, key);
            const bool may_be_stale = client.was_used() && !is_repeated;
            try {
                const Attempt attempt(is_well ? nullptr : &here.health, client, key);
                return use(client);
            } catch (const MemcachedFailure& failure) {
                if (!may_be_stale || failure.kind() != MemcachedFailure::Kind::lost)
                    give_up(here, action, key, failure);
            }
            here.pool.drop_idle();
        }
    }

    /// Calls `reader` with the position in `keys` and the item of each key that has one. In the end it throws
    /// `BackendError` if a server has failed, or has failed just before and was not asked.
    void get_multi(std::string_view action, std::span<const std::string_view> keys, bool with_version,
                   FunctionRef<void(std::size_t, const MemcachedItem&)> reader) {
        if (keys.empty()) return;
        Process& here = process();
        for (bool is_repeated = false;; is_repeated = true) {
            const MemcachedClientPool::Loan loan = here.pool.lend();
            MemcachedClient& client = *loan;
            const bool may_be_stale = client.was_used() && !is_repeated;
            bool is_begun = false;
            const auto read = [&](std::size_t index, const MemcachedItem& item) {
                is_begun = true;
                reader(index, item);
            };
            try {
                if (here.health.is_perfect()) return client.get_multi(keys, with_version, read);
                return get_from_healthy(here, client, action, keys, with_version, read);
            } catch (const MemcachedFailure& failure) {
                if (!may_be_stale || is_begun || failure.kind() != MemcachedFailure::Kind::lost)
                    give_up(here, action, keys.front(), failure);
            }
            here.pool.drop_idle();
        }
    }

    /// The beginning of what is said about a failure; no value is ever part of it.
    [[nodiscard]] std::string failure_text(std::size_t server, std::string_view action, std::string_view key,
                                           std::string_view cause) const {
        constexpr std::size_t longest = 60;
        const bool is_long = key.size() > longest;
        return joined({"memcached ", settings_.servers[server].text(), ": ", action, " '", key.substr(0, longest),
                       is_long ? "...': " : "': ", cause});
    }

private:
    using Kind = MemcachedFailure::Kind;

    /// What a forked child has of its own.
    struct Process {
        explicit Process(const MemcachedSettings& settings)
            : pool(settings), health(settings.servers.size(), settings.retry_timeout,
                                     settings.connect_timeout + settings.socket_timeout) {}

        MemcachedClientPool pool;
        ServerHealth health;
        LeaseKeeper keeper;
    };

    /// Notes that a server answers again, when it does.
    class Attempt {
    public:
        /// `health` is null when all servers are well anyway.
        Attempt(ServerHealth* health, const MemcachedClient& client, std::string_view key) noexcept
            : health_(health), client_(client), key_(key) {}
        Attempt(const Attempt&) = delete;
        Attempt& operator=(const Attempt&) = delete;
        ~Attempt() {
            if (health_ != nullptr && client_.is_in_step()) health_->answered(client_.server_of(key_));
        }

    private:
        ServerHealth* health_;
        const MemcachedClient& client_;
        std::string_view key_;
    };

    [[nodiscard]] Process& process() { return *process_.get(); }

    [[gnu::cold]] void refuse_while_failing(Process& here, const MemcachedClient& client, std::string_view action,
                                            std::string_view key) {
        const std::size_t server = client.server_of(key);
        const TimeSpan wait = here.health.wait_for(server);
        if (wait != TimeSpan()) refuse(server, action, key, wait);
    }

    [[noreturn]] void refuse(std::size_t server, std::string_view action, std::string_view key, TimeSpan wait) const {
        const std::int64_t milliseconds = wait.nanoseconds() / 1'000'000 + 1;
        throw BackendError(failure_text(
            server, action, key,
            joined({"it has failed just before, and is asked again in ", std::to_string(milliseconds), " ms"})));
    }

    [[noreturn]] [[gnu::cold]] void give_up(Process& here, std::string_view action, std::string_view key,
                                            const MemcachedFailure& failure) {
        const bool is_silent = failure.kind() == Kind::lost || failure.kind() == Kind::timed_out;
        is_silent ? here.health.failed(failure.server()) : here.health.answered(failure.server());
        throw BackendError(failure_text(failure.server(), action, key, failure.what()));
    }

    /// Leaves out the keys of servers that are not to be asked yet.
    [[gnu::cold]] void get_from_healthy(Process& here, MemcachedClient& client, std::string_view action,
                                        std::span<const std::string_view> keys, bool with_version,
                                        FunctionRef<void(std::size_t, const MemcachedItem&)> reader) {
        std::vector<std::optional<TimeSpan>> waits(settings_.servers.size());
        std::vector<std::string_view> asked;
        std::vector<std::size_t> positions;
        for (std::size_t index = 0; index != keys.size(); ++index) {
            std::optional<TimeSpan>& wait = waits[client.server_of(keys[index])];
            if (!wait) wait = here.health.wait_for(client.server_of(keys[index]));
            if (*wait != TimeSpan()) continue;
            asked.push_back(keys[index]);
            positions.push_back(index);
        }
        const auto note_answers = [&](std::optional<std::size_t> failed) {
            for (std::size_t server = 0; server != waits.size(); ++server)
                if (waits[server] == TimeSpan() && server != failed) here.health.answered(server);
        };
        try {
            if (!asked.empty())
                client.get_multi(asked, with_version,
                                 [&](std::size_t index, const MemcachedItem& item) { reader(positions[index], item); });
        } catch (const MemcachedFailure& failure) {
            note_answers(failure.server());
            throw;
        }
        note_answers(std::nullopt);
        for (const std::string_view key : keys)
            if (const TimeSpan wait = *waits[client.server_of(key)]; wait != TimeSpan())
                refuse(client.server_of(key), action, key, wait);
    }

    MemcachedSettings settings_;
    std::shared_ptr<const Clock> clock_;
    PerProcess<Process> process_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
