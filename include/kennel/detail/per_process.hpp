#ifndef KENNEL_DETAIL_PER_PROCESS_HPP
#define KENNEL_DETAIL_PER_PROCESS_HPP

#include "kennel/detail/fork_generation.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// An object with threads and connections, of which a forked child gets one of its own. Thread-safe.
///
/// The child's copy of the parent's object is neither used nor destroyed: its threads do not exist there, and its locks
/// may be held by them for ever.
template <class Object>
class PerProcess {
public:
    explicit PerProcess(std::function<std::shared_ptr<Object>()> make)
        : make_(std::move(make)), current_(new Made{make_(), fork_generation()}) {}
    PerProcess(const PerProcess&) = delete;
    PerProcess& operator=(const PerProcess&) = delete;
    ~PerProcess() {
        Made* const made = current_.load();
        if (made->generation == fork_generation()) delete made;
    }

    [[nodiscard]] const std::shared_ptr<Object>& get() {
        Made* const made = current_.load(std::memory_order_acquire);
        return made->generation == fork_generation() ? made->object : renewed(made);
    }

private:
    struct Made {
        std::shared_ptr<Object> object;
        unsigned generation;
    };

    [[nodiscard]] [[gnu::cold]] const std::shared_ptr<Object>& renewed(Made* of_parent) {
        auto own = std::make_unique<Made>(Made{make_(), fork_generation()});
        if (current_.compare_exchange_strong(of_parent, own.get())) return own.release()->object;
        return of_parent->object; // another thread was faster
    }

    std::function<std::shared_ptr<Object>()> make_;
    std::atomic<Made*> current_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
