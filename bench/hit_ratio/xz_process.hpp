#pragma once

#include "file.hpp"

#include <string>

namespace bench {

/// The program xz while it decompresses a file.
class XzProcess {
public:
    /// Decompresses `compressed` from its begin. Throws `InputError`, which calls it `name`.
    XzProcess(std::FILE* compressed, const std::string& name);
    XzProcess(const XzProcess&) = delete;
    XzProcess& operator=(const XzProcess&) = delete;

    /// Ends it if it has not ended.
    ~XzProcess();

    [[nodiscard]] std::FILE* output() const noexcept { return output_.get(); }

    /// To be called when its output has been read. Throws `InputError` when it could not decompress everything.
    void finish();

private:
    [[nodiscard]] int wait() noexcept;

    std::string name_;
    File output_;
    int process_ = 0;
};

} // namespace bench
