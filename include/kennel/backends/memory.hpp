#ifndef KENNEL_BACKENDS_MEMORY_HPP
#define KENNEL_BACKENDS_MEMORY_HPP

#include "kennel/backend_context.hpp"
#include "kennel/backends/memory/shard.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// Keeps values as they are in the memory of this process; registered as "memory".
///
/// Arguments: `max_entries` (whole number above zero; default: no limit), above which the least used are dropped, and
/// `time_to_live` (default: none), after which an entry is dropped whatever the region says. Entries that are of no use to
/// their region any more are dropped without being read.
///
/// A value's copy constructor runs under the lock of a part of the backend, so it should be short: hand out a large value by
/// `std::shared_ptr<const Type>`.
template <class Lazy>
class BasicMemoryBackend final : public CacheBackend {
    using Shard = detail::MemoryShard<Lazy>;

public:
    /// `owner` is what error messages call the backend.
    explicit BasicMemoryBackend(const BackendContext& context, std::string_view owner = "backend 'memory'")
        : clock_(context.clock) {
        BasicArgumentReader<Lazy> reader(context.arguments, owner);
        const auto most_entries = reader.template get<std::size_t>("max_entries");
        if (most_entries == std::size_t{0}) reader.refuse("max_entries", "is 0: it must be above zero");
        time_to_live_ = reader.get("time_to_live", unlimited);
        if (time_to_live_ == TimeSpan()) reader.refuse("time_to_live", "is 0: it must be above zero");
        reader.reject_unknown();
        divide(most_entries);
    }

    [[nodiscard]] std::optional<CachedValue> get(std::string_view key) override {
        std::optional<detail::Late<CachedValue, Lazy>> found;
        visit(key, [&](const CachedValue& value) { found = value; });
        return found;
    }

    bool visit(std::string_view key, Reader reader) override { return shard(key).visit(key, *clock_, reader); }

    void set(std::string_view key, const CachedValue& value) override {
        const TimeSpan life = shorter(time_to_live_, value.metadata.useful_for);
        const SteadyTime expires = life.is_unlimited() ? no_deadline : later_by(clock_->coarse_steady_now(), life);
        shard(key).set(key, value, expires, *clock_);
    }

    void erase(std::string_view key) override { shard(key).erase(key); }

    [[nodiscard]] BackendCapabilities capabilities() const override { return {.expires_entries = true}; }

    /// How many entries there are, with those that have expired and not yet been dropped.
    [[nodiscard]] std::size_t size() const {
        std::size_t total = 0;
        for (const auto& shard : shards_) total += shard.size();
        return total;
    }

private:
    /// A small cache is kept in one part, because each part evicts on its own.
    void divide(std::optional<detail::Late<std::size_t, Lazy>> most_entries) {
        constexpr std::size_t most_shards = 16;
        constexpr std::size_t least_per_shard = 1024;
        std::size_t count = most_shards;
        while (most_entries && count > 1 && *most_entries / least_per_shard < count) --count;
        shards_ = std::vector<Shard>(count);
        if (!most_entries) return;
        for (std::size_t index = 0; index != count; ++index)
            shards_[index].limit(*most_entries / count + (index < *most_entries % count ? 1 : 0));
    }

    [[nodiscard]] Shard& shard(std::string_view key) {
        return shards_[std::hash<std::string_view>{}(key) / 7 % shards_.size()];
    }

    std::shared_ptr<const Clock> clock_;
    TimeSpan time_to_live_ = unlimited;
    std::vector<Shard> shards_;
};

/// Keeps values in memory; see `BasicMemoryBackend`.
using MemoryBackend = BasicMemoryBackend<void>;

KENNEL_NAMESPACE_END

#endif
