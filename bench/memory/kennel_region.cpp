#include "caches.hpp"
#include "expiration.hpp"
#include "footprint.hpp"
#include "timing.hpp"

#include <kennel/kennel.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace bench;

/// A region on the memory backend.
[[nodiscard]] inline kennel::CacheRegion<> make_kennel_region(std::size_t capacity,
                                                              std::shared_ptr<const kennel::Clock> clock = nullptr) {
    kennel::CacheRegion<> region({.clock = std::move(clock)});
    region.configure("memory", {.expiration_time = expiration, .arguments = {{"max_entries", capacity}}});
    return region;
}

/// Ways to look something up in a region, which is shared so that they differ in nothing else.
template <class ValueType>
class KennelRegion {
public:
    using Value = ValueType;
    using Shared = std::shared_ptr<const kennel::CacheRegion<>>;

    explicit KennelRegion(Shared shared) : shared_(std::move(shared)), region_(*shared_) {}

    void write(std::string_view key, const Value& value) { region_.set(key, value); }
    [[nodiscard]] std::size_t size() const { return memory().size(); }
    [[nodiscard]] std::size_t bytes() const { return memory().statistics().bytes; }

protected:
    [[nodiscard]] const kennel::CacheRegion<>& region() const noexcept { return region_; }

private:
    [[nodiscard]] const kennel::MemoryBackend& memory() const {
        return dynamic_cast<const kennel::MemoryBackend&>(*region_.actual_backend());
    }

    Shared shared_;
    kennel::CacheRegion<> region_;
};

/// The backend of a region, past the region.
template <class Value>
class KennelRegionVisit : public KennelRegion<Value> {
public:
    explicit KennelRegionVisit(typename KennelRegion<Value>::Shared shared)
        : KennelRegion<Value>(std::move(shared)), backend_(this->region().backend()) {}

    [[nodiscard]] bool read(std::string_view key, Value& value) {
        return backend_->visit(key, [&](const kennel::CachedValue& found) { value = *found.payload.get_if<Value>(); });
    }

private:
    std::shared_ptr<kennel::CacheBackend> backend_;
};

template <class Value>
class KennelRegionGet : public KennelRegion<Value> {
public:
    using KennelRegion<Value>::KennelRegion;

    [[nodiscard]] bool read(std::string_view key, Value& value) {
        const auto found = this->region().template get<Value>(key);
        if (!found) return false;
        value = *found;
        return true;
    }
};

template <class Value>
class KennelRegionGetOrCreate : public KennelRegion<Value> {
public:
    using KennelRegion<Value>::KennelRegion;

    [[nodiscard]] bool read(std::string_view key, Value& value) {
        bool found = true;
        value = this->region().get_or_create(key, [&] {
            found = false;
            return Value::of(number_in(key));
        });
        return found;
    }
    [[nodiscard]] bool read_or_create(const Request& request, Value& value) { return read(request.key(), value); }
};

/// The machine's clocks, with the number of their readings.
class CountingClock final : public kennel::Clock {
public:
    struct Readings {
        std::atomic<long> coarse{0};
        std::atomic<long> exact{0};
    };

    explicit CountingClock(Readings& readings) : readings_(readings) {}

    [[nodiscard]] kennel::WallTime wall_now() const override { return ++readings_.exact, machine_.wall_now(); }
    [[nodiscard]] kennel::WallTime coarse_wall_now() const override {
        return ++readings_.coarse, machine_.coarse_wall_now();
    }
    [[nodiscard]] kennel::TimeSpan::Nanoseconds coarse_lag() const override { return machine_.coarse_lag(); }
    [[nodiscard]] kennel::SteadyTime steady_now() const override { return ++readings_.exact, machine_.steady_now(); }
    [[nodiscard]] kennel::SteadyTime coarse_steady_now() const override {
        return ++readings_.coarse, machine_.coarse_steady_now();
    }
    void wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                    kennel::SteadyTime deadline) const override {
        machine_.wait_until(changed, lock, deadline);
    }

private:
    Readings& readings_;
    kennel::SystemClock machine_;
};

} // namespace

template <class Value>
void bench::add_kennel_region(std::vector<Entrant>& entrants) {
    const auto add = [&, alive = std::make_shared<std::weak_ptr<const kennel::CacheRegion<>>>()]<class Cache>(
                         const char* name, Role role, std::type_identity<Cache>) {
        entrants.push_back({name, role, [alive](std::size_t capacity) {
                                auto region = alive->lock();
                                if (region == nullptr)
                                    *alive = region = std::make_shared<kennel::CacheRegion<>>(
                                        make_kennel_region(capacity));
                                return std::make_unique<ContestantOf<Cache, Value>>(std::move(region));
                            }});
    };
    add(visit_in_region, {.is_ours = true}, std::type_identity<KennelRegionVisit<Value>>());
    add("Kennel, get", {.is_ours = true}, std::type_identity<KennelRegionGet<Value>>());
    add(get_or_create, {.is_ours = true, .evicts = true}, std::type_identity<KennelRegionGetOrCreate<Value>>());
}

template void bench::add_kennel_region<bench::Value<8>>(std::vector<Entrant>&);
template void bench::add_kennel_region<bench::Value<256>>(std::vector<Entrant>&);

bench::HitCosts bench::costs_of_a_hit() {
    constexpr int hits = 1000;
    CountingClock::Readings readings;
    const kennel::CacheRegion<> region = make_kennel_region(16, std::make_shared<CountingClock>(readings));
    const auto ask = [&] { return region.get_or_create("key", [] { return Value<8>::of(1); }); };
    keep(ask());
    readings.coarse = readings.exact = 0;
    const CountedAllocations allocations;
    for (int number = 0; number != hits; ++number) keep(ask());
    const auto each = [](long count) { return static_cast<double>(count) / hits; };
    return {each(allocations.count()), each(readings.coarse), each(readings.exact)};
}
