#include "daemon/store/connection.hpp"

#include <sqlite3.h>

#include "daemon/store/sqlite_error.hpp"

namespace procpool::store {
namespace {

// journal_size_limit: [bytes] that the log keeps on disk after it was written back.
// cell_size_check, trusted_schema: a damaged file must not lead SQLite astray.
constexpr const char* for_every_connection =
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA journal_size_limit = 16777216;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cell_size_check = ON;"
    "PRAGMA trusted_schema = OFF;";
constexpr int busy_milliseconds = 5000;  // somebody may look in with another program

}  // namespace

void Connection::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<Connection> Connection::open(const std::string& path, Mode mode, const char* vfs) {
  sqlite3* handle = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, vfs);
  Connection connection(handle);
  if (code != SQLITE_OK) return sqlite_error("open " + path, handle, code);
  sqlite3_busy_timeout(handle, busy_milliseconds);
  // The writer writes the log back when it sees fit, and looks at what comes of it.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_wal_autocheckpoint(handle, 0);
  if (auto set = connection.execute(for_every_connection); !set)
    return set.error().while_doing("open " + path);
  if (mode == Mode::read)
    if (auto set = connection.execute("PRAGMA query_only = ON;"); !set) return set.error();
  return connection;
}

Result<void> Connection::execute(const char* sql) {
  const int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error("use the database", handle(), code);
  return {};
}

Result<std::int64_t> Connection::number(const char* sql) {
  Statement statement(*this, sql);
  Rows rows = statement.run();
  const auto found = rows.next();
  if (!found) return found.error();
  return *found ? rows.integer(0) : 0;
}

Result<std::string> Connection::text(const char* sql) {
  Statement statement(*this, sql);
  Rows rows = statement.run();
  const auto found = rows.next();
  if (!found) return found.error();
  return *found ? rows.string(0) : std::string();
}

Rows::Rows(sqlite3* connection, sqlite3_stmt* statement, int failed)
    : connection_(connection), statement_(statement), failed_(failed) {}

Rows::~Rows() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Result<bool> Rows::next() {
  if (failed_ == SQLITE_OK) {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    failed_ = code;
  }
  return sqlite_error("use the database", connection_, failed_);
}

std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }

bool Rows::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::string_view Rows::bytes(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

int Statement::prepare() {
  if (statement_) return SQLITE_OK;
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_, sql_.c_str(), static_cast<int>(sql_.size()) + 1,
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  return code;
}

// A null destructor is SQLITE_STATIC: the bytes are not copied.
int Statement::bind(int place, std::int64_t value) {
  return sqlite3_bind_int64(statement_.get(), place, value);
}

int Statement::bind(int place, std::string_view text) {
  return sqlite3_bind_text64(statement_.get(), place, text.data() != nullptr ? text.data() : "", text.size(),
                             nullptr, SQLITE_UTF8);
}

int Statement::bind(int place, Blob blob) {
  return sqlite3_bind_blob64(statement_.get(), place, blob.bytes.data() != nullptr ? blob.bytes.data() : "",
                             blob.bytes.size(), nullptr);
}

int Statement::bind(int place, std::nullptr_t) { return sqlite3_bind_null(statement_.get(), place); }

}  // namespace procpool::store
