#ifndef KENNEL_REGION_RUNNING_CREATION_HPP
#define KENNEL_REGION_RUNNING_CREATION_HPP

#include "kennel/detail/joined.hpp"
#include "kennel/errors.hpp"

#include <span>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A creator that runs on this thread. Whoever is called by it and asks for one of its keys, asks it for itself, also
/// when its flight is superseded, so that nobody could find it by that.
template <class Lazy>
class BasicRunningCreation {
public:
    /// `region` is the address of anything that only this region has; all must live as long.
    BasicRunningCreation(const void* region, std::span<const std::string_view> keys) noexcept
        : region_(region), keys_(keys), outer_(innermost) {
        innermost = this;
    }
    BasicRunningCreation(const BasicRunningCreation&) = delete;
    BasicRunningCreation& operator=(const BasicRunningCreation&) = delete;
    ~BasicRunningCreation() { innermost = outer_; }

    /// Throws `RecursiveCreation` when a creator on this thread is creating the value of the key.
    static void refuse_recursion(const void* region, std::string_view key) {
        for (const BasicRunningCreation* running = innermost; running != nullptr; running = running->outer_)
            if (running->region_ == region && running->creates(key)) [[unlikely]]
                throw RecursiveCreation(joined({"the creator of '", key, "' asks for its own value"}));
    }

    /// Whether any creator runs on this thread.
    [[nodiscard]] static bool is_here() noexcept { return innermost != nullptr; }

private:
    [[nodiscard]] bool creates(std::string_view key) const noexcept {
        for (const std::string_view mine : keys_)
            if (mine == key) return true;
        return false;
    }

    static inline constinit thread_local const BasicRunningCreation* innermost = nullptr;

    const void* region_;
    std::span<const std::string_view> keys_;
    const BasicRunningCreation* outer_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
