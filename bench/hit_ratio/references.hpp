#pragma once

#include "advance.hpp"
#include "trace.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

/// How often one undivided LRU cache misses, exactly and for every capacity, by the stack distances of the requests
/// (R. L. Mattson and others, "Evaluation techniques for storage hierarchies", 1970).
class ExactLru {
public:
    ExactLru(const Trace& trace, const Advance& advance);

    [[nodiscard]] std::uint64_t misses(std::size_t capacity) const;

private:
    std::size_t requests_;
    std::vector<std::uint64_t> hits_; ///< by capacity
};

/// How often a cache misses at least that knows the future and keeps every key that it is asked for until it evicts it
/// (L. A. Belady, "A study of replacement algorithms for a virtual-storage computer", 1966).
class Optimum {
public:
    explicit Optimum(const Trace& trace);

    [[nodiscard]] std::uint64_t misses(std::size_t capacity, const Advance& advance) const;

private:
    std::vector<std::uint32_t> next_uses_; ///< the next request for the same key, by request
};

} // namespace bench
