#ifndef KENNEL_REGION_ENGINE_HPP
#define KENNEL_REGION_ENGINE_HPP

#include "kennel/detail/type_name.hpp"
#include "kennel/lookup.hpp"
#include "kennel/region/requests.hpp"
#include "kennel/region_options.hpp"
#include "kennel/statistics.hpp"

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What a call says differently from its region. It refers to the options of the call, because copying them would cost
/// a hit more than all else that it does.
struct RuleChanges {
    const std::optional<TimeSpan>* expiration = nullptr;
    const std::optional<TimeSpan>* stale_time = nullptr;
    const std::optional<TimeSpan>* lock_timeout = nullptr;
    const std::optional<OnLockTimeout>* on_lock_timeout = nullptr;
    const std::optional<TimeSpan>* soft_timeout = nullptr;
    bool ignore_expiration = false;
    bool always_degrades = false; ///< what the backend throws is part of the answer, whatever the region says
    const char* wanted = nullptr; ///< the type asked for, as `function_name` puts it
};

template <class Value>
[[nodiscard]] RuleChanges read_changes_of(const ReadOptions& options) {
    return {.expiration = &options.expiration_time,
            .ignore_expiration = options.ignore_expiration,
            .wanted = function_name<Value>()};
}

template <class Value>
[[nodiscard]] RuleChanges changes_of(const CreateOptions<Value>& options) {
    return {.expiration = &options.expiration_time,
            .stale_time = &options.stale_time,
            .lock_timeout = &options.lock_timeout,
            .on_lock_timeout = &options.on_lock_timeout,
            .soft_timeout = &options.soft_timeout,
            .wanted = function_name<Value>()};
}

/// What an entry is good for.
enum class Standing : std::uint8_t {
    none,  ///< for nothing
    stale, ///< to be served while somebody creates a new value
    fresh, ///< to be served
};

/// What a look at the store has brought.
struct Reading {
    Standing standing = Standing::none;
    EventKind reason = EventKind::miss; ///< why there is nothing to serve
    WallTime created{};
    std::exception_ptr error{}; ///< why the store could not be read, or the entry not understood
};

/// One value to store: its key, and how it becomes a payload in the form that the backend wants.
struct NewEntry {
    std::string_view key;
    FunctionRef<Payload(PayloadForm)> payload;
};

/// The part of a region that knows no type of value: what a region's handles and wrapped functions need of it.
///
/// Its implementation is compiled where `configure` is called, and nowhere else: that is why these calls are virtual.
class RegionEngine {
public:
    using Take = FunctionRef<bool(const CachedValue&)>;
    using MultiTake = FunctionRef<bool(std::size_t index, const CachedValue&)>;

    virtual void configure(std::string_view backend, const ConfigureOptions& options) = 0;
    virtual void wrap(const WrappedProxy& proxy) = 0;

    /// Makes the request take the value of the key.
    virtual void get_or_create(std::string_view key, const RuleChanges& changes, ValueRequest& request) = 0;
    virtual void refresh(std::string_view key, const RuleChanges& changes, ValueRequest& request) = 0;

    /// The same for many keys, which are different and sorted.
    virtual void get_or_create_multi(std::span<const std::string_view> keys, const RuleChanges& changes,
                                     MultiRequest& request) = 0;
    virtual void refresh_multi(std::span<const std::string_view> keys, const RuleChanges& changes,
                               MultiRequest& request) = 0;

    /// Looks up, counts and reports; `take` gets what can be served, fresh or stale.
    virtual Reading look_up(std::string_view key, const RuleChanges& changes, Take take) = 0;
    virtual std::vector<Reading> look_up_multi(std::span<const std::string_view> keys, const RuleChanges& changes,
                                               MultiTake take) = 0;

    virtual void set(std::span<const NewEntry> entries, std::optional<TimeSpan> time_to_live, const Tags& tags) = 0;
    virtual void erase(std::span<const std::string_view> keys) = 0;
    virtual void invalidate(Invalidation kind) = 0;

    [[nodiscard]] virtual bool key_is_locked(std::string_view key) = 0;
    [[nodiscard]] virtual TimeSpan age_of(WallTime created) const = 0;
    [[nodiscard]] virtual std::shared_ptr<CacheBackend> backend() const = 0;
    [[nodiscard]] virtual std::string backend_name() const = 0;
    [[nodiscard]] virtual RegionStatistics statistics() const noexcept = 0;
    virtual void reset_statistics() noexcept = 0;

    virtual ~RegionEngine() = default;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
