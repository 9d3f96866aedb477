#ifndef KENNEL_BACKEND_CONTEXT_HPP
#define KENNEL_BACKEND_CONTEXT_HPP

#include "kennel/arguments.hpp"
#include "kennel/cache_backend.hpp"
#include "kennel/clock.hpp"

#include <memory>

KENNEL_NAMESPACE_BEGIN

/// What a factory is given: the arguments of `configure`, and the clock of the region.
struct BackendContext {
    const Arguments& arguments; ///< not to be kept
    std::shared_ptr<const Clock> clock = SystemClock::shared();
};

KENNEL_NAMESPACE_END

#endif
