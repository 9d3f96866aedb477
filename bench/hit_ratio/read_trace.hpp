#pragma once

#include "progress.hpp"
#include "trace.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace bench {

/// What a file of keys looks like.
enum class TraceFormat {
    detect, ///< numbers if the file's name ends in .u64 or .u64.xz, or if there is a NUL near its begin; else text
    u64,    ///< eight bytes for each key, the least of them first
    text,   ///< one line for each key
};

/// Reads no more than `limit` requests. Throws `InputError`.
[[nodiscard]] Trace read_trace(const std::string& path, TraceFormat format, std::size_t limit, Progress& progress);

} // namespace bench
