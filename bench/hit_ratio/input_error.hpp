#pragma once

#include <stdexcept>

namespace bench {

/// Says which input cannot be used, why, and what helps.
struct InputError : std::runtime_error {
    using runtime_error::runtime_error;
};

} // namespace bench
