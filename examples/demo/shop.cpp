#include "shop.hpp"

#include "database.hpp"

#include <fmt/format.h>

#include <utility>

namespace demo {
namespace {

constexpr const char* customer_query = R"(
    WITH spending AS (
        SELECT users.id AS user_id, count(*) AS orders, sum(orders.quantity * products.price_cents) AS cents
        FROM users
        JOIN orders ON orders.user_id = users.id
        JOIN products ON products.id = orders.product_id
        WHERE users.city = (SELECT city FROM users WHERE id = ?1)
        GROUP BY users.id)
    SELECT users.name, users.city, mine.orders, mine.cents,
           (SELECT 1 + count(*) FROM spending WHERE spending.cents > mine.cents)
    FROM users JOIN spending AS mine ON mine.user_id = users.id
    WHERE users.id = ?1)";

constexpr const char* product_query = R"(
    SELECT name, price_cents, (
        SELECT group_concat(name, ', ') FROM (
            SELECT products.name AS name
            FROM orders AS bought
            JOIN orders AS also ON also.user_id = bought.user_id AND also.product_id <> bought.product_id
            JOIN products ON products.id = also.product_id
            WHERE bought.product_id = ?1
            GROUP BY also.product_id
            ORDER BY count(*) DESC, also.product_id
            LIMIT 5))
    FROM products
    WHERE id = ?1)";

/// Runs a query for one row and hands it to `read` before the statement is free for the next call.
template <class Read>
auto first_row(Statement& statement, std::int64_t id, const Read& read) {
    statement.bind(1, id);
    if (!statement.step())
        throw DatabaseError(fmt::format("the shop's database has no row with id {}", id));
    auto page = read(statement);
    statement.reset();
    return page;
}

/// What one thread reads the shop with.
struct Reader {
    explicit Reader(const std::string& path)
        : connection(Connection::open_to_read(path)), customer(connection, customer_query),
          product(connection, product_query) {}

    Connection connection;
    Statement customer;
    Statement product;
};

Reader& reader_of_this_thread(const std::string& path) {
    thread_local Reader reader(path);
    return reader;
}

} // namespace

Shop::Shop(std::string path) : path_(std::move(path)) {
    const Connection& connection = reader_of_this_thread(path_).connection;
    users_ = connection.number("SELECT count(*) FROM users");
    products_ = connection.number("SELECT count(*) FROM products");
    rows_ = users_ + products_ + connection.number("SELECT count(*) FROM orders");
}

CustomerPage Shop::customer_page(std::int64_t user_id) const {
    return first_row(reader_of_this_thread(path_).customer, user_id, [](const Statement& row) {
        return CustomerPage{row.text(0), row.text(1), row.number(2), row.number(3), row.number(4)};
    });
}

ProductPage Shop::product_page(std::int64_t product_id) const {
    return first_row(reader_of_this_thread(path_).product, product_id, [](const Statement& row) {
        return ProductPage{row.text(0), row.number(1), row.text(2)};
    });
}

} // namespace demo
