#ifndef KENNEL_DEMO_COMPARISON_HPP
#define KENNEL_DEMO_COMPARISON_HPP

#include "cache.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "shop.hpp"
#include "statistics.hpp"
#include "workload.hpp"

#include <cstddef>

namespace demo {

/// The two ways to serve the pages of a shop: each straight from the database, or through a cache.
class Comparison {
public:
    Comparison(const Options& options, const Shop& shop, Progress& progress);

    [[nodiscard]] Measurement without_cache();

    /// All pages are in the cache from the beginning, and expire at the same moment.
    [[nodiscard]] Measurement with_cache(const Cache& cache);

private:
    [[nodiscard]] CustomerPage customer_page(std::int64_t id);
    [[nodiscard]] ProductPage product_page(std::int64_t id);

    std::size_t pages_;
    const Shop& shop_;
    Progress& progress_;
    QueryCounter queries_;
    Workload workload_;
};

} // namespace demo

#endif
