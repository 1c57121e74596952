#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace procpool::store {

/// One open database file, for one thread at a time.
class Connection {
 public:
  enum class Mode { write, read };

  /// Opens or creates `path` and sets what holds for every connection of ours. The path
  /// must not be a symbolic link, nor lead through one. `vfs` names SQLite's way to the
  /// file system; null for the ordinary one.
  static Result<Connection> open(const std::string& path, Mode mode, const char* vfs = nullptr);

  Result<void> execute(const char* sql);
  /// The first column of the first row.
  Result<std::int64_t> number(const char* sql);
  Result<std::string> text(const char* sql);

  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  explicit Connection(sqlite3* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3, Close> handle_;
};

/// Bytes that are no text.
struct Blob {
  std::string_view bytes;
};

/// What a running statement gives, row by row. The statement can be used again when
/// this is gone; what was bound must live as long.
class Rows {
 public:
  Rows(sqlite3* connection, sqlite3_stmt* statement, int failed);
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows();

  /// Moves to the next row; false if there is none.
  Result<bool> next();

  std::int64_t integer(int column) const;
  bool is_null(int column) const;
  std::uint64_t count(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  /// Text or bytes; holds until the next row. Empty for NULL.
  std::string_view bytes(int column) const;
  std::string string(int column) const { return std::string(bytes(column)); }

 private:
  sqlite3* connection_;
  sqlite3_stmt* statement_;
  int failed_;
};

/// A statement that is prepared when it is first used, and once.
class Statement {
 public:
  Statement(const Connection& connection, std::string sql)
      : connection_(connection.handle()), sql_(std::move(sql)) {}

  /// Runs it with these values for ?1, ?2 and so on.
  template <class... Values>
  Rows run(const Values&... values) {
    int failed = prepare();
    int place = 0;
    ((failed = failed == 0 ? bind(++place, values) : failed), ...);
    return Rows(connection_, statement_.get(), failed);
  }
  /// Runs it to its end.
  template <class... Values>
  Result<void> execute(const Values&... values) {
    Rows rows = run(values...);
    for (;;) {
      const auto more = rows.next();
      if (!more) return more.error();
      if (!*more) return {};
    }
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  int prepare();
  int bind(int place, std::int64_t value);
  int bind(int place, int value) { return bind(place, std::int64_t{value}); }
  int bind(int place, std::uint64_t value) { return bind(place, static_cast<std::int64_t>(value)); }
  int bind(int place, std::uint32_t value) { return bind(place, std::int64_t{value}); }
  int bind(int place, bool value) { return bind(place, std::int64_t{value}); }
  int bind(int place, std::string_view text);
  int bind(int place, const std::string& text) { return bind(place, std::string_view(text)); }
  int bind(int place, Blob blob);
  int bind(int place, std::nullptr_t);
  template <class Value>
  int bind(int place, const std::optional<Value>& value) {
    return value ? bind(place, *value) : bind(place, nullptr);
  }

  sqlite3* connection_;
  std::string sql_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace procpool::store
