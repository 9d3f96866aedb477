#ifndef KENNEL_BACKENDS_REDIS_REPLY_HPP
#define KENNEL_BACKENDS_REDIS_REPLY_HPP

#include "kennel/function_ref.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What a Redis server answers to one command.
struct RedisReply {
    enum class Kind : std::uint8_t { nil, status, error, integer, bulk, array };

    Kind kind = Kind::nil;
    std::int64_t integer = 0;           ///< of an integer; of an array, how many elements it has
    std::string text{};                 ///< of a status, an error, or a bulk that no `BulkReader` has taken
    std::vector<RedisReply> elements{}; ///< of an array

    [[nodiscard]] bool is_nil() const noexcept { return kind == Kind::nil; }
    [[nodiscard]] bool is_error() const noexcept { return kind == Kind::error; }
    [[nodiscard]] bool is_bulk() const noexcept { return kind == Kind::bulk; }
    [[nodiscard]] bool is_integer() const noexcept { return kind == Kind::integer; }
    [[nodiscard]] bool is_bulk_or_nil() const noexcept { return is_bulk() || is_nil(); }
    [[nodiscard]] bool is_array() const noexcept { return kind == Kind::array; }
    [[nodiscard]] bool is_status(std::string_view expected) const noexcept {
        return kind == Kind::status && text == expected;
    }
};

/// Is given the bulks of a reply where they lie, each with its position in the array, or zero.
using BulkReader = FunctionRef<void(std::size_t index, std::string_view bytes)>;

} // namespace detail
KENNEL_NAMESPACE_END

#endif
