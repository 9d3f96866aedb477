#ifndef KENNEL_CREATION_RUNNER_HPP
#define KENNEL_CREATION_RUNNER_HPP

#include "kennel/detail/late.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// A creation that is to be done elsewhere while the old value is served: calling it creates, stores and lets everybody
/// go.
///
/// It runs at most once, on any thread, and throws nothing. A call does nothing when the creation has begun elsewhere:
/// a caller who needs the value may begin it before the runner does. If all copies are destroyed without a call, the
/// creation is given up, its locks are released, and the next caller tries again.
template <class Lazy>
class BasicCreationJob {
public:
    /// `work` is what a call does.
    BasicCreationJob(std::string key, std::shared_ptr<detail::Late<std::function<void()>, Lazy>> work)
        : key_(std::move(key)), work_(std::move(work)) {}

    /// The key as the caller wrote it.
    [[nodiscard]] const std::string& key() const noexcept { return key_; }

    /// Creates the value, stores it and lets everybody go who waits for it.
    void operator()() const { (*work_)(); }

private:
    std::string key_;
    std::shared_ptr<detail::Late<std::function<void()>, Lazy>> work_;
};

/// A creation that is to be done elsewhere; see `BasicCreationJob`.
using CreationJob = BasicCreationJob<void>;

/// Takes a creation to another thread. When it throws, the creation is done in place instead.
using AsyncCreationRunner = std::function<void(CreationJob)>;

KENNEL_NAMESPACE_END

#endif
