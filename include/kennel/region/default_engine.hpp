#ifndef KENNEL_REGION_DEFAULT_ENGINE_HPP
#define KENNEL_REGION_DEFAULT_ENGINE_HPP

#include "kennel/region/get_or_create_multi.hpp"
#include "kennel/region/text_of.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The one implementation of `RegionEngine`: each call once over to the part that does it.
template <class Lazy>
class DefaultEngine final : public RegionEngine {
    using Core = BasicEngineCore<Lazy>;

public:
    explicit DefaultEngine(RegionOptions options) {
        if (options.async_creation_runner)
            runner_ = std::make_shared<const Late<AsyncCreationRunner, Lazy>>(std::move(options.async_creation_runner));
        options.async_creation_runner = nullptr;
        core_ = std::make_shared<Core>(std::move(options), runner_);
    }

    void configure(std::string_view backend, const ConfigureOptions& options) override {
        core_->configure(backend, options);
    }
    void wrap(const WrappedProxy& proxy) override { core_->wrap(proxy); }

    void get_or_create(std::string_view key, const RuleChanges& changes, ValueRequest& request) override {
        detail::get_or_create(*core_, key, changes, request);
    }
    void refresh(std::string_view key, const RuleChanges& changes, ValueRequest& request) override {
        detail::refresh(*core_, key, changes, request);
    }
    void get_or_create_multi(std::span<const std::string_view> keys, const RuleChanges& changes,
                             MultiRequest& request) override {
        detail::get_or_create_multi(*core_, keys, changes, request);
    }
    void refresh_multi(std::span<const std::string_view> keys, const RuleChanges& changes,
                       MultiRequest& request) override {
        detail::refresh_multi(*core_, keys, changes, request);
    }

    Reading look_up(std::string_view key, const RuleChanges& changes, Take take) override {
        const EpochGuard guard;
        const auto& configuration = core_->configuration(guard);
        Reading reading;
        core_->look(configuration, key, applied_to_freshness(changes, configuration.rules), take, reading,
                    changes.always_degrades);
        if (reading.standing == Standing::fresh) core_->counters().add(Counter::hit, guard.thread_index());
        else core_->report_miss(key, reading);
        return reading;
    }

    std::vector<Reading> look_up_multi(std::span<const std::string_view> keys, const RuleChanges& changes,
                                       MultiTake take) override {
        const auto configuration = core_->configuration();
        const FreshnessRules rules = applied_to_freshness(changes, configuration->rules);
        std::vector<Reading> readings = core_->look_multi(*configuration, keys, rules, take);
        for (std::size_t index = 0; index != keys.size(); ++index) {
            if (readings[index].standing == Standing::fresh) core_->count(Counter::hit);
            else core_->report_miss(keys[index], readings[index]);
        }
        return readings;
    }

    void set(std::span<const NewEntry> new_entries, std::optional<TimeSpan> time_to_live, const Tags& tags) override {
        const auto configuration = core_->configuration();
        const Rules& rules = configuration->rules;
        const TimeSpan expiration = shorter(rules.expiration, time_to_live.value_or(unlimited));
        Metadata metadata = core_->new_metadata(*configuration, expiration, rules.stale_time);
        metadata.time_to_live = time_to_live;
        metadata.tags = tags;
        const PayloadForm form = configuration->keeps_bytes ? PayloadForm::bytes : PayloadForm::object;
        std::vector<Late<CachedValue, Lazy>> values;
        std::vector<Late<BackendEntry, Lazy>> entries;
        values.reserve(new_entries.size());
        for (const NewEntry& entry : new_entries) {
            values.push_back({payload_of(entry, form), metadata});
            entries.push_back({entry.key, &values.back()});
        }
        if (!entries.empty()) core_->set(*configuration, entries);
    }

    void erase(std::span<const std::string_view> keys) override { core_->erase(keys); }
    void invalidate(Invalidation kind) override { core_->invalidate(kind); }

    [[nodiscard]] bool key_is_locked(std::string_view key) override { return core_->key_is_locked(key); }
    [[nodiscard]] TimeSpan age_of(WallTime created) const override {
        return detail::age_of(core_->clock().wall_now(), created);
    }
    [[nodiscard]] std::shared_ptr<CacheBackend> backend() const override { return core_->configuration()->backend; }
    [[nodiscard]] std::string backend_name() const override { return core_->configuration()->backend_name; }
    [[nodiscard]] RegionStatistics statistics() const noexcept override { return core_->counters().read(); }
    void reset_statistics() noexcept override { core_->counters().reset(); }

private:
    /// What to store. The text of a `SerializationError` says for which key of which region.
    [[nodiscard]] Payload payload_of(const NewEntry& entry, PayloadForm form) const {
        try {
            return entry.payload(form);
        } catch (const SerializationError& error) {
            if (typeid(error) != typeid(SerializationError)) throw;
            throw SerializationError(joined(
                {"key '", abridged(entry.key), "' of ", region_called(core_->options().name), ": ", error.what()}));
        }
    }

    std::shared_ptr<const AsyncCreationRunner> runner_;
    std::shared_ptr<Core> core_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
