#ifndef KENNEL_REGION_REGION_STATE_HPP
#define KENNEL_REGION_REGION_STATE_HPP

#include "kennel/detail/joined.hpp"
#include "kennel/region/engine.hpp"
#include "kennel/region/text_of.hpp"
#include "kennel/region/wrapped_names.hpp"

#include <atomic>
#include <mutex>
#include <string>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What the handles of a region share: its options and, once it is configured, its engine.
class RegionState {
public:
    explicit RegionState(RegionOptions&& options) : options_(std::move(options)) {}
    RegionState(const RegionState&) = delete;
    RegionState& operator=(const RegionState&) = delete;
    ~RegionState() { delete engine_.load(); }

    [[nodiscard]] const RegionOptions& options() const noexcept { return options_; }

    [[nodiscard]] WrappedNames& wrapped_names() noexcept { return wrapped_names_; }

    [[nodiscard]] bool is_configured() const noexcept { return engine_.load(std::memory_order_acquire) != nullptr; }

    /// Throws `RegionNotConfigured`.
    [[nodiscard]] RegionEngine& engine() const {
        RegionEngine* const engine = engine_.load(std::memory_order_acquire);
        if (engine == nullptr) [[unlikely]]
            throw_not_configured();
        return *engine;
    }

    /// Configures the engine, which `make_engine` makes the first time.
    template <class MakeEngine>
    void configure(std::string_view backend, const ConfigureOptions& options, MakeEngine&& make_engine) {
        const std::lock_guard lock(mutex_);
        if (is_configured()) return engine().configure(backend, options);
        auto engine = make_engine(options_);
        engine->configure(backend, options);
        engine_.store(engine.release(), std::memory_order_release);
    }

private:
    [[noreturn]] void throw_not_configured() const {
        throw RegionNotConfigured(
            joined({region_called(options_.name), " is not configured: call configure() before it is used"}));
    }

    RegionOptions options_;
    WrappedNames wrapped_names_;
    std::mutex mutex_;                           ///< of `configure`
    std::atomic<RegionEngine*> engine_{nullptr}; ///< owned, and the same from the first `configure` on
};

/// The same and the region's serializer, which a creation in the background may outlive all this with.
template <class SerializerType>
class TypedRegionState final : public RegionState {
public:
    TypedRegionState(RegionOptions&& options, SerializerType&& serializer)
        : RegionState(std::move(options)), serializer_(new SerializerType(std::move(serializer))) {}

    [[nodiscard]] const std::shared_ptr<const SerializerType>& serializer() const noexcept { return serializer_; }

private:
    std::shared_ptr<const SerializerType> serializer_;
};

[[nodiscard]] inline LookupState state_of(const Reading& reading) noexcept {
    if (reading.standing == Standing::fresh) return LookupState::hit;
    if (reading.standing == Standing::stale) return LookupState::stale;
    return reading.reason == EventKind::read_failed ? LookupState::error : LookupState::miss;
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
