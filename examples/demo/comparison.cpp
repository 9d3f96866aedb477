#include "comparison.hpp"

#include "interrupt.hpp"

#include <kennel/cached_function.hpp>

#include <string>

namespace demo {
namespace {

/// Customers and products have the pages in turn, the most popular ones first.
bool is_customer(std::size_t page) { return page % 2 == 0; }
std::int64_t id_of(std::size_t page) { return static_cast<std::int64_t>(page / 2) + 1; }

/// Stores what is in the cache again, so that it expires one expiration time from now.
template <class Page>
void make_fresh(const kennel::CacheRegion<>& cache, const std::string& key) {
    if (const auto page = cache.get<Page>(key, {.ignore_expiration = true})) cache.set(key, *page);
}

/// A renewal in the background may outlive the run, but not the shop that it reads.
struct IdleInTheEnd {
    explicit IdleInTheEnd(const Cache& all) : cache(all) {}
    IdleInTheEnd(const IdleInTheEnd&) = delete;
    IdleInTheEnd& operator=(const IdleInTheEnd&) = delete;
    ~IdleInTheEnd() { cache.wait_until_idle(); }

    const Cache& cache;
};

} // namespace

Comparison::Comparison(const Options& options, const Shop& shop, Progress& progress)
    : pages_(static_cast<std::size_t>(options.keys)), shop_(shop), progress_(progress),
      queries_(pages_),
      workload_(pages_, options.zipf, static_cast<std::size_t>(options.threads), options.seconds) {}

CustomerPage Comparison::customer_page(std::int64_t id) {
    throw_if_interrupted();
    const QueryCounter::Running query(queries_, static_cast<std::size_t>(id - 1) * 2);
    return shop_.customer_page(id);
}

ProductPage Comparison::product_page(std::int64_t id) {
    throw_if_interrupted();
    const QueryCounter::Running query(queries_, static_cast<std::size_t>(id - 1) * 2 + 1);
    return shop_.product_page(id);
}

Measurement Comparison::without_cache() {
    const auto serve = [this](std::size_t page) {
        if (is_customer(page)) (void)customer_page(id_of(page));
        else (void)product_page(id_of(page));
    };
    return workload_.run("without Kennel", serve, queries_, progress_);
}

Measurement Comparison::with_cache(const Cache& cache) {
    const IdleInTheEnd renewals{cache};
    const auto cached_customer_page = cache.region().cache_on_arguments(
        "customer_page", [this](std::int64_t id) { return customer_page(id); });
    const auto cached_product_page = cache.region().cache_on_arguments(
        "product_page", [this](std::int64_t id) { return product_page(id); });

    const auto serve = [&](std::size_t page) {
        if (is_customer(page)) (void)cached_customer_page(id_of(page));
        else (void)cached_product_page(id_of(page));
    };
    workload_.serve_each_once("filling the cache", serve, progress_);

    for (std::size_t page = 0; page != pages_; ++page) {
        if (is_customer(page))
            make_fresh<CustomerPage>(cache.region(), cached_customer_page.key(id_of(page)));
        else make_fresh<ProductPage>(cache.region(), cached_product_page.key(id_of(page)));
    }
    return workload_.run("with Kennel", serve, queries_, progress_);
}

} // namespace demo
