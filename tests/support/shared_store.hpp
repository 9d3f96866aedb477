#ifndef KENNEL_TESTS_SUPPORT_SHARED_STORE_HPP
#define KENNEL_TESTS_SUPPORT_SHARED_STORE_HPP

#include "kennel/backend_registry.hpp"
#include "kennel/backends/memory.hpp"
#include "kennel/cache_region.hpp"
#include "support/locking_proxy.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <utility>

namespace test {

/// A store and its locks that several regions share, each of which stands for a process of its own.
class SharedStore {
public:
    SharedStore(std::shared_ptr<const kennel::Clock> clock, LockSource locks)
        : clock_(std::move(clock)), locks_(std::move(locks)), name_(unused_name()) {
        const auto backend = std::make_shared<kennel::MemoryBackend>(kennel::BackendContext{{}, clock_});
        kennel::register_backend(name_, [backend](const kennel::BackendContext&) { return backend; });
    }

    [[nodiscard]] kennel::CacheRegion<> process(const kennel::ConfigureOptions& options = {}) const {
        return process(options, clock_);
    }
    /// With another clock than the store's.
    [[nodiscard]] kennel::CacheRegion<> process(kennel::ConfigureOptions options,
                                                const std::shared_ptr<const kennel::Clock>& clock) const {
        options.wrap.push_back(std::make_shared<LockingProxy>(locks_));
        kennel::CacheRegion<> region({.clock = clock});
        region.configure(name_, options);
        return region;
    }

private:
    static std::string unused_name() {
        static std::atomic<int> count = 0;
        return "shared store " + std::to_string(++count);
    }

    std::shared_ptr<const kennel::Clock> clock_;
    LockSource locks_;
    std::string name_;
};

} // namespace test

#endif
