#ifndef KENNEL_TESTS_SUPPORT_BACKENDS_HPP
#define KENNEL_TESTS_SUPPORT_BACKENDS_HPP

#include "kennel/backend_context.hpp"
#include "kennel/backends/memory.hpp"
#include "kennel/proxy_backend.hpp"

#include <memory>
#include <utility>

namespace kennel::testing_support {

/// A backend without a region.
template <class Backend = MemoryBackend>
[[nodiscard]] std::shared_ptr<Backend> new_backend(const Arguments& arguments = {},
                                                   std::shared_ptr<const Clock> clock = SystemClock::shared()) {
    return std::make_shared<Backend>(BackendContext{arguments, std::move(clock)});
}

/// A proxy in front of a backend, without a region.
template <class Proxy>
[[nodiscard]] std::shared_ptr<CacheBackend> wrapped(std::shared_ptr<Proxy> proxy,
                                                    std::shared_ptr<CacheBackend> backend) {
    return WrappedProxy(std::move(proxy)).around(std::move(backend));
}

} // namespace kennel::testing_support

#endif
