#ifndef KENNEL_BACKENDS_MEMORY_REMOVALS_HPP
#define KENNEL_BACKENDS_MEMORY_REMOVALS_HPP

#include "kennel/backends/memory/entry.hpp"
#include "kennel/backends/memory/limits.hpp"

#include <exception>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The entries that one call removes, of which the listener is told at its end, when no lock is held any more. Until
/// then the caller's epoch keeps them.
class MemoryRemovals {
public:
    explicit MemoryRemovals(const RemovalListener& listener) noexcept : listener_(listener) {}
    MemoryRemovals(const MemoryRemovals&) = delete;
    MemoryRemovals& operator=(const MemoryRemovals&) = delete;

    /// Tells what a call that failed has removed nevertheless; its own error counts more than the listener's.
    ~MemoryRemovals() { tell(); }

    /// Makes room for one removal; may throw `std::bad_alloc`.
    void reserve() {
        if (listener_ && removed_.size() == removed_.capacity()) removed_.reserve(2 * removed_.size() + 4);
    }

    /// Needs room.
    void add(const MemoryEntry& entry, RemovalCause cause) noexcept {
        if (listener_) removed_.push_back({&entry, cause});
    }

    /// Whether the calling thread is telling a listener just now.
    [[nodiscard]] static bool is_telling() noexcept { return depth != 0; }

    /// The first that the listener has thrown so far, if it has.
    [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }

    /// Tells the listener of all so far; what it throws is kept for `finish`.
    void tell() noexcept {
        if (removed_.empty()) return;
        ++depth;
        for (const auto& [entry, cause] : std::exchange(removed_, {})) {
            try {
                entry->visit([&, cause = cause](const CachedValue& value) { listener_(entry->key(), value, cause); });
            } catch (...) {
                if (error_ == nullptr) error_ = std::current_exception();
            }
        }
        --depth;
    }

    /// Tells the listener of the rest, then throws the first of what it has thrown.
    void finish() {
        tell();
        if (error_ != nullptr) std::rethrow_exception(std::exchange(error_, nullptr));
    }

private:
    struct Removed {
        const MemoryEntry* entry;
        RemovalCause cause;
    };

    static inline constinit thread_local int depth = 0; ///< of calls of `tell`

    const RemovalListener& listener_;
    std::vector<Removed> removed_;
    std::exception_ptr error_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
