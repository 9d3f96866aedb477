#ifndef KENNEL_BACKENDS_NULL_HPP
#define KENNEL_BACKENDS_NULL_HPP

#include "kennel/cache_backend.hpp"

#include <memory>
#include <optional>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

/// Keeps nothing, so that every look-up is a miss; registered as "null". It takes no arguments.
///
/// Its lock is always to be had, so callers in one process still share a creation, and processes do not.
template <class Lazy>
class BasicNullBackend final : public CacheBackend {
public:
    [[nodiscard]] std::optional<CachedValue> get(std::string_view /*key*/) override { return std::nullopt; }
    void set(std::string_view /*key*/, const CachedValue& /*value*/) override {}
    void erase(std::string_view /*key*/) override {}

    [[nodiscard]] std::shared_ptr<CacheMutex> get_mutex(std::string_view /*key*/) override {
        return std::make_shared<NullMutex>();
    }

private:
    class NullMutex final : public CacheMutex {
    public:
        [[nodiscard]] bool acquire(SteadyTime /*deadline*/) override { return true; }
        void release() noexcept override {}
        [[nodiscard]] bool locked() override { return false; }
    };
};

/// Keeps nothing; see `BasicNullBackend`.
using NullBackend = BasicNullBackend<void>;

KENNEL_NAMESPACE_END

#endif
