#include "daemon/store/sqlite_error.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <string>

namespace procpool::store {
namespace {

/// The files of the database cannot grow. SQLite has a code of its own only for a write
/// that met ENOSPC; a quota, and the shared memory file, end in an I/O error.
bool no_room(int code, int system_errno) {
  if ((code & 0xff) == SQLITE_FULL) return true;
  if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) return false;
  return (code & 0xff) == SQLITE_IOERR && (system_errno == ENOSPC || system_errno == EDQUOT);
}

ErrorCode code_of(int code, int system_errno) {
  if (no_room(code, system_errno)) return ErrorCode::disk_full;
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE: return ErrorCode::invalid_parameter;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorCode::timed_out;
    default: return ErrorCode::system;
  }
}

}  // namespace

Error sqlite_error(std::string_view doing, sqlite3* connection, int code) {
  const int system_errno = connection != nullptr ? sqlite3_system_errno(connection) : 0;
  const ErrorCode meaning = code_of(code, system_errno);
  std::string reason = connection != nullptr && sqlite3_extended_errcode(connection) == code
                           ? sqlite3_errmsg(connection)
                           : sqlite3_errstr(code);
  if (meaning == ErrorCode::disk_full)
    reason = "there is no room on the disk of the state directory; free some";
  if ((code & 0xff) == SQLITE_NOTADB || (code & 0xff) == SQLITE_CORRUPT)
    reason += "; move it away with its -wal file, or put a copy in its place";
  const std::string message = "cannot " + std::string(doing) + ": " + reason;
  const bool by_the_system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
  if (meaning == ErrorCode::system && system_errno != 0 && by_the_system)
    return Error::system(message, system_errno);
  return Error(meaning, message);
}

std::string_view sqlite_version() { return sqlite3_libversion(); }

bool ends_the_store(const Error& error) {
  const int reason = error.saved_errno();
  return error.code() == ErrorCode::system && reason != EMFILE && reason != ENFILE && reason != ENOMEM;
}

bool passes_by_itself(const Error& error) {
  return error.code() != ErrorCode::invalid_parameter && !ends_the_store(error);
}

}  // namespace procpool::store
