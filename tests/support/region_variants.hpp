#ifndef KENNEL_TESTS_SUPPORT_REGION_VARIANTS_HPP
#define KENNEL_TESTS_SUPPORT_REGION_VARIANTS_HPP

#include "kennel/backends/memory_bytes.hpp"
#include "kennel/cache_region.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/file_locks.hpp"
#include "support/locking_proxy.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// Passes everything on.
class IdleProxy final : public kennel::ProxyBackend {};

/// Remembers the moments of the last hard and the last soft invalidation, as a user would write it: for one thread.
class TwoMomentsStrategy final : public kennel::RegionInvalidationStrategy {
public:
    void invalidate(kennel::Invalidation kind, kennel::WallTime now) override {
        (kind == kennel::Invalidation::hard ? hard_ : soft_) = stamp(now);
    }
    [[nodiscard]] kennel::Invalidation judge(std::string_view /*key*/,
                                             const kennel::Metadata& metadata) const override {
        if (metadata.created <= hard_) return kennel::Invalidation::hard;
        return metadata.created <= soft_ ? kennel::Invalidation::soft : kennel::Invalidation::none;
    }
    [[nodiscard]] bool was_soft_invalidated() const override { return soft_ > hard_; }
    [[nodiscard]] kennel::WallTime stamp(kennel::WallTime now) const override {
        return (std::max)({now, hard_ + std::chrono::microseconds(1), soft_ + std::chrono::microseconds(1)});
    }

private:
    kennel::WallTime hard_{};
    kennel::WallTime soft_{};
};

/// Makes regions of one kind, all on one clock that is turned by hand.
struct RegionFactory {
    std::string name = "memory";
    std::string backend = "memory";
    bool has_proxy = false;
    bool has_own_strategy = false;
    LockSource locks{};                                       ///< empty: the backend has none
    std::function<void(kennel::ConfigureOptions&)> prepare{}; ///< empty: nothing else is to be done
    std::shared_ptr<kennel::testing::ManualClock> clock = std::make_shared<kennel::testing::ManualClock>();

    kennel::CacheRegion<> operator()(kennel::ConfigureOptions options = {},
                                     kennel::RegionOptions region_options = {}) const {
        region_options.clock = clock;
        if (has_proxy) options.wrap.push_back(std::make_shared<IdleProxy>());
        if (locks) options.wrap.push_back(std::make_shared<LockingProxy>(locks));
        if (has_own_strategy && options.region_invalidator == nullptr)
            options.region_invalidator = std::make_shared<TwoMomentsStrategy>();
        if (prepare) prepare(options);
        kennel::CacheRegion<> region(std::move(region_options));
        region.configure(backend, options);
        return region;
    }
};

/// The kinds of regions that must not differ in behaviour from those in this process, in a program that has servers.
inline std::vector<RegionFactory>& regions_on_servers() {
    static std::vector<RegionFactory> regions;
    return regions;
}

/// Runs `body` for every kind of region that must not differ in behaviour: those in this process, or those on servers.
inline void on_every_region(const std::function<void(const RegionFactory&)>& body) {
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    const std::vector<RegionFactory> factories = {
        {.name = "plain"},
        {.name = "through a proxy that does nothing", .has_proxy = true},
        {.name = "with an invalidation strategy of the user's", .has_own_strategy = true},
        {.name = "on a backend that keeps bytes", .backend = "memory_bytes"},
        {.name = "with locks of the process", .locks = source_of(std::make_shared<Locks>(clock)), .clock = clock},
        {.name = "with locks that are files", .locks = source_of(std::make_shared<FileLocks>())},
    };
    std::vector<RegionFactory> others = regions_on_servers();
    for (RegionFactory& factory : others) factory.clock = clock;
    for (const RegionFactory& factory : others.empty() ? factories : others) SECTION(factory.name) {
            body(factory);
        }
}

/// A creator that makes 1, 2, 3 and so on; copies count together.
class Numbers {
public:
    int operator()() { return ++*made_; }
    [[nodiscard]] int made() const { return *made_; }

private:
    std::shared_ptr<int> made_ = std::make_shared<int>(0);
};

/// A creator of many values that makes 1 for each key at the first call, 2 at the second, and so on; it remembers the
/// keys.
class ManyNumbers {
public:
    std::vector<int> operator()(const std::vector<std::string>& keys) {
        calls.push_back(keys);
        return std::vector<int>(keys.size(), static_cast<int>(calls.size()));
    }

    std::vector<std::vector<std::string>> calls{};
};

/// The text of the `Exception` that `action` throws; a failure when it throws none.
template <class Exception>
std::string message_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Exception& error) {
        return error.what();
    }
    FAIL_CHECK("nothing was thrown");
    return {};
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace test

#endif
