#ifndef KENNEL_BACKENDS_BUILT_IN_HPP
#define KENNEL_BACKENDS_BUILT_IN_HPP

#include "kennel/backend_registry.hpp"
#include "kennel/backends/memory.hpp"
#include "kennel/backends/memory_bytes.hpp"
#include "kennel/backends/null.hpp"

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Registers the backends that need no other library, the first time; they are compiled where this is used.
template <class Lazy = void>
void register_built_in_backends() {
    self_register<BasicMemoryBackend<Lazy>>("memory");
    self_register<BasicMemoryBytesBackend<Lazy>>("memory_bytes");
    self_register<BasicNullBackend<Lazy>>("null");
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
