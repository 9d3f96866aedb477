#ifndef KENNEL_BACKENDS_REDIS_CLUSTER_MAP_HPP
#define KENNEL_BACKENDS_REDIS_CLUSTER_MAP_HPP

#include "kennel/backends/redis/cluster_layout.hpp"
#include "kennel/backends/redis/pool.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Which pool leads to the node of a slot. It does not change: what is learnt makes another map.
class ClusterMap {
public:
    using Pools = std::vector<std::shared_ptr<RedisPool>>;

    /// `pools` are those of the layout's masters, in their order.
    ClusterMap(std::vector<std::uint16_t> owners, Pools pools) : owners_(std::move(owners)), pools_(std::move(pools)) {}

    [[nodiscard]] const Pools& pools() const noexcept { return pools_; }

    /// The position among the pools of the one for a slot. Of a slot that nobody serves it is any, whose node will say
    /// so.
    [[nodiscard]] std::size_t position_of(std::size_t slot) const noexcept {
        return owners_[slot] != ClusterLayout::nobody ? owners_[slot] : slot % pools_.size();
    }
    [[nodiscard]] const std::shared_ptr<RedisPool>& pool_of(std::size_t slot) const noexcept {
        return pools_[position_of(slot)];
    }

    /// The same but for one slot.
    [[nodiscard]] std::shared_ptr<const ClusterMap> with(std::size_t slot,
                                                         const std::shared_ptr<RedisPool>& pool) const {
        auto changed = std::make_shared<ClusterMap>(*this);
        const auto found = std::find(pools_.begin(), pools_.end(), pool);
        if (found == pools_.end()) changed->pools_.push_back(pool);
        changed->owners_[slot] = static_cast<std::uint16_t>(found - pools_.begin());
        return changed;
    }

private:
    std::vector<std::uint16_t> owners_;
    Pools pools_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
