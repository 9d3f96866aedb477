#ifndef KENNEL_MAKE_BACKEND_HPP
#define KENNEL_MAKE_BACKEND_HPP

#include "kennel/backends/built_in.hpp"

#include <memory>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

/// Makes the backend of that name, or of dogpile's name for it. Throws `PluginNotFound`, what the backend's constructor
/// throws, or `ValidationError` when its factory has made nothing.
template <class Lazy = void>
[[nodiscard]] std::shared_ptr<CacheBackend> make_backend(std::string_view name, const BackendContext& context) {
    detail::register_built_in_backends<Lazy>();
    const detail::Late<BackendFactory, Lazy> factory = backend_registry<Lazy>().find(name);
    std::shared_ptr<CacheBackend> backend = factory(context);
    if (backend == nullptr) throw ValidationError(detail::joined({"the factory of backend '", name, "' made nothing"}));
    return backend;
}

KENNEL_NAMESPACE_END

#endif
