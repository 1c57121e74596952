#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/os/fd.hpp"
#include "tests/bench/loads/calls.hpp"
#include "tests/bench/loads/limits.hpp"

namespace procpool::bench {
namespace {

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};

void run(sqlite3* database, const char* statement) {
  if (sqlite3_exec(database, statement, nullptr, nullptr, nullptr) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(database));
}

}  // namespace

std::vector<double> commits(const std::string& directory, int count) {
  sqlite3* opened = nullptr;
  const int status = sqlite3_open((directory + "/commits.sqlite").c_str(), &opened);
  const std::unique_ptr<sqlite3, CloseDatabase> database(opened);
  if (status != SQLITE_OK) throw std::runtime_error("cannot open a database in " + directory);
  // The log keeps its length from one run to the next: a growing file is slower to sync.
  int stays = 1;
  sqlite3_file_control(opened, "main", SQLITE_FCNTL_PERSIST_WAL, &stays);
  run(opened, "PRAGMA journal_mode = WAL");
  run(opened, "PRAGMA synchronous = FULL");
  run(opened, "CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, text TEXT)");
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(opened, "INSERT INTO rows (text) VALUES (?)", -1, &prepared, nullptr) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(opened));
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> insert(prepared, sqlite3_finalize);
  const std::string row(200, 'x');
  std::vector<double> took;
  for (int i = 0; i < count; ++i) {
    const double begun = now();
    sqlite3_bind_text(prepared, 1, row.data(), static_cast<int>(row.size()), SQLITE_STATIC);
    if (sqlite3_step(prepared) != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(opened));
    sqlite3_reset(prepared);
    took.push_back(now() - begun);
  }
  return took;
}

std::vector<double> syncs(const std::string& directory, int count) {
  const os::Fd file(::open((directory + "/synced").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (!file) throw std::runtime_error("cannot make a file in " + directory);
  const std::string block(4096, 'x');
  std::vector<double> took;
  for (int i = 0; i < count; ++i) {
    const double begun = now();
    if (::write(file.get(), block.data(), block.size()) != static_cast<ssize_t>(block.size()) ||
        ::fdatasync(file.get()) != 0)
      throw std::runtime_error("cannot write in " + directory);
    took.push_back(now() - begun);
  }
  return took;
}

}  // namespace procpool::bench
