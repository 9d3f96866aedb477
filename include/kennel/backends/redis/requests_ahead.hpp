#ifndef KENNEL_BACKENDS_REDIS_REQUESTS_AHEAD_HPP
#define KENNEL_BACKENDS_REDIS_REQUESTS_AHEAD_HPP

#include "kennel/backends/net/first_readable.hpp"
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
/// and one that is silent does not keep the others from being asked, unless its request is larger than the buffers on
/// the way to it.
///
/// They go over connections that lie idle, for a thread that waited for a connection while it had others might wait for
/// one that does the same. What was not sent, or was answered with an error that does not last, is to be asked for in
/// the usual way when all answers are there, and so no connection is held any more.
class RequestsAhead {
public:
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
            request.key = keys[groups[position].front()];
            try {
                request.route = topology_.route(request.key, purpose_, deadline_);
                if (!request.route.pool->lend_idle(coarse_now(), request.loan)) continue;
                (*request.loan)->set_asking(request.route.is_asking);
                ask(**request.loan, deadline_, std::span(groups[position]));
                if (!(*request.loan)->awaits_replies()) request.loan.reset(); // there was nothing to send
            } catch (const BackendError& error) {
                give_up(request, error);
            }
        }
    }

    /// The position of a group whose request was sent and not taken, rather one that is answered already; nothing when
    /// there is none. Waits until the deadline.
    [[nodiscard]] std::optional<std::size_t> next() const {
        std::vector<std::size_t> positions;
        std::vector<int> descriptors;
        for (std::size_t position = 0; position != requests_.size(); ++position) {
            if (!requests_[position].loan) continue;
            positions.push_back(position);
            descriptors.push_back((*requests_[position].loan)->descriptor());
        }
        if (positions.empty()) return std::nullopt;
        return positions[first_readable(descriptors, deadline_)];
    }

    /// Calls `take(connection, deadline)`, which receives the replies for the group at this position.
    template <class Take>
    void take(std::size_t position, const Take& take) {
        Request& request = requests_[position];
        try {
            take(**request.loan, deadline_);
            request.loan.reset();
            request.is_over = true;
        } catch (const BackendError& error) {
            give_up(request, error);
        }
    }

    /// Whether nothing is left to be done for the group at this position. Throws the `BackendError` with which it has
    /// failed for good.
    [[nodiscard]] bool is_over(std::size_t position) const {
        if (position >= requests_.size()) return false;
        const Request& request = requests_[position];
        if (request.failure != nullptr) std::rethrow_exception(request.failure);
        return request.is_over;
    }

private:
    struct Request {
        std::string_view key{}; ///< the first of its group
        RedisRoute route{};
        std::optional<RedisPool::Loan> loan{}; ///< while it is sent and not taken
        bool is_over = false;
        std::exception_ptr failure{};
    };

    /// In the handler of the error.
    void give_up(Request& request, const BackendError& error) {
        request.loan.reset();
        if (!is_final(request, error)) return;
        if (dynamic_cast<const ConnectionLost*>(&error) != nullptr) topology_.note_lost(request.route);
        request.failure = std::current_exception();
    }

    /// Whether the usual way would not try once more.
    [[nodiscard]] bool is_final(Request& request, const BackendError& error) {
        if (std::chrono::steady_clock::now() >= deadline_) return true;
        if (const auto* const answer = dynamic_cast<const RedisServerError*>(&error))
            return !topology_.reroute(request.route, request.key, purpose_, *answer, deadline_);
        if (const auto* const lost = dynamic_cast<const ConnectionLost*>(&error))
            return purpose_ == RedisPurpose::write || !lost->is_before_reply();
        return dynamic_cast<const NotReached*>(&error) == nullptr;
    }

    RedisTopology& topology_;
    RedisPurpose purpose_;
    SteadyTime deadline_;
    std::vector<Request> requests_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
