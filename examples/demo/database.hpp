#ifndef KENNEL_DEMO_DATABASE_HPP
#define KENNEL_DEMO_DATABASE_HPP

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace demo {

/// SQLite refused; the text names the file and says what to do about it.
class DatabaseError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One connection to an SQLite file, for one thread at a time.
class Connection {
public:
    /// For a file that nobody writes to any more, so it takes no locks.
    [[nodiscard]] static Connection open_to_read(const std::string& path);

    /// Makes the file if there is none.
    [[nodiscard]] static Connection open_to_write(const std::string& path);

    void execute(const char* sql) const;

    [[nodiscard]] std::int64_t number(const char* sql) const;

private:
    friend class Statement;
    Connection(const std::string& path, const std::string& uri, int flags);

    [[noreturn]] void fail() const;

    std::string path_;
    std::shared_ptr<sqlite3> handle_; ///< shared with its statements
};

/// A prepared statement: bind its parameters (from 1), `step` to a row, read its columns (from 0), and `reset`.
class Statement {
public:
    Statement(Connection connection, const char* sql);

    Statement& bind(int parameter, std::int64_t number);
    Statement& bind(int parameter, const std::string& text); ///< which must live until `reset`
    [[nodiscard]] bool step();
    void reset();

    /// For a statement without rows: binds nothing, steps and resets.
    void run();

    [[nodiscard]] std::int64_t number(int column) const;
    [[nodiscard]] std::string text(int column) const;

private:
    Connection connection_;
    std::shared_ptr<sqlite3_stmt> handle_;
};

} // namespace demo

#endif
