#pragma once

#include "file.hpp"
#include "xz_process.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// The bytes of a file, of standard input (`-`), or of a file that is compressed by xz, decompressed.
class ByteSource {
public:
    /// Throws `InputError` when there is nothing that can be read.
    explicit ByteSource(const std::string& path);

    /// What the next call of `next` will give.
    [[nodiscard]] std::string_view peek() const noexcept { return {buffer_.data(), size_}; }

    /// The following bytes, until the next call: a multiple of eight unless they are the last, and none at the end.
    /// Throws `InputError` when they cannot be read or decompressed.
    [[nodiscard]] std::string_view next();

    /// How error messages call it.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    void refuse_other_compressions() const;
    void fill();

    std::string name_;
    File file_;
    std::optional<XzProcess> xz_;
    std::vector<char> buffer_;
    std::size_t size_ = 0;
    bool is_begin_ = true;
};

/// Throws `InputError` when there is no such file, or one that may not be read.
void require_readable(const std::string& path);

} // namespace bench
