#ifndef KENNEL_DEMO_WORKLOAD_HPP
#define KENNEL_DEMO_WORKLOAD_HPP

#include "progress.hpp"
#include "statistics.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace demo {

/// Serves the page of that popularity: 0 is the page that is asked for most.
using Server = std::function<void(std::size_t page)>;

/// Requests for pages whose popularity follows Zipf's law, from many threads, each of which asks for the next page when it
/// has got the last one.
class Workload {
public:
    Workload(std::size_t pages, double zipf_exponent, std::size_t threads, double seconds);

    /// Has the pages served and measures that. Throws what `serve` throws, and `Interrupted`.
    [[nodiscard]] Measurement run(const std::string& name, const Server& serve,
                                  QueryCounter& queries, Progress& progress) const;

    /// Has every page served once, with the same threads.
    void serve_each_once(const std::string& name, const Server& serve, Progress& progress) const;

private:
    std::size_t pages_;
    std::size_t threads_;
    double seconds_;
    std::vector<std::uint32_t>
        requests_; ///< drawn in advance, so that drawing them does not count as serving them
};

} // namespace demo

#endif
