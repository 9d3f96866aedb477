#ifndef KENNEL_BACKENDS_REDIS_LEFT_OVER_HPP
#define KENNEL_BACKENDS_REDIS_LEFT_OVER_HPP

#include "kennel/backends/redis/reply.hpp"
#include "kennel/backends/redis/topology.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The keys of a group that their server has sent elsewhere, or has told to come back: each is tried again on its own,
/// while the others have their answers.
class RedisLeftOver {
public:
    /// Takes no key: the answers are final.
    RedisLeftOver() = default;

    /// Takes the keys of which the topology says that an error is about them alone; it must outlive this.
    explicit RedisLeftOver(const RedisTopology& topology) noexcept : topology_(&topology) {}

    /// Whether it takes the key that was answered with an error. If not, that error is the answer.
    [[nodiscard]] bool take(const RedisReply& error, std::size_t index) {
        if (topology_ == nullptr || !topology_->is_about_one_key(error.text)) return false;
        indexes_.push_back(index);
        return true;
    }

    /// The positions of the keys, each once.
    [[nodiscard]] std::vector<std::size_t> indexes() const {
        std::vector<std::size_t> sorted = indexes_;
        std::sort(sorted.begin(), sorted.end());
        sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
        return sorted;
    }

private:
    const RedisTopology* topology_ = nullptr;
    std::vector<std::size_t> indexes_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
