#include "database.hpp"
#include "interrupt.hpp"
#include "shop.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <random>
#include <system_error>

#include <unistd.h>

namespace demo {
namespace {

constexpr const char* schema = R"(
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL);
    CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price_cents INTEGER NOT NULL);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, product_id INTEGER NOT NULL,
                         quantity INTEGER NOT NULL);
    BEGIN)";

constexpr const char* indexes = R"(
    CREATE INDEX users_by_city ON users (city);
    CREATE INDEX orders_by_user ON orders (user_id);
    CREATE INDEX orders_by_product ON orders (product_id);
    ANALYZE;
    COMMIT)";

/// A file that is not there under its name before it is complete, and not at all if it never is.
class UnfinishedFile {
public:
    explicit UnfinishedFile(std::string name)
        : name_(std::move(name)), path_(fmt::format("{}.{}", name_, getpid())) {
        remove();
    }
    UnfinishedFile(const UnfinishedFile&) = delete;
    UnfinishedFile& operator=(const UnfinishedFile&) = delete;
    ~UnfinishedFile() { remove(); }

    [[nodiscard]] const std::string& path() const { return path_; }

    void finish() const {
        std::error_code error;
        std::filesystem::rename(path_, name_, error);
        if (error)
            throw DatabaseError(fmt::format(
                "database '{}': {}; choose another file with --database", name_, error.message()));
    }

private:
    void remove() const {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }

    std::string name_;
    std::string path_;
};

/// Fills the tables with the same rows every time, in the proportions of a shop of some size.
class Filler {
public:
    Filler(const Connection& connection, std::int64_t rows,
           const std::function<void(double)>& progress)
        : connection_(connection), users_(rows / 60), products_(rows / 60),
          orders_(rows - users_ - products_), rows_(rows), progress_(progress) {}

    void fill() {
        Statement user(connection_, "INSERT INTO users VALUES (?1, ?2, ?3)");
        for (std::int64_t id = 1; id <= users_; ++id)
            insert(user.bind(1, id)
                       .bind(2, text_ = fmt::format("Customer {}", id))
                       .bind(3, city_ = any_city()));

        Statement product(connection_, "INSERT INTO products VALUES (?1, ?2, ?3)");
        for (std::int64_t id = 1; id <= products_; ++id)
            insert(product.bind(1, id)
                       .bind(2, text_ = fmt::format("Product {}", id))
                       .bind(3, any(99, 49'999)));

        Statement order(connection_, "INSERT INTO orders VALUES (?1, ?2, ?3, ?4)");
        for (std::int64_t id = 1; id <= orders_; ++id)
            insert(order.bind(1, id)
                       .bind(2, any_user(id))
                       .bind(3, any(1, products_))
                       .bind(4, any(1, 5)));
    }

private:
    void insert(Statement& statement) {
        statement.run();
        if (++inserted_ % 1000 != 0) return;
        throw_if_interrupted();
        progress_(static_cast<double>(inserted_) / static_cast<double>(rows_));
    }

    std::int64_t any(std::int64_t least, std::int64_t most) {
        return std::uniform_int_distribution(least, most)(random_);
    }
    std::string any_city() { return fmt::format("City {}", any(1, users_ / 50 + 1)); }

    /// Every user has an order at least.
    std::int64_t any_user(std::int64_t order_id) {
        return order_id <= users_ ? order_id : any(1, users_);
    }

    const Connection& connection_;
    std::int64_t users_;
    std::int64_t products_;
    std::int64_t orders_;
    std::int64_t rows_;
    const std::function<void(double)>& progress_;
    std::int64_t inserted_ = 0;
    std::string text_;
    std::string city_;
    std::mt19937_64 random_{20'240'229}; // NOLINT(cert-msc*): the same shop every time
};

} // namespace

void Shop::make(const std::string& path, std::int64_t rows,
                const std::function<void(double)>& progress) {
    const UnfinishedFile file(path);
    {
        const Connection connection = Connection::open_to_write(file.path());
        connection.execute(schema);
        Filler(connection, rows, progress).fill();
        connection.execute(indexes);
    }
    file.finish();
}

} // namespace demo
