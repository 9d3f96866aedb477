#ifndef KENNEL_REGION_MAKE_ENGINE_HPP
#define KENNEL_REGION_MAKE_ENGINE_HPP

#include "kennel/region/default_engine.hpp"

#include <memory>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Makes the engine of a region. `Lazy` is any type: the engine is compiled where this is used.
template <class Lazy>
[[nodiscard]] std::unique_ptr<Late<RegionEngine, Lazy>> make_engine(const RegionOptions& options) {
    return std::make_unique<DefaultEngine<Late<void, Lazy>>>(options);
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
