#include "database.hpp"

#include <sqlite3.h>

#include <utility>

namespace demo {
namespace {

/// The path as part of a URI, in which some characters mean something else.
std::string escaped(const std::string& path) {
    std::string text;
    for (const char symbol : path) {
        if (symbol == '%') text += "%25";
        else if (symbol == '?') text += "%3f";
        else if (symbol == '#') text += "%23";
        else text += symbol;
    }
    return text;
}

} // namespace

Connection::Connection(const std::string& path, const std::string& uri, int flags) : path_(path) {
    sqlite3* handle = nullptr;
    const int result = sqlite3_open_v2(uri.c_str(), &handle,
                                       flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, nullptr);
    handle_ = {handle, sqlite3_close_v2};
    if (result != SQLITE_OK) fail();
}

Connection Connection::open_to_read(const std::string& path) {
    Connection connection(path, "file:" + escaped(path) + "?immutable=1", SQLITE_OPEN_READONLY);
    connection.execute("PRAGMA mmap_size = 268435456");
    return connection;
}

Connection Connection::open_to_write(const std::string& path) {
    return {path, "file:" + escaped(path), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
}

void Connection::fail() const {
    throw DatabaseError("database '" + path_ + "': " + sqlite3_errmsg(handle_.get()) +
                        "; remove the file, or choose another one with --database");
}

void Connection::execute(const char* sql) const {
    if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

std::int64_t Connection::number(const char* sql) const {
    Statement statement(*this, sql);
    return statement.step() ? statement.number(0) : 0;
}

Statement::Statement(Connection connection, const char* sql) : connection_(std::move(connection)) {
    sqlite3_stmt* handle = nullptr;
    if (sqlite3_prepare_v2(connection_.handle_.get(), sql, -1, &handle, nullptr) != SQLITE_OK)
        connection_.fail();
    handle_ = {handle, sqlite3_finalize};
}

Statement& Statement::bind(int parameter, std::int64_t number) {
    if (sqlite3_bind_int64(handle_.get(), parameter, number) != SQLITE_OK) connection_.fail();
    return *this;
}

Statement& Statement::bind(int parameter, const std::string& text) {
    if (sqlite3_bind_text(handle_.get(), parameter, text.c_str(), -1, SQLITE_STATIC) != SQLITE_OK)
        connection_.fail();
    return *this;
}

bool Statement::step() {
    const int result = sqlite3_step(handle_.get());
    if (result != SQLITE_ROW && result != SQLITE_DONE) connection_.fail();
    return result == SQLITE_ROW;
}

void Statement::reset() { sqlite3_reset(handle_.get()); }

void Statement::run() {
    while (step()) continue;
    reset();
}

std::int64_t Statement::number(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
}

std::string Statement::text(int column) const {
    const auto* const text = sqlite3_column_text(handle_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    return text != nullptr ? std::string(reinterpret_cast<const char*>(text), size) : std::string();
}

} // namespace demo
