#include "caches.hpp"
#include "plain_map.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using namespace bench;

template <class Value>
using StandardMap = Unsynchronised<std::unordered_map<std::string, Value, TextHash, std::equal_to<>>>;

/// The cache that evicts what was used longest ago as most people write it, without a lock.
template <class ValueType>
class LruList {
public:
    using Value = ValueType;

    explicit LruList(std::size_t capacity) : capacity_(capacity) { index_.reserve(capacity); }

    [[nodiscard]] bool read(std::string_view key, Value& value) {
        const auto found = index_.find(key);
        if (found == index_.end()) return false;
        entries_.splice(entries_.begin(), entries_, found->second);
        value = found->second->second;
        return true;
    }

    void write(std::string_view key, const Value& value) {
        const auto found = index_.find(key);
        if (found != index_.end()) {
            entries_.splice(entries_.begin(), entries_, found->second);
            found->second->second = value;
            return;
        }
        entries_.emplace_front(key, value);
        index_.emplace(entries_.front().first, entries_.begin());
        if (index_.size() <= capacity_) return;
        index_.erase(entries_.back().first);
        entries_.pop_back();
    }

    [[nodiscard]] std::size_t size() const { return index_.size(); }

private:
    using Entries = std::list<std::pair<std::string, Value>>; // the front was used last

    std::size_t capacity_;
    Entries entries_;
    std::unordered_map<std::string_view, typename Entries::iterator> index_; ///< its keys lie in the entries
};

/// A store behind one mutex.
template <class Store>
class Locked {
public:
    using Value = typename Store::Value;

    explicit Locked(std::size_t capacity) : store_(capacity) {}

    [[nodiscard]] bool read(std::string_view key, Value& value) {
        const std::lock_guard lock(mutex_);
        return store_.read(key, value);
    }
    void write(std::string_view key, const Value& value) {
        const std::lock_guard lock(mutex_);
        store_.write(key, value);
    }
    [[nodiscard]] std::size_t size() const { return store_.size(); }

private:
    std::mutex mutex_;
    Store store_;
};

/// A store divided into 64, each behind a mutex of its own.
template <class Store>
class Sharded {
public:
    using Value = typename Store::Value;

    explicit Sharded(std::size_t capacity)
        : Sharded((capacity + count - 1) / count, std::make_index_sequence<count>()) {}

    [[nodiscard]] bool read(std::string_view key, Value& value) { return shard(key).read(key, value); }
    void write(std::string_view key, const Value& value) { shard(key).write(key, value); }
    [[nodiscard]] std::size_t size() const {
        std::size_t sum = 0;
        for (const Shard& shard : shards_) sum += shard.size();
        return sum;
    }

private:
    static constexpr std::size_t count = 64;

    struct alignas(64) Shard : Locked<Store> {
        using Locked<Store>::Locked;
    };

    template <std::size_t... numbers>
    Sharded(std::size_t capacity, std::index_sequence<numbers...>) : shards_{((void)numbers, Shard(capacity))...} {}

    /// By the upper bits, for the tables go by the lower ones.
    [[nodiscard]] Shard& shard(std::string_view key) {
        return shards_[TextHash()(key) >> (8 * sizeof(std::size_t) - 6)];
    }

    std::array<Shard, count> shards_;
};

} // namespace

template <class Value>
void bench::add_locked(std::vector<Entrant>& entrants) {
    constexpr Role cache{.evicts = true};
    entrants.push_back(entrant<Locked<StandardMap<Value>>, Value>("std::unordered_map, mutex", {}));
    entrants.push_back(entrant<Sharded<StandardMap<Value>>, Value>("std::unordered_map, 64 mutexes", {}));
    entrants.push_back(entrant<Locked<LruList<Value>>, Value>("list and map, mutex", cache));
    entrants.push_back(entrant<Sharded<LruList<Value>>, Value>("list and map, 64 mutexes", cache));
}

template void bench::add_locked<bench::Value<8>>(std::vector<Entrant>&);
template void bench::add_locked<bench::Value<256>>(std::vector<Entrant>&);
