#ifndef KENNEL_DEMO_SHOP_HPP
#define KENNEL_DEMO_SHOP_HPP

#include <cstdint>
#include <functional>
#include <string>

namespace demo {

/// What a customer sees of his account.
struct CustomerPage {
    std::string name;
    std::string city;
    std::int64_t orders = 0;
    std::int64_t spent_cents = 0;
    std::int64_t rank_in_city = 0;
};

/// What a product looks like in the shop.
struct ProductPage {
    std::string name;
    std::int64_t price_cents = 0;
    std::string also_bought;
};

/// A shop with users, products and orders in an SQLite database, whose pages take milliseconds of joins.
///
/// May be used from many threads at once: each has a connection of its own, so there is one shop in the program.
class Shop {
public:
    /// Opens the database. Throws `DatabaseError` when it is none, or was not made by `make`.
    explicit Shop(std::string path);

    /// Makes a shop with that many rows in all tables together; `progress` is called with the part that is done, from 0 to 1.
    static void make(const std::string& path, std::int64_t rows,
                     const std::function<void(double)>& progress);

    [[nodiscard]] std::int64_t users() const noexcept { return users_; }
    [[nodiscard]] std::int64_t products() const noexcept { return products_; }
    [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }

    /// Ids begin with 1.
    [[nodiscard]] CustomerPage customer_page(std::int64_t user_id) const;
    [[nodiscard]] ProductPage product_page(std::int64_t product_id) const;

private:
    std::string path_;
    std::int64_t users_ = 0;
    std::int64_t products_ = 0;
    std::int64_t rows_ = 0;
};

} // namespace demo

#endif
