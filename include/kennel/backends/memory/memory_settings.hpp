#ifndef KENNEL_BACKENDS_MEMORY_MEMORY_SETTINGS_HPP
#define KENNEL_BACKENDS_MEMORY_MEMORY_SETTINGS_HPP

#include "kennel/arguments.hpp"
#include "kennel/backends/memory/limits.hpp"
#include "kennel/backends/memory/policies/adaptive.hpp"
#include "kennel/backends/memory/policies/lru.hpp"
#include "kennel/backends/memory/policies/s3_fifo.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

/// The arguments of the memory backend, under the same names.
template <class Lazy>
struct BasicMemorySettings {
    /// How many entries it keeps. Absent: any number.
    std::size_t max_entries = MemoryLimits::none;

    /// How much all entries may weigh together. Absent: as much as there is memory. An entry that weighs more than its
    /// part of this (the sixteenth, in a large cache) is not kept.
    std::size_t max_weight = MemoryLimits::none;

    /// How long after it was stored an entry is dropped, whatever its region says.
    TimeSpan time_to_live = unlimited;

    /// How long after it was stored or read an entry is dropped.
    TimeSpan time_to_idle = unlimited;

    /// Gives the weight of an entry, as `kennel::MemoryWeigher`. Empty: the bytes that it takes.
    MemoryWeigher weigher{};

    /// Hears of every entry that is removed.
    RemovalListener removal_listener{};

    /// Which entries are evicted: "adaptive", "s3_fifo" or "lru".
    std::string policy = "adaptive";

    [[nodiscard]] static BasicMemorySettings parsed(const Arguments& arguments, std::string_view owner) {
        BasicArgumentReader<Lazy> reader(arguments, owner);
        BasicMemorySettings settings;
        settings.max_entries = reader.get("max_entries", MemoryLimits::none);
        settings.max_weight = reader.get("max_weight", MemoryLimits::none);
        settings.time_to_live = reader.get("time_to_live", unlimited);
        settings.time_to_idle = reader.get("time_to_idle", unlimited);
        settings.weigher = reader.get("weigher", MemoryWeigher());
        settings.removal_listener = reader.get("removal_listener", RemovalListener());
        settings.policy = reader.get("policy", settings.policy);
        reader.reject_unknown();
        settings.validate(owner);
        return settings;
    }

    /// Throws `ValidationError` for what makes no sense.
    void validate(std::string_view owner) const {
        const auto refuse = [&](std::string_view name, std::string_view why) {
            throw ValidationError(detail::joined({owner, ": argument '", name, "' ", why}));
        };
        constexpr std::string_view zero = "is 0: it must be above zero";
        if (max_entries == 0) refuse("max_entries", zero);
        if (max_weight == 0) refuse("max_weight", zero);
        if (time_to_live == TimeSpan()) refuse("time_to_live", zero);
        if (time_to_idle == TimeSpan()) refuse("time_to_idle", zero);
        if (policy_factory() != nullptr) return;
        std::string known;
        for (const PolicyChoice& choice : policies()) known.append(known.empty() ? "" : ", ").append(choice.name);
        refuse("policy", detail::joined({"is '", policy, "': it must be one of ", known}));
    }

    /// A policy that there is.
    struct PolicyChoice {
        std::string_view name;
        std::unique_ptr<detail::EvictionPolicy> (*make)();
    };

    /// All that there are; the first is the default.
    [[nodiscard]] static const auto& policies() noexcept {
        static constexpr PolicyChoice all[] = {{"adaptive", &made<detail::AdaptivePolicy>},
                                               {"s3_fifo", &made<detail::S3FifoPolicy>},
                                               {"lru", &made<detail::LruPolicy>}};
        return all;
    }

    /// Null when there is no policy of that name.
    [[nodiscard]] auto policy_factory() const noexcept -> std::unique_ptr<detail::EvictionPolicy> (*)() {
        for (const PolicyChoice& choice : policies())
            if (choice.name == policy) return choice.make;
        return nullptr;
    }

    /// Into how many parts the backend is divided: a small cache into one, because each part evicts on its own.
    [[nodiscard]] std::size_t shard_count() const noexcept {
        std::size_t count = most_shards;
        while (count > 1 && (max_entries / count < least_entries || max_weight / count < least_weight)) count /= 2;
        return count;
    }

    /// The limits of one part.
    [[nodiscard]] MemoryLimits limits_of(std::size_t number, std::size_t count) const noexcept {
        const auto share = [&](std::size_t whole) {
            return whole == MemoryLimits::none ? whole : whole / count + (number < whole % count ? 1 : 0);
        };
        return {share(max_entries), share(max_weight)};
    }

    static constexpr std::size_t most_shards = 16;

private:
    static constexpr std::size_t least_entries = 1024;
    static constexpr std::size_t least_weight = 1U << 20U;

    template <class Policy>
    static std::unique_ptr<detail::EvictionPolicy> made() {
        return std::make_unique<Policy>();
    }
};

using MemorySettings = BasicMemorySettings<void>;

KENNEL_NAMESPACE_END

#endif
