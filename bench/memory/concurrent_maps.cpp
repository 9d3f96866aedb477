#include "boost_text_hash.hpp"
#include "caches.hpp"
#include "plain_map.hpp"

#ifdef KENNEL_BENCH_HAS_TBB
#define TBB_PREVIEW_CONCURRENT_LRU_CACHE 1
#include <tbb/concurrent_hash_map.h>
#include <tbb/concurrent_lru_cache.h>
#endif
#if __has_include(<boost/unordered/concurrent_flat_map.hpp>)
#include <boost/unordered/concurrent_flat_map.hpp>
#endif

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace bench;

#ifdef KENNEL_BENCH_HAS_TBB

template <class Value>
class TbbHashMap {
public:
    explicit TbbHashMap(std::size_t capacity) : map_(capacity) {}

    [[nodiscard]] bool read(std::string_view key, Value& value) {
        typename Map::const_accessor found;
        if (!map_.find(found, key)) return false;
        value = found->second;
        return true;
    }
    void write(std::string_view key, const Value& value) {
        typename Map::accessor entry;
        if (!map_.find(entry, key)) map_.insert(entry, std::string(key));
        entry->second = value;
    }
    [[nodiscard]] std::size_t size() const { return map_.size(); }

private:
    struct HashCompare {
        using is_transparent = void;
        [[nodiscard]] std::size_t hash(std::string_view key) const { return TextHash()(key); }
        [[nodiscard]] bool equal(std::string_view left, std::string_view right) const { return left == right; }
    };
    /// With the standard allocator, so that its memory is counted as that of the others.
    using Map =
        tbb::concurrent_hash_map<std::string, Value, HashCompare, std::allocator<std::pair<const std::string, Value>>>;

    Map map_;
};

/// It makes what is absent, and cannot overwrite.
template <class Value>
class TbbLruCache {
public:
    explicit TbbLruCache(std::size_t capacity) : cache_(&make, capacity) {}

    [[nodiscard]] bool read(std::string_view key, Value& value) {
        has_made() = false;
        typename Cache::handle found = cache_[std::string(key)];
        value = found.value();
        return !has_made();
    }
    [[nodiscard]] bool read_or_create(const Request& request, Value& value) { return read(request.key(), value); }
    void write(std::string_view key, const Value& /*value*/) {
        Value made;
        if (!read(key, made)) ++size_;
    }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    using Cache = tbb::concurrent_lru_cache<std::string, Value>;

    [[nodiscard]] static bool& has_made() {
        thread_local bool made = false;
        return made;
    }
    [[nodiscard]] static Value make(std::string key) {
        has_made() = true;
        return Value::of(number_in(key));
    }

    Cache cache_;
    std::size_t size_ = 0; ///< as long as nothing has been evicted
};

#endif
#if __has_include(<boost/unordered/concurrent_flat_map.hpp>)

template <class Value>
class BoostConcurrentMap {
public:
    explicit BoostConcurrentMap(std::size_t capacity) { map_.reserve(capacity); }

    [[nodiscard]] bool read(std::string_view key, Value& value) const {
        return map_.cvisit(key, [&](const auto& entry) { value = entry.second; }) != 0;
    }
    void write(std::string_view key, const Value& value) {
        if (map_.visit(key, [&](auto& entry) { entry.second = value; }) == 0)
            map_.insert_or_assign(std::string(key), value);
    }
    [[nodiscard]] std::size_t size() const { return map_.size(); }

private:
    boost::concurrent_flat_map<std::string, Value, BoostTextHash, std::equal_to<>> map_;
};

#endif

} // namespace

template <class Value>
void bench::add_concurrent([[maybe_unused]] std::vector<Entrant>& entrants) {
#if __has_include(<boost/unordered/concurrent_flat_map.hpp>)
    entrants.push_back(entrant<BoostConcurrentMap<Value>, Value>("boost::concurrent_flat_map", {}));
#endif
#ifdef KENNEL_BENCH_HAS_TBB
    entrants.push_back(entrant<TbbHashMap<Value>, Value>("tbb::concurrent_hash_map", {}));
    entrants.push_back(
        entrant<TbbLruCache<Value>, Value>("tbb::concurrent_lru_cache", {.evicts = true, .writes = false}));
#endif
}

template void bench::add_concurrent<bench::Value<8>>(std::vector<Entrant>&);
template void bench::add_concurrent<bench::Value<256>>(std::vector<Entrant>&);
