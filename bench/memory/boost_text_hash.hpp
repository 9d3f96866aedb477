#pragma once

#if __has_include(<boost/container_hash/hash.hpp>)
#include <boost/container_hash/hash.hpp>

#include <cstddef>
#include <string_view>

namespace bench {

/// Boost's own hash, for look-ups without making a string.
struct BoostTextHash {
    using is_transparent = void;
    using is_avalanching = void;
    [[nodiscard]] std::size_t operator()(std::string_view text) const noexcept {
        return boost::hash<std::string_view>()(text);
    }
};

} // namespace bench
#endif
