#ifndef KENNEL_BACKENDS_REDIS_REQUESTS_AHEAD_HPP
#define KENNEL_BACKENDS_REDIS_REQUESTS_AHEAD_HPP

#include "kennel/backends/redis/topology.hpp"

#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Requests that are sent to several servers before the first answer is awaited: so all of them work at the same time,
/// and one that is silent does not keep the others from being asked.
///
/// They go over connections that lie idle, for a thread that waited for a connection while it had another might wait
/// for one that does the same. What is not sent ahead, or is answered with an error, is asked for in the usual way.
class RequestsAhead {
public:
    static constexpr auto none = static_cast<std::size_t>(-1); ///< the position of no group

    /// The topology must outlive this.
    RequestsAhead(RedisTopology& topology, RedisPurpose purpose, SteadyTime deadline) noexcept
        : topology_(topology), purpose_(purpose), deadline_(deadline) {}

    /// Calls `ask(connection, deadline, group)`, which sends a request about the keys at these positions, for each
    /// group.
    template <class Ask>
    void send(std::span<const std::string_view> keys, std::span<const std::vector<std::size_t>> groups,
              const Ask& ask) {
        requests_ = std::vector<Request>(groups.size());
        for (std::size_t position = 0; position != groups.size(); ++position) {
            Request& request = requests_[position];
            try {
                request.route = topology_.route(keys[groups[position].front()], purpose_, deadline_);
                if (!request.route.pool->lend_idle(coarse_now(), request.loan)) continue;
                (*request.loan)->set_asking(request.route.is_asking);
                ask(**request.loan, deadline_, std::span(groups[position]));
            } catch (const BackendError& error) {
                give_up(request, error);
            }
        }
    }

    /// Calls `take(connection, deadline)`, which receives the replies, if a request was sent for the group at this
    /// position; false when its keys are to be asked for in the usual way. Throws `BackendError` when they are not to
    /// be asked for any more.
    template <class Take>
    [[nodiscard]] bool take(std::size_t position, const Take& take) {
        if (position >= requests_.size()) return false;
        Request& request = requests_[position];
        try {
            if (request.loan) take(**request.loan, deadline_);
        } catch (const BackendError& error) {
            give_up(request, error);
        }
        if (request.failure != nullptr) std::rethrow_exception(request.failure);
        const bool is_done = request.loan.has_value();
        request.loan.reset();
        return is_done;
    }

private:
    struct Request {
        RedisRoute route;
        std::optional<RedisPool::Loan> loan;
        std::exception_ptr failure; ///< for which it is not to be tried again
    };

    /// In the handler of the error. Nobody knows whether a change was made whose answer is lost, so it is not tried
    /// again.
    void give_up(Request& request, const BackendError& error) {
        request.loan.reset();
        const bool is_lost = dynamic_cast<const ConnectionLost*>(&error) != nullptr;
        const bool is_final = (is_lost && purpose_ == RedisPurpose::write) ||
                              std::chrono::steady_clock::now() >= deadline_;
        if (!is_final) return;
        if (is_lost) topology_.note_lost(request.route);
        request.failure = std::current_exception();
    }

    RedisTopology& topology_;
    RedisPurpose purpose_;
    SteadyTime deadline_;
    std::vector<Request> requests_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
