#pragma once

#include <cstdio>
#include <memory>

namespace bench {

struct CloseFile {
    void operator()(std::FILE* file) const noexcept {
        if (file != stdin) std::fclose(file);
    }
};

/// An open file, closed at the end unless it is standard input.
using File = std::unique_ptr<std::FILE, CloseFile>;

} // namespace bench
