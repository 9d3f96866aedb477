#ifndef KENNEL_BACKENDS_MEMORY_TYPE_IDS_HPP
#define KENNEL_BACKENDS_MEMORY_TYPE_IDS_HPP

#include "kennel/payload.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Numbers for types, which take less room in an entry than a pointer.
class [[gnu::visibility("default")]] TypeIds { // one for all shared libraries
public:
    /// The number of a type. Throws `std::length_error` when there are more types than numbers.
    [[nodiscard]] static std::uint32_t of(const TypeDescriptor& type) {
        const std::size_t home = reinterpret_cast<std::uintptr_t>(&type) / alignof(TypeDescriptor);
        for (std::size_t distance = 0; distance != most_types; ++distance) {
            const std::size_t id = (home + distance) % most_types;
            const TypeDescriptor* found = types[id].load(std::memory_order_acquire);
            if (found == nullptr && types[id].compare_exchange_strong(found, &type)) found = &type;
            if (found == &type) return static_cast<std::uint32_t>(id);
        }
        throw std::length_error("more types of values are cached than Kennel has numbers for");
    }

    [[nodiscard]] static const TypeDescriptor& type(std::uint32_t id) noexcept {
        return *types[id].load(std::memory_order_relaxed);
    }

private:
    static constexpr std::size_t most_types = 1U << 14U;
    static inline std::array<std::atomic<const TypeDescriptor*>, most_types> types{};
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
