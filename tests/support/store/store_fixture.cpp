#include "tests/support/store/store_fixture.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <stdexcept>

namespace procpool::test {
namespace {

template <class T>
T good(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return *std::move(result);
}

std::unique_ptr<sqlite3, int (*)(sqlite3*)> raw(const std::string& directory) {
  sqlite3* handle = nullptr;
  if (sqlite3_open((directory + "/jobs.sqlite").c_str(), &handle) != SQLITE_OK)
    throw std::runtime_error("cannot open the database");
  sqlite3_busy_timeout(handle, 5000);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return {handle, sqlite3_close};
}

/// Every row, its columns one after another.
std::string rows_of(sqlite3* handle, const std::string& sql) {
  std::string text;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(handle));
  while (sqlite3_step(statement) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, i));
      if (bytes != nullptr) text.append(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, i)));
      text += '|';
    }
    text += '\n';
  }
  const int ended = sqlite3_finalize(statement);
  return ended == SQLITE_OK ? text : text + sqlite3_errstr(ended);
}

/// Its outcomes as they are read, files too.
std::string outcomes_of(store::Reader& reader, JobId job, request::Order order) {
  std::string text;
  std::uint64_t cursor = 0;
  for (;;) {
    const auto page = reader.outcomes(job, order, cursor);
    if (!page) return text + page.error().message();
    if (page->outcomes.empty()) return text;
    for (const auto& stored : page->outcomes) text += std::string(stored.outcome.values) + "\n";
    cursor = page->cursor;
  }
}

}  // namespace

std::filesystem::path MemoryDirectory::place() {
  const char* memory = "/dev/shm";
  return ::access(memory, W_OK | X_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

std::unique_ptr<store::Database> opened(const store::Options& options) {
  return good(store::Database::open(options));
}

std::unique_ptr<store::Reader> reading(const std::string& directory) {
  return good(store::Reader::open(directory));
}

void commit(store::Database& database, const store::Push& push) {
  const auto results = database.commit({&push, 1});
  if (!results[0]) throw std::runtime_error(results[0].error().message());
}

store::RecoveredPage recovered(const std::string& directory, std::size_t page_jobs) {
  const auto recovery = good(store::Recovery::open(directory));
  store::RecoveredPage all;
  do {
    store::RecoveredPage page = good(recovery->next(page_jobs));
    for (auto& job : page.jobs) all.jobs.push_back(std::move(job));
    for (auto& job : page.damaged) all.damaged.push_back(std::move(job));
    all.more = page.more;
  } while (all.more);
  return all;
}

std::string content_of(const std::string& directory) {
  const auto handle = raw(directory);
  std::string text;
  for (const char* table : {"submission", "input", "task_event", "outcome", "callback_progress"})
    text += table + (":\n" + rows_of(handle.get(), "SELECT * FROM " + std::string(table) +
                                                       " WHERE job IN (SELECT id FROM job) ORDER BY 1, 2"));
  for (const char* table : {"job", "pool", "next_job"})
    text += table + (":\n" + rows_of(handle.get(), "SELECT * FROM " + std::string(table) + " ORDER BY 1"));
  const auto reader = reading(directory);
  std::string ids = rows_of(handle.get(), "SELECT id FROM job ORDER BY id");
  for (std::size_t from = 0; from < ids.size(); from = ids.find('\n', from) + 1)
    for (const auto order : {request::Order::input, request::Order::completion})
      text += outcomes_of(*reader, JobId{std::stoll(ids.substr(from))}, order);
  return text;
}

std::string integrity_of(const std::string& directory) {
  const std::string found = rows_of(raw(directory).get(), "PRAGMA integrity_check");
  return found == "ok|\n" ? "ok" : found;
}

void run_sql(const std::string& directory, const std::string& sql) {
  if (sqlite3_exec(raw(directory).get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    throw std::runtime_error("the SQL is wrong: " + sql);
}

}  // namespace procpool::test
