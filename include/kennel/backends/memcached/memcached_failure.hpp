#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_FAILURE_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_FAILURE_HPP

#include "kennel/errors.hpp"

#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A memcached server answers that it cannot do what it was asked.
class MemcachedRefusal : public BackendError {
public:
    using BackendError::BackendError;
};

/// What a server has written, fit to be shown.
[[nodiscard]] inline std::string shown(std::string_view words) {
    constexpr std::size_t longest = 100;
    std::string text(words.substr(0, longest));
    for (char& byte : text)
        if (byte < ' ' || byte >= '\x7f') byte = '?';
    return text;
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif
