#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_STORE_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_STORE_HPP

#include "kennel/backends/memcached/memcached_pool.hpp"
#include "kennel/backends/memcached/memcached_shares.hpp"
#include "kennel/backends/memcached/placement.hpp"
#include "kennel/detail/per_process.hpp"
#include "kennel/lease_keeper.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What a backend and its locks share: the settings, and the connections of this process.
///
/// After a fork the child starts anew with connections of its own, for two processes at one connection get each other's
/// answers. All keys that it is given are legal. Thread-safe.
class MemcachedStore {
    using Loan = MemcachedPool::Loan;
    using Share = MemcachedShare;

public:
    /// Throws `ValidationError` when libmemcached does not take the settings.
    MemcachedStore(MemcachedSettings settings, std::shared_ptr<const Clock> clock)
        : settings_(std::move(settings)), clock_(std::move(clock)), placement_(settings_),
          process_([this] { return std::make_shared<Process>(settings_); }) {}
    MemcachedStore(const MemcachedStore&) = delete;
    MemcachedStore& operator=(const MemcachedStore&) = delete;

    [[nodiscard]] const MemcachedSettings& settings() const noexcept { return settings_; }
    [[nodiscard]] const Clock& clock() const noexcept { return *clock_; }

    /// Renews what this process holds.
    [[nodiscard]] LeaseKeeper& lease_keeper() { return process().keeper; }

    /// The server that has the key, to tell it from others.
    [[nodiscard]] std::string server_text_of(std::string_view key) const {
        return settings_.servers[placement_.server_of(key)].text();
    }

    /// Whether one server has both keys.
    [[nodiscard]] bool are_together(std::string_view key, std::string_view other) const noexcept {
        return placement_.server_of(key) == placement_.server_of(other);
    }

    /// Calls `use(connection, deadline)` with a connection to the server of the key, and gives its result. Throws
    /// `BackendError`, which names the server and what was to be done, when the server fails.
    ///
    /// When a connection turns out to have been lost since it was last used, `use` is called once more with a new one:
    /// what it does must be no worse when it is done twice.
    template <class Use>
    std::invoke_result_t<Use&, MemcachedConnection&, SteadyTime> with_connection(std::string_view action,
                                                                                 std::string_view key, Use&& use) {
        const std::size_t server = placement_.server_of(key);
        MemcachedPool& pool = process().pool(server);
        const SteadyTime start = coarse_now();
        for (bool is_repeated = false;; is_repeated = true) {
            const Loan loan = lend(pool, server, action, key, start);
            try {
                return use(*loan, deadline_for(loan, start));
            } catch (const ConnectionLost& lost) {
                if (is_repeated || !was_dead(loan, lost)) {
                    pool.note_failure(lost.what());
                    fail(server, action, key, lost.what());
                }
            } catch (const MalformedInput& malformed) {
                pool.note_answer();
                fail(server, action, key, malformed.what());
            } catch (const MemcachedRefusal& refusal) {
                pool.note_answer();
                throw MemcachedRefusal(failure_text(server, action, key, refusal.what()));
            } catch (...) {
                pool.note_answer();
                throw;
            }
            pool.drop_idle(); // the others have been idle for longer
        }
    }

    /// For each server that has any of the keys, calls `ask(connection, positions)` with the positions of its keys,
    /// sends what that has asked for to all of them, and then calls `take(connection, positions)`, as the answers
    /// come; all of that several times when there are very many. When servers fail, the others are asked all the same;
    /// in the end it throws `BackendError` for the first failure. Both may be called twice for the same keys, as by
    /// `with_connection`.
    template <class Ask, class Take>
    void with_connections(std::string_view action, std::span<const std::string_view> keys, std::size_t most_at_once,
                          Ask&& ask, Take&& take) {
        Process& here = process();
        std::string failure;
        const auto note = [&](const Share& share, std::string_view cause) {
            if (failure.empty()) failure = failure_text(share.server, action, keys[share.positions.front()], cause);
        };
        std::vector<Share> shares = shares_of(keys);
        while (!shares.empty()) {
            for (Share& share : shares)
                attempt(here, share, note, [&] {
                    const SteadyTime start = coarse_now();
                    const SteadyTime deadline = later_by(start, settings_.socket_timeout);
                    MemcachedPool& pool = here.pool(share.server);
                    if (share.loan == nullptr) share.loan.reset(new Loan(pool.lend(start, deadline)));
                    ask(**share.loan, share.part(most_at_once));
                    (*share.loan)->send(deadline_for(*share.loan, start));
                    share.is_asked = true;
                });
            // From now on, for a server is not to blame when connecting to the next one has taken long.
            const SteadyTime deadline = later_by(coarse_now(), settings_.socket_timeout);
            while (Share* const share = next_answered(shares, deadline))
                attempt(here, *share, note, [&] {
                    (*share->loan)->wait_until(deadline);
                    take(**share->loan, share->part(most_at_once));
                    share->done += share->part(most_at_once).size();
                });
            std::erase_if(shares, [](const Share& share) { return share.is_over(); });
        }
        if (!failure.empty()) throw BackendError(failure);
    }

    /// Calls `reader` with the position in `keys` and the item of each key that has one. In the end it throws
    /// `BackendError` if a server has failed, or has failed just before and was not asked.
    void get_multi(std::string_view action, std::span<const std::string_view> keys, bool with_versions,
                   MemcachedProtocol::ItemReader reader) {
        // The binary protocol answers while it is still being asked: more would fill both sides' buffers.
        const std::size_t most_at_once = settings_.is_binary ? 100 : 10'000;
        std::vector<std::string_view> asked;
        const auto select = [&](std::span<const std::size_t> positions) {
            asked.clear();
            for (const std::size_t position : positions) asked.push_back(keys[position]);
            return std::span<const std::string_view>(asked);
        };
        with_connections(
            action, keys, most_at_once,
            [&](MemcachedConnection& connection, std::span<const std::size_t> positions) {
                connection.ask_items(select(positions), with_versions);
            },
            [&](MemcachedConnection& connection, std::span<const std::size_t> positions) {
                connection.receive_items(
                    select(positions), with_versions,
                    [&](std::size_t index, const MemcachedItem& item) { reader(positions[index], item); });
            });
    }

    /// The beginning of what is said about a failure; no value is ever part of it.
    [[nodiscard]] std::string failure_text(std::size_t server, std::string_view action, std::string_view key,
                                           std::string_view cause) const {
        constexpr std::size_t longest = 60;
        const bool is_long = key.size() > longest;
        return joined({"memcached ", settings_.servers[server].text(), ": ", action, " '", key.substr(0, longest),
                       is_long ? "...': " : "': ", cause});
    }
    [[nodiscard]] std::string failure_text(std::string_view action, std::string_view key,
                                           std::string_view cause) const {
        return failure_text(placement_.server_of(key), action, key, cause);
    }

private:
    /// What a forked child has of its own.
    struct Process {
        explicit Process(const MemcachedSettings& settings) {
            for (const MemcachedAddress& server : settings.servers)
                pools.push_back(std::make_unique<MemcachedPool>(settings, server));
        }

        [[nodiscard]] MemcachedPool& pool(std::size_t server) noexcept { return *pools[server]; }

        std::vector<std::unique_ptr<MemcachedPool>> pools;
        LeaseKeeper keeper;
    };

    [[nodiscard]] Process& process() { return *process_.get(); }

    [[nodiscard]] Loan lend(MemcachedPool& pool, std::size_t server, std::string_view action, std::string_view key,
                            SteadyTime start) {
        try {
            return pool.lend(start, later_by(start, settings_.socket_timeout));
        } catch (const BackendError& error) {
            fail(server, action, key, error.what());
        }
    }

    /// A connection that had to be made has taken some time already.
    [[nodiscard]] SteadyTime deadline_for(const Loan& loan, SteadyTime start) const {
        if (loan.was_idle()) return later_by(start, settings_.socket_timeout);
        return (std::min)(later_by(coarse_now(), settings_.socket_timeout),
                          later_by(start, settings_.connect_timeout + settings_.socket_timeout));
    }

    [[nodiscard]] static bool was_dead(const Loan& loan, const ConnectionLost& lost) noexcept {
        return loan.was_idle() && lost.is_before_reply() && loan->is_fresh();
    }

    [[nodiscard]] std::vector<Share> shares_of(std::span<const std::string_view> keys) const {
        std::vector<Share> shares(settings_.servers.size());
        for (std::size_t index = 0; index != keys.size(); ++index)
            shares[placement_.server_of(keys[index])].positions.push_back(index);
        for (std::size_t server = 0; server != shares.size(); ++server) shares[server].server = server;
        std::erase_if(shares, [](const Share& share) { return share.positions.empty(); });
        return shares;
    }

    /// Runs `step` and sees to it that the share is tried again or given up when its server fails.
    template <class Note, class Step>
    void attempt(Process& here, Share& share, const Note& note, const Step& step) {
        MemcachedPool& pool = here.pool(share.server);
        try {
            return step();
        } catch (const ConnectionLost& lost) {
            const bool was_connected = share.loan != nullptr;
            const bool is_repeatable = was_connected && !share.is_repeated && was_dead(*share.loan, lost);
            share.loan.reset();
            if (is_repeatable) {
                share.is_repeated = true;
                share.is_asked = false;
                return pool.drop_idle();
            }
            if (was_connected) pool.note_failure(lost.what());
            note(share, lost.what());
        } catch (const MalformedInput& malformed) {
            pool.note_answer();
            note(share, malformed.what());
        } catch (const MemcachedRefusal& refusal) {
            if (share.loan != nullptr) pool.note_answer();
            note(share, refusal.what());
        } catch (const BackendError& error) {
            if (share.loan != nullptr) throw; // the caller's own
            note(share, error.what());
        }
        share.give_up();
    }

    [[noreturn]] void fail(std::size_t server, std::string_view action, std::string_view key,
                           std::string_view cause) const {
        throw BackendError(failure_text(server, action, key, cause));
    }

    MemcachedSettings settings_;
    std::shared_ptr<const Clock> clock_;
    MemcachedPlacement placement_;
    PerProcess<Process> process_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
