#ifndef KENNEL_NAME_REGISTRY_HPP
#define KENNEL_NAME_REGISTRY_HPP

#include "kennel/version.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// Gives everybody who asks for a name the same object, for as long as anybody holds it.
///
/// All members may be called from many threads at once.
template <class Type>
class NameRegistry {
public:
    /// Makes the object of a name.
    using Creator = std::function<std::shared_ptr<Type>(std::string_view name)>;

    /// `creator` makes the object of a name that nobody holds. It is called without any lock, so it
    /// may ask this registry for other names; when several threads ask for a new name at once it may
    /// be called for each of them, and all get the object that was ready first.
    explicit NameRegistry(Creator creator) : creator_(std::move(creator)) {}

    /// The object of this name. What the creator throws reaches the caller.
    [[nodiscard]] std::shared_ptr<Type> get(std::string_view name) {
        if (std::shared_ptr<Type> held = find(name)) return held;
        std::shared_ptr<Type> created = creator_(name);
        const std::lock_guard lock(mutex_);
        std::weak_ptr<Type>& entry = objects_.try_emplace(std::string(name)).first->second;
        if (std::shared_ptr<Type> held = entry.lock()) return held;
        entry = created;
        forget_expired();
        return created;
    }

    /// How many names are remembered: those in use, and at most about as many that no longer are.
    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return objects_.size();
    }

private:
    [[nodiscard]] std::shared_ptr<Type> find(std::string_view name) const {
        const std::lock_guard lock(mutex_);
        const auto found = objects_.find(name);
        return found != objects_.end() ? found->second.lock() : nullptr;
    }

    /// Sweeps when the names have doubled since the last time, so that each name pays a fixed share.
    void forget_expired() {
        if (objects_.size() < next_sweep_) return;
        std::erase_if(objects_, [](const auto& entry) { return entry.second.expired(); });
        next_sweep_ = (std::max)(smallest_sweep, 2 * objects_.size());
    }

    static constexpr std::size_t smallest_sweep = 16;

    Creator creator_;
    mutable std::mutex mutex_;
    std::map<std::string, std::weak_ptr<Type>, std::less<>> objects_;
    std::size_t next_sweep_ = smallest_sweep;
};

KENNEL_NAMESPACE_END

#endif
